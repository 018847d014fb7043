import { BanyanError, describeError, type Fault } from '../../common/errors.ts';
import type { EndingPlan } from '../../mover/index.ts';
import { advance, type FeatureState, stageRefused } from '../feature/index.ts';
import { isUnreachable, reachSide } from '../loss/index.ts';
import type { FeatureRunner } from '../runner/index.ts';
import { tellWaits } from '../waits/index.ts';
import type { EndContext, EndRequest } from './end-context.ts';
import { assertNoFaults, type EndingReport, nothingToEnd, statements } from './ending-report.ts';
import { endingDone, patienceMs, runEnding } from './run-ending.ts';

export interface AbandonRequest extends EndRequest {
  /** The copied rows go too, and all of banyan's. */
  readonly clean: boolean;
}

/**
 * Gives a copy up: capture is dropped, the service's tables are opened. Its rows stay for whoever wants to look at them, unless they are
 * to go as well. Where it was interrupted, or the rows are to go later, the same command does the rest.
 */
export async function abandonFeature(context: EndContext, request: AbandonRequest): Promise<EndingReport> {
  const { feature, spec, store, lease, runner, door } = context;
  const { clean, dryRun, who, why, onProgress } = request;
  const planned = () => (spec === null ? nothingToEnd : door.planEnding(spec, 'clean'));
  const state = await store.feature(feature);
  if (clean && state.lost !== null) {
    const away = await whyAway(context);
    if (away !== null) return forgetLost(context, request, away);
  }
  const plan = state.stage === 'legacy' || clean || dryRun ? await planned() : nothingToEnd;
  assertMayAbandon(state, clean, plan);
  const report = { feature, stage: 'legacy', dryRun, notes: plan.notes };
  const own = statements(clean ? plan.steps : plan.steps.filter(({ part }) => part === 'capture'));
  if (dryRun) {
    const left = clean ? [] : leftBy(plan);
    return { ...report, stage: state.stage, statements: own, faults: clean ? plan.faults : [], left };
  }
  if (clean) assertNoFaults(`The copied rows of ${feature} cannot go yet`, plan.faults);
  // Reads leave the service first, while it is still current.
  await store.change({
    ...{ feature, who, why, lease, action: clean ? 'abandon, clean' : 'abandon' },
    change: ({ state: now, now: since }) => ({
      ...(now.stage === 'legacy' ? now : advance(now, 'abandon')),
      ending: { command: clean ? 'abandon --clean' : 'abandon', who, why, since },
    }),
  });
  await runner.settle();
  if (clean && spec !== null) {
    const done = await runEnding(context, spec, 'clean', { onProgress });
    // Nothing of what was lost is left: its tables may be open again.
    await endingDone(context, request, 'abandon, cleaned', (now) =>
      now.lost === null || now.stage !== 'legacy' ? now : { ...now, lost: null },
    );
    return { ...report, statements: statements(done.steps), faults: [], left: [] };
  }
  try {
    const clearing = clearAway(runner);
    const waited = { sides: ['source', 'target'], until: 'capture and fence go' } as const;
    await (spec === null ? clearing : tellWaits({ spec, ...waited }, onProgress, clearing));
  } catch (error) {
    if (spec === null || !isUnreachable(error)) throw error;
    await door.clearSide(spec, 'source', { patienceMs, signal: context.signal });
    await runner.settle();
    await endingDone(context, request, 'abandon, without the service');
    return { ...report, statements: own, faults: [], notes: [serviceAway(feature, error)], left: [] };
  }
  await runner.settle();
  await endingDone(context, request, 'abandon, done');
  return { ...report, statements: own, faults: [], left: leftBy(await planned()) };
}

/** Why the service's database cannot be asked; null: it can. */
async function whyAway({ spec, door, store, feature }: EndContext): Promise<unknown> {
  if (spec === null) return null;
  try {
    (await reachSide(door, store.ledger(feature), spec)).close();
    return null;
  } catch (error) {
    if (isUnreachable(error)) return error;
    throw error;
  }
}

/** A service that a rollback with a loss has left, and whose server does not come back: it is looked after no more. */
async function forgetLost(
  { feature, spec, store, lease, door, signal }: EndContext,
  { dryRun, who, why }: AbandonRequest,
  away: unknown,
): Promise<EndingReport> {
  const notes = [serviceAway(feature, away)];
  const report = { feature, stage: 'legacy', dryRun, statements: [], faults: [], notes, left: [] };
  if (dryRun) return report;
  if (spec !== null) await door.clearSide(spec, 'source', { patienceMs, signal });
  await store.change({
    ...{ feature, who, why, lease, action: 'abandon, without the service' },
    change: ({ state: now }) => (now.stage === 'legacy' ? { ...now, lost: null, ending: null } : now),
  });
  return report;
}

function assertMayAbandon(
  { feature, stage, handover, lost, ending }: FeatureState,
  clean: boolean,
  plan: EndingPlan,
): void {
  if (lost !== null && !clean) {
    throw stageRefused(
      feature,
      stage,
      'opening the service’s tables: a rollback with a loss has left them',
      `\`banyan repair ${feature} --from legacy --dry-run\` lists what was lost there; then \`banyan abandon ${feature} --clean\` takes its rows away.`,
    );
  }
  const rest = ending !== null || plan.steps.some(({ part }) => clean || part === 'capture');
  if (stage === 'copying' || stage === 'syncing' || (stage === 'legacy' && rest)) {
    if (handover === null) return;
    throw stageRefused(
      feature,
      stage,
      'giving up a copy',
      'A rollback is not over yet: try again in a moment.',
    );
  }
  if (stage === 'legacy') {
    throw stageRefused(feature, stage, 'giving up a copy', 'Nothing to do: nothing of a copy is left.');
  }
  throw stageRefused(feature, stage, 'giving up a copy', 'Roll back first if the rows are extracted.');
}

function serviceAway(feature: string, error: unknown): Fault {
  return {
    code: 'BANYAN_DATABASE_LOST',
    what: `the service's database cannot be reached (${describeError(error).message}): what is left there stays as it is`,
    fix: `Nothing, if it is lost for good; else run \`banyan abandon ${feature}\` again once it is back.`,
  };
}

/** What a plain `abandon` leaves. */
function leftBy(plan: EndingPlan): EndingReport['left'] {
  return statements(plan.steps.filter(({ part }) => part !== 'capture'));
}

async function clearAway(runner: FeatureRunner): Promise<void> {
  const forward = await runner.move('forward');
  const reverse = await runner.move('reverse');
  await forward.dropCapture();
  await forward.restoreIndexes();
  await reverse.dropCapture();
  await forward.openFence('target');
  const left = [
    ...(await forward.clearFence('target', { patienceMs })),
    // Of a rollback that was not long ago.
    ...(await forward.clearFence('source', { patienceMs })),
  ];
  if (left.length === 0) return;
  throw new BanyanError(
    'BANYAN_FENCE_LEFT',
    `${left.length} fence triggers are left on the tables of ${runner.feature}: they refuse nothing, but a transaction that reads the tables is in the way of dropping them.`,
    {
      fix: `Let that transaction end (SHOW PROCESSLIST), then run \`banyan abandon ${runner.feature}\` again.`,
      details: { triggers: left },
    },
  );
}
