import type { CanaryResult, CohortsResult } from '../../../control/api/index.ts';
import { planTimes, renderPlan } from '../../../control/api/words/plan-words.ts';
import { canaryFaulty, readCanary } from '../../../control/canary/read-canary.ts';
import type { Paint } from '../../terminal/paint.ts';
import {
  type ChangeFlags,
  CommandContext,
  featureCommand,
  requireFeature,
  withChangeOptions,
} from '../command-context.ts';
import { type GuardFlags, guardOf, withGuardOptions } from '../guard-options.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface Flags extends ChangeFlags, GuardFlags {
  readonly percent?: string;
  readonly ramp?: string;
  readonly every?: string;
  readonly until?: string;
  readonly route?: readonly string[];
  /** False: `--no-cohort`. */
  readonly cohort?: readonly string[] | false;
  readonly dryRun?: boolean;
}

export const canaryCommand: CommandFactory = (io) => {
  const command = featureCommand(
    'canary',
    "Sends a share of a feature's reads to its service. Sticky: who is in at 5 % stays in at 10 %. Writes stay with the owner.",
  )
    .option('--percent <n>', 'share of identities whose reads go to the service, 0 to 100')
    .option('--ramp <n,n,…>', 'rising shares, the first one now, the others one after the other')
    .option('--every <duration>', 'time between the steps of a ramp: 90s, 10m, 1h30m')
    .option('--until <when>', 'puts the shares back by itself then: 30m, or 2026-11-22T18:00:00Z')
    .option('--cohort <name...>', 'whoever belongs to these cohorts of the config reads from the service too')
    .option('--no-cohort', 'no cohort does any more')
    .option('--route <route...>', 'only these routes, as `banyan routes` prints them; default: all reads')
    .option('--dry-run', 'say what would happen and when, and change nothing');
  withGuardOptions(command, {
    guard: 'watches each step of a ramp: the service beside legacy at the same time',
    onBreach: 'what a guard does: step-back (default) or freeze',
    minRequests: 'of each side, before a guarded step may follow (200)',
  });
  withChangeOptions(
    command,
    'banyan canary product --percent 10 --why "first readers"',
    'banyan canary product --percent 100 --route "GET /api/products/:id" --why "details are fine"',
    'banyan canary product --cohort staff --why "our own people first"',
    'banyan canary product --ramp 1,5,25,50,100 --every 10m --until 3h --why "rehearsal, back by itself"',
    'banyan canary product --ramp 1,5,25,50,100 --every 10m --guard --why "step by step"',
  );
  return command.action(async (feature: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const { percent, ramp, every, until, route: routes } = flags;
    if (flags.cohort !== undefined) return nameCohorts(context, feature, flags);
    // What is wrong whatever time it is, is told without asking anyone; the state store's clock judges the rest.
    const subject = requireFeature(await context.config(), feature);
    const guard = guardOf(flags);
    const input = { percent, ramp, every, until, routes, guard };
    const { order, faults } = readCanary(subject, input, new Date().toISOString());
    if (faults.some(({ code, at }) => code === 'BANYAN_REQUEST_INVALID' && at !== 'until'))
      throw canaryFaulty(feature, faults);
    const result = await runAction(context, feature, 'canary', {
      ...(ramp === undefined ? { percent: order.ramp[0] } : { ramp: order.ramp }),
      every,
      until,
      routes,
      guard,
      dryRun: flags.dryRun,
      why: flags.why,
    });
    context.output.result(result, (paint) => renderCanary(feature, routes, result, paint));
  });
};

/** Cohorts stay until they are taken off: they go with none of what sets shares. */
async function nameCohorts(context: CommandContext, feature: string, flags: Flags): Promise<void> {
  const sharing = (
    ['percent', 'ramp', 'every', 'until', 'guard', 'onBreach', 'webhook', 'minRequests'] as const
  ).filter((name) => flags[name] !== undefined);
  if (sharing.length > 0) {
    const what = `it goes with --route only, not with --${sharing.join(', --')}`;
    const fix = 'Give two commands: cohorts and shares are set apart from each other.';
    throw canaryFaulty(feature, [{ code: 'BANYAN_REQUEST_INVALID', at: 'cohort', what, fix }]);
  }
  requireFeature(await context.config(), feature);
  const result = await runAction(context, feature, 'cohorts', {
    cohorts: flags.cohort || [],
    routes: flags.route,
    dryRun: flags.dryRun,
    why: flags.why,
  });
  context.output.result(result, (paint) => renderCohorts(feature, flags.route, result, paint));
}

function renderCohorts(
  feature: string,
  routes: readonly string[] | undefined,
  { version, cohorts, dryRun }: CohortsResult,
  paint: Paint,
): string {
  const scope = routes === undefined ? 'all read routes' : routes.join(', ');
  const who = cohorts.length === 0 ? 'No cohort' : cohorts.join(' and ');
  if (dryRun) return `Nothing was changed. ${who} would read ${feature} from the service on ${scope}.`;
  const verb = cohorts.length === 1 || cohorts.length === 0 ? 'reads' : 'read';
  return `${paint.good('✓')} ${who} ${verb} ${feature} from the service on ${scope}, whatever the share. ${paint.faint(`(route table ${version})`)}`;
}

function renderCanary(
  feature: string,
  routes: readonly string[] | undefined,
  { version, plan, replaced, dryRun, routes: percents }: CanaryResult,
  paint: Paint,
): string {
  const scope = routes === undefined ? 'all read routes' : routes.join(', ');
  const percent = Object.values(percents)[0] ?? 0;
  const first = dryRun
    ? `Nothing was changed. ${percent} % of ${feature}'s readers would go to the service on ${scope}.`
    : `${paint.good('✓')} ${percent} % of ${feature}'s readers go to the service on ${scope}. ${paint.faint(`(route table ${version})`)}`;
  const over = replaced.map((one) => {
    const left = one.routes.filter((id) => !Object.hasOwn(percents, id)).length;
    const what =
      left === 0 ? 'Replaces' : `Takes ${one.routes.length - left} of ${one.routes.length} routes out of`;
    return `  ${paint.warn(`${what} ${one.who}'s canary`)}, which ${renderPlan(one)} (${one.why})`;
  });
  return [first, ...(plan === null ? [] : planTimes(plan).map((line) => `  ${line}`)), ...over].join('\n');
}
