import { banyanVersion } from '../../common/banyan-version.ts';
import { whyEnded } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { MoveSide } from '../../mover/index.ts';
import { catchUpProgress } from '../runner/catch-up-progress.ts';
import { signOffStanding } from '../shadow/index.ts';
import { tellWaits } from '../waits/index.ts';
import type { Forcible } from './forcible.ts';
import { assertGatesOpen, type GateCheck, inspectGate } from './gate.ts';
import type { HandoverContext } from './handover-context.ts';
import type { HandoverGroup } from './handover-group.ts';
import type { HandoverRequest } from './handover-request.ts';
import { verifyStanding } from './verify-standing.ts';

/** How long each table's triggers may wait for the table, before anybody is held. */
const preparePatienceMs = 30_000;

/** Ids that the old owner may give out between the preparation and the fence; they are skipped later. */
const idRoom = 10_000;

/**
 * Step 1: whatever may wait for a table, before anybody is held. T's capture (T is closed, so its log stays empty), ids on
 * T, the triggers of S's fence. Then the gate once more, since all this may have taken its time.
 */
export async function prepareHandover(group: HandoverGroup, request: HandoverRequest): Promise<void> {
  const until = group.members[0]!.until(request);
  try {
    await group.each(until, (at, signal) => prepareOne(at, request, signal));
  } catch (error) {
    const reason = whyEnded(until, error);
    await Promise.all(group.members.map(unprepare));
    throw reason;
  }
}

async function prepareOne(at: HandoverContext, request: HandoverRequest, signal: AbortSignal): Promise<void> {
  const { rules } = at;
  const move = await at.move();
  const wayBack = await at.wayBack();
  const { spec } = move;
  const waits = <T>(side: MoveSide, until: string, work: Promise<T>) =>
    tellWaits({ spec, sides: [side], until }, request.onProgress, work);
  // Every write to T will be noted from the moment T is opened, also where its tables were altered meanwhile.
  await waits('target', 'changes for the way back are captured', wayBack.renewCapture({ signal }));
  await at.reach('after-capture');
  await waits('target', 'counters are raised', move.raiseAutoIncrement({ room: idRoom, signal }));
  request.onProgress({ phase: 'prepare', about: `the fence of ${rules.oldOwner}’s tables` });
  const preparing = move.prepareFence('source', { lockTimeoutMs: preparePatienceMs, signal });
  await waits('source', 'the fence is made', preparing);
  await catchUp(at, request);
  const gate = await lookAtGate(at, { verifyCounts: true, force: request.force });
  assertGatesOpen(rules, new Map([[at.feature, gate]]));
  await move.guardTables();
  // What S's tables are now is what the way back must find.
  await wayBack.adoptTarget();
}

async function unprepare(at: HandoverContext): Promise<void> {
  const move = await at.move().catch(() => null);
  if (move === null) return;
  move.releaseTables();
  // It is open; this says that nobody is about to close it, so that its triggers are taken away.
  await move.openFence('source').catch(() => undefined);
}

/** All that stands against the handover at this moment. Changes nothing. */
export async function lookAtGate(
  at: HandoverContext,
  how: { readonly verifyCounts: boolean; readonly force?: readonly Forcible[] | undefined },
): Promise<GateCheck[]> {
  const { rules } = at;
  const { store, cutover } = at.options;
  const state = await store.feature(at.feature);
  return inspectGate({
    rules,
    state,
    move: await at.move(),
    wayBack: () => at.wayBackCapture(),
    cutover,
    newOwner: at.subject.places[rules.newOwner],
    verifyCounts: how.verifyCounts,
    sinceMs: at.sinceMs,
    force: how.force ?? [],
    replicas: await store.fleet.replicas(),
    callers: (about) => store.callers(about),
    routeTable: () => store.routeTable(),
    configured: store.configured,
    unserved: await store.unserved(at.feature),
    own: { version: banyanVersion, fingerprint: store.fingerprint },
    // A way back must not wait for anybody's signature.
    signedOff: cutover.signOff && rules.direction === 'cutover' ? () => signOffStanding(store, state) : null,
  });
}

/** Gives a move that has just begun again a moment to work off its log: nobody is held meanwhile. */
export async function catchUp(at: HandoverContext, request: HandoverRequest): Promise<void> {
  const { cutover } = at.options;
  const signal = at.until(request);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(cutover.deadlineMs)]);
  const move = await at.move();
  const progress = catchUpProgress();
  while (!patience.aborted) {
    const { entries } = await move.backlog();
    if (entries <= cutover.maxBacklog) return;
    request.onProgress(progress(entries));
    await pause(50, patience);
  }
  signal.throwIfAborted();
}

/** Only the rows that were not verified for too long are compared. */
export async function verifyIfOutdated(at: HandoverContext, request: HandoverRequest): Promise<void> {
  const { verifiedWithinMs } = at.options.cutover;
  const move = await at.move();
  if (verifyStanding(await move.verified(), verifiedWithinMs) !== 'outdated') return;
  request.onProgress({ phase: 'verify', about: 'what was not compared for long is compared first' });
  await at.subject.runner.verify({ ...request, olderThanMs: verifiedWithinMs }, at.until(request));
}
