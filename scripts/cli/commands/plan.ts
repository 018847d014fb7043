import { BanyanError } from '../../../common/errors.ts';
import type { PlanAnswer } from '../../../control/api/index.ts';
import type { CheckLine } from '../../check/check-report.ts';
import type { Paint } from '../../terminal/paint.ts';
import {
  CommandContext,
  type CommonFlags,
  featureCommand,
  requireFeature,
  withLookOptions,
} from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';

export const planCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'plan',
    'Shows where a feature is on its way, what stands between it and its next step, and the commands from there on. Changes nothing.',
  );
  withLookOptions(
    command,
    'banyan plan product',
    'banyan plan product --json | jq \'.steps[] | select(.standing == "now").command\'',
  );
  return command.action(async (name: string, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    requireFeature(config, name);
    // Imported only here: the mover and control are more than the other commands need.
    const { checkAll } = await import('../../check/check-all.ts');
    const plan = await context.withAdmin(name, async (admin): Promise<Plan> => {
      const status = await admin.status(io.signal);
      if (!status.features.some((one) => one.name === name)) unknownToControl(name);
      const said = await admin.ask('plan', { feature: name, signal: io.signal });
      const control = { admin, status };
      const { checks } = await checkAll({ config, feature: name, control, signal: io.signal });
      return withChecks(said, checks);
    });
    context.output.result(plan, (paint) => render(plan, paint));
    if (plan.faults.length > 0) outcome.exitCode = exitCodes.failed;
  });
};

/** All that stands between the feature and its next step. */
interface Plan extends Omit<PlanAnswer, 'faults'> {
  readonly faults: readonly Pick<CheckLine, 'check' | 'detail' | 'code' | 'fix'>[];
}

/** What control says of it, and what a check finds, which may be the same. */
function withChecks({ faults, ...plan }: PlanAnswer, checks: readonly CheckLine[]): Plan {
  const failed = checks.filter(({ ok }) => !ok);
  const codes = new Set(failed.map(({ code }) => code));
  const known = faults.filter(({ check, code }) => check !== 'move' || !codes.has(code));
  const [moves, others] = [true, false].map((ofMove) =>
    known.filter(({ check }) => (check === 'move') === ofMove),
  );
  return { ...plan, faults: [...moves!, ...failed, ...others!] };
}

function unknownToControl(name: string): never {
  throw new BanyanError('BANYAN_FEATURE_UNKNOWN', `The control process knows no feature named "${name}".`, {
    fix: 'Its config is older than this one: run `banyan reload`.',
  });
}

function render({ feature, stage, faults, steps }: Plan, paint: Paint): string {
  const marks = { done: paint.good('✓'), now: paint.strong('→'), later: paint.faint('·') };
  const lines = steps.map(({ command, standing, about }) => {
    const what = command ?? 'wait';
    return `${marks[standing]} ${standing === 'now' ? paint.strong(what) : what}\n    ${paint.faint(about)}`;
  });
  const stands = faults.map(
    ({ check, detail, code, fix }) =>
      `${paint.bad('✗')} ${check}: ${detail}${code === undefined ? '' : ` ${paint.faint(`[${code}]`)}`}\n    ${paint.strong('fix:')} ${fix ?? ''}`,
  );
  const verdict =
    faults.length === 0
      ? steps.some(({ standing }) => standing === 'now')
        ? 'Nothing stands in the way of what is marked.'
        : 'Nothing is left to do.'
      : 'These stand in the way of what is marked:';
  return [`${paint.strong(feature)} (${stage})`, ...lines, '', verdict, ...stands].join('\n');
}
