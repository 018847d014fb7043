import { Command } from 'commander';
import { pause } from '../../../common/pause.ts';
import type { FeatureStatus, StatusReport } from '../../../control/api/index.ts';
import { moverWords, readsAtService, verifiedWords } from '../../../control/api/words/feature-words.ts';
import { renderPlan } from '../../../control/api/words/plan-words.ts';
import { type Told, tellStatus, unserved } from '../../../control/api/words/told.ts';
import { counted, formatMs } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { standingWords } from './feed.ts';

export const statusCommand: CommandFactory = (io, outcome) => {
  const command = new Command('status')
    .description(
      'Prints where every feature is, who owns its rows, how far the move is, and the routers that are alive.',
    )
    .argument('[feature]', 'only this feature');
  command.option('-w, --watch', 'look again every second until Ctrl-C; on a terminal in place');
  withLookOptions(
    command,
    'banyan status',
    'banyan status --watch',
    "banyan status --json | jq '.features[].stage'",
  );
  return command.action(async (feature: string | undefined, flags: Flags) => {
    const context = new CommandContext(io, flags);
    await context.withAdmin(feature, async (admin) => {
      for (;;) {
        const all = await admin.status(io.signal).catch((error: unknown) => {
          if (flags.watch && io.signal.aborted) return null;
          throw error;
        });
        if (all === null) break;
        const features = all.features.filter((one) => feature === undefined || one.name === feature);
        const status = { ...all, features };
        if (flags.watch && !context.json && io.stdout.isTTY) io.stdout.write(clearScreen);
        context.output.result(status, (paint) => renderStatus(status, paint));
        outcome.exitCode = exitCodeFor(status);
        if (!flags.watch) return;
        await pause(watchEveryMs, io.signal);
        if (io.signal.aborted) break;
      }
      // What was seen last stays on the screen.
      outcome.exitCode = exitCodes.interrupted;
    });
  });
};

interface Flags extends CommonFlags {
  readonly watch?: boolean;
}

const watchEveryMs = 1_000;
const clearScreen = '\u001b[H\u001b[2J';

function exitCodeFor(status: StatusReport): number {
  if (!status.features.every(isWell) || unserved(status).length > 0) return exitCodes.failed;
  return isUnreached(status) ? exitCodes.unreachable : exitCodes.ok;
}

function renderStatus(status: StatusReport, paint: Paint): string {
  const none = 'The config names no feature yet; `banyan init` proposes some.';
  const table = renderTable(
    [
      { title: 'feature', value: (one) => one.name },
      { title: 'stage', value: (one) => one.stage },
      { title: 'owner', value: (one) => one.owner },
      { title: 'reads at service', align: 'right', value: readsAtService },
      { title: 'mover', value: (one) => moverState(one, paint) },
      { title: 'verified', value: verifiedWords },
    ],
    status.features,
    { paint },
  );
  const features = status.features.length === 0 ? none : table;
  const told = tellStatus(status).map((one) => renderTold(one, paint));
  const canaries = status.features.flatMap((one) =>
    one.canaries.map((plan) => {
      const reads = one.routes.filter(({ access }) => access === 'read').length;
      const scope = plan.routes.length === reads ? '' : ` on ${plan.routes.join(', ')}`;
      return `${one.name}: the ${plan.guard?.after ?? 'canary'}${scope} ${renderPlan(plan, status.now)}. ${paint.faint(`(${plan.who}: ${plan.why})`)}`;
    }),
  );
  const routers =
    status.replicas.length === 0
      ? paint.warn('no router is alive')
      : renderTable(
          [
            {
              title: 'router',
              value: (one) => `${one.host} (${one.pid})${one.kind === 'seam' ? ', seams' : ''}`,
            },
            {
              title: 'route table',
              align: 'right',
              value: (one) =>
                `${one.version}${one.version === status.version ? '' : ` of ${status.version}`}`,
            },
            { title: 'last beat', align: 'right', value: (one) => `${formatMs(one.beatAgoMs)} ago` },
          ],
          status.replicas,
          { paint },
        );
  // The rest of a holder's name tells processes with one id apart: programs get it, people need not.
  const control =
    status.control === null ? 'nobody' : status.control.holder.split('/').slice(0, 2).join(' pid ');
  const role = status.role === 'standby' ? '; the one asked stands by' : '';
  return [
    features,
    ...told,
    ...status.features.flatMap(({ name, running }) =>
      running === null ? [] : [`${name}: under way: ${running}`],
    ),
    ...status.features.flatMap(({ name, move }) => movers(name, move?.pace?.movers ?? [])),
    ...status.features.flatMap(({ name, move }) =>
      move?.feed ? [`${name}: ${standingWords(move.feed)}`] : [],
    ),
    ...canaries,
    '',
    routers,
    '',
    paint.faint(`conducting: ${control}${role}`),
  ].join('\n');
}

/** Processes that copy chunks beside control, or instead of it. */
function movers(
  name: string,
  list: NonNullable<NonNullable<FeatureStatus['move']>['pace']>['movers'],
): string[] {
  if (list.length === 0) return [];
  const each = list.map(
    ({ host, pid, workers, instead }) =>
      `${host} (${pid}) with ${counted(workers, 'worker')}${instead ? ', instead of control' : ''}`,
  );
  return [`${name}: copied by ${each.join('; ')}`];
}

/** What a monitor asks the exit status for: nothing failed, and all runs that the stage requires. */
function isWell({ failing, finding, move }: FeatureStatus): boolean {
  const differing = move?.verified?.different ?? 0;
  return failing === null && finding === null && (move?.trouble ?? null) === null && differing === 0;
}

/** Of a service only once the feature has something to do with it. */
function isUnreached({ unreachable, unreachableDatabases, features }: StatusReport): boolean {
  return (
    unreachable.length + (unreachableDatabases ?? []).length > 0 ||
    features.some((one) => one.stage !== 'legacy' && one.unreachable.length > 0)
  );
}

function moverState(one: FeatureStatus, paint: Paint): string {
  const { text, level } = moverWords(one);
  return level === 'bad' ? paint.bad(text) : level === 'warn' ? paint.warn(text) : text;
}

function renderTold({ feature, level, what, code, fix, more }: Told, paint: Paint): string {
  const marks = { bad: paint.bad('✗'), warn: paint.warn('!'), note: paint.strong('!') };
  const of = feature === null ? '' : `${feature}: `;
  return [
    `${marks[level]} ${of}${what}${code === null ? '' : ` ${paint.faint(`[${code}]`)}`}`,
    ...more.map((line) => `  ${line}`),
    ...(fix === null ? [] : [`  fix: ${fix}`]),
  ].join('\n');
}
