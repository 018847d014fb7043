import { Command, InvalidArgumentError, Option } from 'commander';
import { BanyanError } from '../../../common/errors.ts';
import { noReason } from '../../../control/api/contract/words.ts';
import type {
  ActionBody,
  HandoverRehearsal,
  HandoverResult,
  JointRehearsal,
} from '../../../control/api/index.ts';
import { type Forcible, forcible } from '../../../control/conductor/forcible.ts';
import { describeLoss, type LossFigures } from '../../../control/loss/loss-figures.ts';
import { formatCount, formatMs } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import type { CliIo } from '../cli-io.ts';
import { type ChangeFlags, CommandContext, requireFeature, withChangeOptions } from '../command-context.ts';
import { confirm, isAsked, withYesOption } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { type GuardFlags, guardOf, withGuardOptions } from '../guard-options.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';
import { pastHandovers } from './holds.ts';
import { runAction, runOrder } from './run-action.ts';

interface Flags extends ChangeFlags, GuardFlags {
  readonly together?: boolean;
  readonly watch?: string;
  readonly dryRun?: boolean;
  readonly force: readonly Forcible[];
  readonly maxHold?: string;
  readonly retry?: number;
  readonly yes?: boolean;
  readonly acceptLoss?: number | 'unknown';
}

type Direction = 'cutover' | 'rollback';
type Body = Omit<ActionBody<'rollback'>, 'dryRun'>;

function forcibleGuard(name: string): Forcible {
  const guard = forcible.find((one) => one === name);
  if (guard === undefined) throw new InvalidArgumentError(`Name one of: ${forcible.join(', ')}.`);
  return guard;
}

const words = {
  cutover: {
    description:
      "Makes the service the owner of a feature's rows: writes are held for a moment, not failed. Legacy's tables are kept current. Several features: one after the other, up to the first that fails; or all at one instant with --together.",
    example: 'banyan cutover product --why "verified, canary at 100 % since Monday"',
    done: 'the service owns its rows now; legacy is kept current',
  },
  rollback: {
    description:
      "Makes legacy the owner of a feature's rows again. The same as a cutover, mirrored; nothing is lost. Several features: one after the other, up to the first that fails; or all at one instant with --together.",
    example: 'banyan rollback product --why "orders page is slow"',
    done: 'legacy owns its rows again; the service is kept current',
  },
} as const;

/** `cutover` and `rollback`: one command, two directions. */
export function handoverCommand(direction: Direction): CommandFactory {
  return (io, outcome) => {
    const command = new Command(direction)
      .description(words[direction].description)
      .argument('<features...>', 'as the config names them')
      .option('--together', 'all of them at one instant: one hold, one decision; a crash leaves all or none')
      .option('--dry-run', 'check every guard and change nothing')
      .addOption(
        new Option(
          '--force <guard>',
          'begin though this guard says no (may be repeated): kept in the audit log',
        )
          .choices([...forcible])
          .argParser((guard: string, before: readonly Forcible[]) => [...before, forcibleGuard(guard)])
          .default([]),
      );
    command
      .option(
        '--max-hold <duration>',
        'a promise: writes are held no longer than this (2s), else it goes back',
      )
      .addOption(
        new Option(
          '--retry <n>',
          'begin again so often when it was taken back, after 1 s, 2 s, 4 s, …',
        ).argParser(numberOption({ least: 0, most: 20, whole: true })),
      );
    withYesOption(command);
    if (direction === 'rollback') {
      command.addOption(
        new Option(
          '--accept-loss <n>',
          "go back though legacy lacks what was written under so many keys, or `unknown`: where the service's database is lost. Needs --why, and --yes where nobody is asked",
        ).argParser(readAcceptedLoss),
      );
    }
    if (direction === 'cutover') {
      withGuardOptions(command, {
        guard: 'watches the time after it: the service beside what legacy was before',
        onBreach: 'what a guard does: step-back (reads go to legacy; default), freeze, or rollback',
        minRequests: 'of the service, before the watch may end well (200)',
      }).option('--watch <duration>', 'how long a guard watches (30m)');
    }
    withChangeOptions(
      command,
      words[direction].example,
      `banyan ${direction} product --dry-run --why "are the gates open?"`,
      `banyan ${direction} product review --together --why "they are used as one"`,
      ...(direction === 'cutover'
        ? ['banyan cutover product --guard --watch 1h --on-breach rollback --why "at night"']
        : ['banyan rollback product --accept-loss unknown --why "its database is lost for good"']),
    );
    return command.action(async (features: readonly string[], flags: Flags) => {
      const context = new CommandContext(io, flags);
      const config = await context.config();
      for (const feature of features) requireFeature(config, feature);
      if (new Set(features).size < features.length) {
        const fix = 'Name each once; nothing was begun.';
        throw new BanyanError('BANYAN_REQUEST_INVALID', 'A feature is named twice.', { fix });
      }
      assertFitsLoss(io, features, flags);
      const body = bodyOf(flags);
      if (flags.dryRun) {
        const rehearsal = await rehearse(context, direction, features, body);
        if (!rehearsal.wouldBegin) outcome.exitCode = exitCodes.failed;
        const [only] = rehearsal.features;
        const { features: _, ...rest } = rehearsal;
        const { gate, loss } = only!;
        const single: HandoverRehearsal = { ...rest, gate, ...(loss === undefined ? {} : { loss }) };
        const heldBefore = await holdsBefore(context, features);
        const told = features.length === 1 ? single : rehearsal;
        context.output.result({ ...told, heldBefore }, (paint) =>
          [renderRehearsal(rehearsal, paint), renderHolds(heldBefore)].join('\n'),
        );
        return;
      }
      if (isAsked(io, flags.yes)) await askFirst(context, direction, features, body);
      const asOne = flags.together === true && features.length > 1;
      const results = await (asOne ? together : inTurn)(context, direction, features, body);
      context.output.result(features.length === 1 ? results[0]! : { direction, features: results }, (paint) =>
        renderHandovers(direction, results, paint),
      );
    });
  };
}

