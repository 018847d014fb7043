import { BanyanError } from '../../common/errors.ts';
import { everyRouterFollows } from '../conductor/barrier.ts';
import { silentRouters } from '../conductor/silent-routers.ts';
import { advance, type FeatureState, stageRefused } from '../feature/index.ts';
import type { EndContext, EndRequest } from './end-context.ts';
import { assertNoFaults, type EndingReport, nothingToEnd, statements } from './ending-report.ts';
import { endingDone, patienceMs, runEnding } from './run-ending.ts';

/**
 * The service keeps the rows for good. First the stage, so that reads leave legacy and nothing is carried any more; once every router
 * follows, legacy's tables get another name and all of banyan's goes. From the stage on there is no way back; what is not done by then
 * is done by the same command.
 */
export async function finishFeature(context: EndContext, request: EndRequest): Promise<EndingReport> {
  const { feature, spec, store, lease, door, runner } = context;
  const { dryRun, who, why } = request;
  const state = await store.feature(feature);
  assertMayFinish(state);
  const plan = spec === null ? nothingToEnd : await door.planEnding(spec, 'finish');
  const report = { feature, notes: plan.notes, statements: statements(plan.steps), left: [] };
  if (dryRun) return { ...report, stage: state.stage, dryRun, faults: plan.faults };
  assertNoFaults(`${feature} cannot be finished yet`, plan.faults);
  if (state.stage === 'extracted') await assertNoneSilent(context);
  const { version } = await store.change({
    ...{ feature, who, why, lease, action: 'finish' },
    change: ({ state: now, now: since }) => {
      assertMayFinish(now);
      const finished = now.stage === 'finished' ? now : advance(now, 'finish');
      return { ...finished, ending: { command: 'finish', who, why, since } };
    },
  });
  await context.points.reach('finish:after-stage');
  await runner.settle();
  request.onProgress({ phase: 'finish', about: 'waiting until every router sends reads to the service' });
  const late = AbortSignal.any([context.signal, AbortSignal.timeout(patienceMs)]);
  if (!(await everyRouterFollows(store, version, late))) {
    throw new BanyanError(
      'BANYAN_ROUTERS_BEHIND',
      `${feature} is finished, but a router still sends reads to legacy: nothing was changed in the databases.`,
      {
        fix: `Look at that router (\`banyan status\`), then run \`banyan finish ${feature}\` again: it does the rest.`,
      },
    );
  }
  if (spec !== null) await runEnding(context, spec, 'finish', request);
  await endingDone(context, request, 'finish, done');
  return { ...report, stage: 'finished', dryRun, faults: [] };
}

function assertMayFinish({ feature, stage, handover }: FeatureState): void {
  if (stage !== 'extracted' && stage !== 'finished') {
    throw stageRefused(feature, stage, 'a finish', 'Cut over first.');
  }
  if (handover !== null) {
    throw stageRefused(feature, stage, 'a finish', 'The cutover is not over yet: try again in a moment.');
  }
}

/** A router that is cut off may go on sending reads to legacy, whose tables go. */
async function assertNoneSilent({ feature, store }: EndContext): Promise<void> {
  const silent = silentRouters(await store.fleet.replicas());
  if (silent.length === 0) return;
  const list = silent.map(({ host, pid }) => `${host} (${pid})`).join(', ');
  throw new BanyanError(
    'BANYAN_ROUTERS_BEHIND',
    `${feature} cannot be finished: nobody knows whether these routers still send reads to legacy: ${list}.`,
    { fix: 'Bring each back to the state store or end it, then try again; nothing was changed.' },
  );
}