function bodyOf(flags: Flags): Body {
  return {
    why: flags.why,
    ...(flags.force.length === 0 ? {} : { force: flags.force }),
    ...(flags.maxHold === undefined ? {} : { maxHold: flags.maxHold }),
    ...(flags.retry === undefined ? {} : { retry: flags.retry }),
    ...(flags.acceptLoss === undefined ? {} : { acceptLoss: flags.acceptLoss }),
    ...cutoverGuardOf(flags),
  };
}

async function together(
  context: CommandContext,
  direction: Direction,
  features: readonly string[],
  body: Body,
): Promise<readonly HandoverResult[]> {
  const { acceptLoss: _, ...asked } = body;
  const answer = await runOrder(context, 'handover', { ...asked, direction, features });
  if ('dryRun' in answer) throw new Error('a handover was answered with a rehearsal');
  return answer.features;
}

/** One after the other: the first that fails ends it, and the error says what was done before it. */
async function inTurn(
  context: CommandContext,
  direction: Direction,
  features: readonly string[],
  body: Body,
): Promise<readonly HandoverResult[]> {
  const results: HandoverResult[] = [];
  for (const [at, feature] of features.entries()) {
    try {
      const result = await runAction(context, feature, direction, body);
      if (!('dryRun' in result)) results.push(result);
    } catch (error) {
      if (features.length === 1 || !(error instanceof BanyanError)) throw error;
      const done = features.slice(0, at);
      const notBegun = features.slice(at + 1);
      const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));
      const { code, message, fix, faults, details } = error;
      throw new BanyanError(code, `${message} Done before it: ${list(done)}. Not begun: ${list(notBegun)}.`, {
        ...{ fix, faults, cause: error },
        details: { ...details, failed: feature, done, notBegun },
      });
    }
  }
  return results;
}

async function rehearse(
  context: CommandContext,
  direction: Direction,
  features: readonly string[],
  { acceptLoss, ...body }: Body,
): Promise<JointRehearsal> {
  if (acceptLoss !== undefined) {
    const [feature = ''] = features;
    const answer = await runAction(context, feature, direction, { ...body, acceptLoss, dryRun: true });
    if (!('dryRun' in answer)) throw new Error('a rehearsal was answered with a handover');
    const { gate, loss, ...rest } = answer;
    const one = { feature, gate, wouldBegin: answer.wouldBegin, ...(loss === undefined ? {} : { loss }) };
    return { ...rest, features: [one] };
  }
  const asked = { ...body, direction, features, dryRun: true };
  return runOrder(context, 'handover', asked) as Promise<JointRehearsal>;
}

/** How long writes were held in the latest handovers of these features, milliseconds, oldest first. */
function holdsBefore(context: CommandContext, features: readonly string[]): Promise<readonly number[]> {
  return context.withAdmin(undefined, async (admin) => {
    const past = await pastHandovers(admin, undefined, context.io.signal);
    return past
      .filter(({ feature, outcome }) => features.includes(feature) && outcome === 'done')
      .flatMap(({ holdMs }) => holdMs ?? [])
      .slice(-latestHolds);
  });
}

const latestHolds = 5;

function renderHolds(holds: readonly number[]): string {
  if (holds.length === 0)
    return 'How long writes would be held nobody can say yet: it would be the first handover.';
  const list = holds.map(formatMs).join(', ');
  return `Writes were held ${list} in ${holds.length === 1 ? 'the last handover' : `the last ${holds.length} handovers`}.`;
}

/** What stands against it and what it would do, before anything happens. */
async function askFirst(
  context: CommandContext,
  direction: Direction,
  features: readonly string[],
  body: Body,
): Promise<void> {
  const { io, output } = context;
  output.note(renderRehearsal(await rehearse(context, direction, features, body), output.paint));
  await confirm(io, `Begin the ${direction} of ${features.join(', ')}?`);
}

function readAcceptedLoss(text: string): number | 'unknown' {
  if (text === 'unknown') return text;
  try {
    return numberOption({ least: 0, whole: true })(text);
  } catch {
    throw new InvalidArgumentError('Give a number of keys, 0 or more, or `unknown`.');
  }
}

/** All that is wrong with the flags beside --accept-loss, at once. */
function assertFitsLoss(io: CliIo, features: readonly string[], flags: Flags): void {
  const { acceptLoss, why, dryRun, yes, retry, together: asOne } = flags;
  if (acceptLoss === undefined) return;
  const fault = (at: string, what: string, fix: string) => ({
    code: 'BANYAN_REQUEST_INVALID',
    at,
    what,
    fix,
  });
  const asks = yes === true || isAsked(io, yes);
  const faults = [
    ...(features.length > 1 || asOne
      ? [fault('features', 'it is for one feature at a time', 'Name one.')]
      : []),
    ...(retry === undefined
      ? []
      : [fault('--retry', 'a rollback with a loss is tried once', 'Leave it out.')]),
    ...(dryRun || why !== noReason ? [] : [fault('--why', 'is missing: writes are given up', 'Say why.')]),
    ...(dryRun || asks ? [] : [fault('--yes', 'is missing, and nobody can be asked here', 'Give --yes.')]),
  ];
  if (faults.length === 0) return;
  const list = faults.map(({ at, what }) => `${at}: ${what}`).join('; ');
  throw new BanyanError('BANYAN_REQUEST_INVALID', `--accept-loss ${acceptLoss}: ${list}`, {
    fix: `${faults.map(({ fix }) => fix).join(' ')} Nothing was begun.`,
    faults,
  });
}

function cutoverGuardOf(flags: Flags) {
  const { watch } = flags;
  const guard = guardOf({ ...flags, guard: flags.guard === true || watch !== undefined });
  return guard === undefined ? {} : { guard: { ...guard, ...(watch === undefined ? {} : { watch }) } };
}

function renderHandovers(direction: Direction, results: readonly HandoverResult[], paint: Paint): string {
  const lines = results.map((result) => {
    const tries = result.retries === 0 ? '' : `, at try ${result.retries + 1}`;
    const times = `writes held ${formatMs(result.holdMs)}, fence to drained ${formatMs(result.fenceToDrainedMs)}${tries}`;
    const done =
      result.loss === undefined
        ? words[direction].done
        : 'legacy owns its rows again; the service is given up';
    const line = `${paint.good('✓')} ${result.feature}: ${done}.\n  ${times} ${paint.faint(`(route table ${result.version})`)}`;
    return result.loss === undefined
      ? line
      : [line, ...renderLoss(result.loss, paint), `  the keys: ${result.loss.kept}`].join('\n');
  });
  return lines.join('\n');
}

const keysShown = 5;

/** What legacy lacks. */
function renderLoss(loss: LossFigures, paint: Paint): string[] {
  const waiting = loss.tables.filter(({ keys }) => keys > 0);
  const line = `  ${describeLoss(loss)}.`;
  if (waiting.length === 0) return [line];
  const time = (at: string | null) => at?.slice(0, 19).replace('T', ' ') ?? '–';
  const table = renderTable(
    [
      { title: 'table', value: (one) => one.table },
      { title: 'keys', align: 'right', value: (one) => formatCount(one.keys) },
      { title: 'first noted (UTC)', value: (one) => time(one.firstAt) },
      { title: 'last', value: (one) => time(one.lastAt) },
    ],
    waiting,
    { paint },
  );
  const some = waiting.map(({ table: name, keys, list }) => {
    const shown = list.slice(0, keysShown).map(({ key }) => Object.values(key).join(','));
    return `  ${name}: ${shown.join(' ')}${keys > shown.length ? ' …' : ''}`;
  });
  return [line, table, ...some];
}

function renderRehearsal({ features, wouldBegin, steps }: JointRehearsal, paint: Paint): string {
  const gates = features.flatMap(({ feature, gate, loss }) => [
    ...(features.length === 1 ? [] : [paint.strong(feature)]),
    ...(loss === undefined ? [] : renderLoss(loss, paint)),
    ...gate.map((one) => {
      const mark = one.forced ? paint.warn('!') : one.ok ? paint.good('✓') : paint.bad('✗');
      const line = `${mark} ${one.check.padEnd(13)} ${one.detail}`;
      return one.ok ? line : `${line}\n  ${paint.strong('fix:')} ${one.fix ?? ''}`;
    }),
  ]);
  const verdict = wouldBegin
    ? 'It would begin. Nothing was changed. The steps would be:'
    : 'It would not begin. Nothing was changed. Once the gate is open, the steps are:';
  return [...gates, verdict, ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join('\n');
}
