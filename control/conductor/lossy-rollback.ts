import { randomUUID } from 'node:crypto';
import { BanyanError, describeError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import { within } from '../../common/within.ts';
import type { LoneSide } from '../../mover/index.ts';
import type { AcceptedLoss, HandoverState } from '../feature/index.ts';
import { lossyRollback } from '../feature/stages.ts';
import {
  describeLoss,
  isAccepted,
  isUnreachable,
  keysKept,
  keysTold,
  type LossFigures,
  reachSide,
  readLoss,
} from '../loss/index.ts';
import { type Actor, lostKeysQuery } from '../store/index.ts';
import { awaitBarrier } from './barrier.ts';
import { untilReadsFollow } from './end-handover.ts';
import { failedHandover } from './failed-handover.ts';
import { assertGatesOpen, type GateCheck } from './gate.ts';
import { giveUp, holdLossy, lose, release } from './handover-changes.ts';
import type { HandoverContext } from './handover-context.ts';
import type { HandoverRequest, HandoverResult, LossReport } from './handover-request.ts';
import { inspectLossyGate, routersCheck } from './lossy-gate.ts';
import { StepClock } from './step-clock.ts';

/** Of each table, in the audit log. */
const keysAudited = 50;
/** Ids that the service gave out since the last row that came over: they are skipped. */
const idRoom = 10_000;
const ddlPatienceMs = 10_000;
const openPatienceMs = 10_000;
const reopenAttempts = 5;

export interface LossyRequest extends HandoverRequest {
  readonly acceptLoss: AcceptedLoss;
}

/**
 * A rollback that goes home though legacy lacks writes, because the service's database is lost, or its log cannot be carried over. The
 * service is given up: the feature is back in stage `legacy`, and its tables at the service stay closed.
 *
 *   step                           service's database     legacy's    a crash here leads to
 *   1 what is lost, gate           as it was              closed      nothing
 *   2 hold, barrier                as it was              closed      taken back
 *   3 fence, if it can be reached  closed (or not there)  closed      opened if it can be, taken back
 *   4 carry over what goes; count  closed                 closed      taken back
 *   5 THE DECISION (transaction)   closed                 closed      finished forward
 *   6 open legacy, routers, release closed                open        finished forward
 *
 * Where the service's server cannot be reached no fence closes its tables. Then it is the routers alone that send no write there: each live one
 * has confirmed the hold and takes the table of the decision, and none may be cut off. The supervisor closes the tables as soon as the server is seen
 * again, and what was written there meanwhile is listed with the rest.
 */
export async function rollBackWithLoss(at: HandoverContext, request: LossyRequest): Promise<HandoverResult> {
  const say = (phase: string, about: string) => request.onProgress({ phase, about });
  const { store } = at.options;
  const { acceptLoss, force = [] } = request;
  say('loss', 'reading what legacy lacks');
  const before = await lossOf(at, keysTold);
  const gate = await inspectLossyGate(at, before, acceptLoss, force);
  assertLossyGateOpen(at, gate, before);
  await leaveIdsOut(at, request);
  // Clients are held from here on: nothing may wait for a server that is not there.
  if (!before.reached) await at.subject.runner.cutOff();
  await at.reach('after-gate');
  const id = randomUUID();
  const clock = new StepClock('hold');
  const { state } = await at.change(
    request,
    'hold',
    holdLossy({ id, who: request.who, why: request.why, accepted: acceptLoss }),
    { handover: id, gate, accepted: acceptLoss, expected: audited(before) },
  );
  const { budgetMs, inTime } = deadlineOf(at, request);
  let service: LoneSide | null = null;
  let figures: LossFigures;
  try {
    const holdVersion = state.handover!.holdVersion;
    say('hold', `routers park writes (route table ${holdVersion})`);
    clock.next('barrier');
    await at.reach('after-hold');
    await awaitBarrier(store, [at.feature], holdVersion, inTime, { unfenced: !before.reached });
    await at.reach('after-barrier');
    clock.next('fence');
    service = await closeService(at, id, request, inTime);
    await at.reach('after-fence');
    clock.next('drain');
    if (service !== null) await carryWhatGoes(at, inTime, budgetMs - clock.totalMs);
    await at.reach('after-drain');
    clock.next('look');
    figures = service === null ? await figuresWithout(at, before) : await lossOf(at, keysKept);
    if (!isAccepted(acceptLoss, figures)) throw tooMuch(at.feature, figures, acceptLoss);
    if (service === null) await assertNoneCutOff(at, force);
    await store.keepLostKeys(at.feature, id, figures.tables);
    await takeLegacy(at, id);
    await at.reach('before-decision');
    inTime.throwIfAborted();
    clock.next('decide');
    await at.change(
      request,
      'decide',
      lose(id, {
        ...{ keys: figures.keys, currentAt: figures.lastSeen?.currentAt ?? null },
        ...{ place: placeOf(at), closed: service !== null },
      }),
      { handover: id, steps: clock.times, lost: audited(figures) },
    );
  } catch (error) {
    const steps = clock.times;
    const taken = await takeBackLossy(at, id, request, error, service !== null);
    service?.close();
    if (taken === 'taken back') {
      await at.settle();
      throw failedHandover(at.rules, at.feature, error, { budgetMs, steps, heldMs: clock.totalMs });
    }
    // The decision had been taken and only its answer was lost.
    figures = before;
  }
  service?.close();
  say('decide', 'legacy owns the rows');
  clock.next('open');
  await at.reach('after-decision');
  const version = await finishLossy(at, id, request, clock);
  say('release', 'writes go to legacy');
  return {
    ...{ direction: 'rollback', feature: at.feature, stage: lossyRollback.to, owner: 'legacy' },
    ...{ holdMs: clock.totalMs, version, retries: 0, steps: clock.times },
    barrierMs: clock.msOf('hold') + clock.msOf('barrier'),
    fenceToDrainedMs: clock.msOf('fence') + clock.msOf('drain'),
    loss: reportOf(at, id, figures),
  };
}

/** Ends one that another process left under way: undecided is taken back, decided is finished. */
export async function endLossyRollback(
  at: HandoverContext,
  { id, phase }: HandoverState,
  actor: Actor,
): Promise<'taken back' | 'finished'> {
  if (phase !== 'decided') {
    const reason = new Error('the control process that conducted it ended');
    const taken = await takeBackLossy(at, id, actor, reason, true);
    if (taken === 'taken back') return taken;
  }
  await finishLossy(at, id, actor, new StepClock('open'));
  return 'finished';
}

/** What legacy lacks; of a feature without tables nothing. */
export async function lossOf(at: HandoverContext, limit: number): Promise<LossFigures> {
  const { feature, specs, runner } = at.subject;
  if (specs === null) {
    return { reached: true, keys: 0, why: 'the feature has no tables', tables: [], lastSeen: null };
  }
  const { door, store } = at.options;
  return readLoss({ feature, specs, runner, door, store }, limit);
}

function deadlineOf(at: HandoverContext, request: LossyRequest) {
  const budgetMs = Math.min(at.options.cutover.deadlineMs, request.maxHoldMs ?? Number.POSITIVE_INFINITY);
  return { budgetMs, inTime: AbortSignal.any([at.until(request), AbortSignal.timeout(budgetMs)]) };
}

/** Null: it cannot be reached, and somebody has accepted that. */
async function closeService(
  at: HandoverContext,
  id: string,
  { acceptLoss, onProgress }: LossyRequest,
  signal: AbortSignal,
): Promise<LoneSide | null> {
  let side: LoneSide | null = null;
  try {
    side = await at.lone('service', id, 'undecided');
    await side?.fence({ lockTimeoutMs: at.options.cutover.lockTimeoutMs, signal });
    onProgress({ phase: 'fence', about: 'the service’s tables refuse writes' });
    return side;
  } catch (error) {
    side?.close();
    signal.throwIfAborted();
    const refused = error instanceof BanyanError && error.code === 'BANYAN_DATABASE_REFUSED';
    if (acceptLoss !== 'unknown' || !(refused || isUnreachable(error))) throw error;
    onProgress({
      phase: 'fence',
      about: 'the service’s database cannot be reached: it is closed when it is',
    });
    return null;
  }
}

/** As far as the applier can: what it cannot is counted then. */
async function carryWhatGoes(at: HandoverContext, signal: AbortSignal, leftMs: number): Promise<void> {
  if (at.subject.specs?.reverse.oneWay) return;
  const { logger } = at.options;
  try {
    const applier = await within(leftMs / 2, at.subject.runner.apply('reverse'));
    const failed = applier.failed.then((error) => {
      throw error;
    });
    await Promise.race([applier.drain({ deadlineMs: Math.max(1, leftMs / 2), signal }), failed]);
  } catch (error) {
    signal.throwIfAborted();
    logger.warn({ feature: at.feature, err: error }, 'not all of the log could be carried over');
  }
}

/** It was looked at before, and cannot be reached by now. */
async function figuresWithout(at: HandoverContext, before: LossFigures): Promise<LossFigures> {
  if (before.keys === null) return before;
  return {
    ...{ reached: false, keys: null, tables: before.tables },
    why: 'the service’s database cannot be reached any more',
    lastSeen: await at.options.store.seen(at.feature),
  };
}

/** The barrier does not wait for a router whose lease ran out, and nothing closes the service's tables. */
async function assertNoneCutOff(at: HandoverContext, force: LossyRequest['force'] = []): Promise<void> {
  if (force.includes('routers')) return;
  const check = await routersCheck(at);
  if (check.ok) return;
  throw new BanyanError('BANYAN_GATE_CLOSED', `routers: ${check.detail}`, { fix: check.fix ?? '' });
}

/** Ids that the service may have given out since are not given again: before anybody is held, since it may wait for readers. */
async function leaveIdsOut(at: HandoverContext, request: LossyRequest): Promise<void> {
  const { specs } = at.subject;
  if (specs === null) return;
  const legacy = await reachSide(at.options.door, at.options.store.ledger(at.feature), specs.reverse);
  try {
    await legacy.skipIds({ room: idRoom, patienceMs: ddlPatienceMs, signal: at.until(request) });
  } finally {
    legacy.close();
  }
}

/** Nobody who carried rows to legacy commits there any more. */
async function takeLegacy(at: HandoverContext, id: string): Promise<void> {
  await within(openPatienceMs, at.subject.runner.stopApplying()).catch((error: unknown) =>
    at.options.logger.warn(
      { feature: at.feature, err: error },
      'the applier does not end; its commits are refused',
    ),
  );
  const legacy = await at.lone('legacy', id, 'undecided');
  try {
    await legacy?.claim();
  } finally {
    legacy?.close();
  }
}

async function finishLossy(at: HandoverContext, id: string, actor: Actor, clock: StepClock): Promise<number> {
  const following = untilReadsFollow(at);
  following.catch(() => undefined);
  await at.untilDone('open legacy’s tables', async () => {
    const legacy = await at.lone('legacy', id, 'decided');
    try {
      await legacy?.openFence({ lockTimeoutMs: openPatienceMs, signal: at.options.signal });
    } finally {
      legacy?.close();
    }
  });
  await at.reach('after-open');
  clock.next('routers');
  await following;
  clock.next('release');
  const { version } = await at.untilDone('release', () =>
    at.change(actor, 'release', release(id, lossyRollback), {
      ...{ handover: id, steps: clock.times, holdMs: clock.totalMs },
    }),
  );
  await at.reach('after-release');
  await at.settle();
  return version;
}

/** `closed`: the service's tables may be. Where they cannot be opened now, whoever runs the move opens its owner's tables later. */
async function takeBackLossy(
  at: HandoverContext,
  id: string,
  actor: Actor,
  reason: unknown,
  closed: boolean,
): Promise<'taken back' | 'decided'> {
  const because = { who: actor.who, why: describeError(reason).message };
  const { state } = await at.untilDone('give up', () =>
    at.change(because, 'abort', giveUp(id), { handover: id }),
  );
  if (state.handover?.id === id && state.handover.phase === 'decided') return 'decided';
  if (state.handover?.id !== id) return 'taken back';
  await at.reach('after-give-up');
  if (closed) await reopenService(at, id);
  await at.reach('after-reopen');
  await at.untilDone('release', () =>
    at.change(because, 'release to service', release(id, lossyRollback), { handover: id }),
  );
  return 'taken back';
}

async function reopenService(at: HandoverContext, id: string): Promise<void> {
  const { signal, logger } = at.options;
  for (let attempt = 1; attempt <= reopenAttempts; attempt += 1) {
    try {
      const service = await at.lone('service', id, 'aborting');
      try {
        await service?.openFence({ lockTimeoutMs: openPatienceMs, signal });
      } finally {
        service?.close();
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ feature: at.feature, err: error }, 'the service’s tables could not be opened again');
      await pause(500, signal);
    }
  }
}

function assertLossyGateOpen(at: HandoverContext, gate: readonly GateCheck[], figures: LossFigures): void {
  const loss = gate.find(({ check }) => check === 'loss');
  if (loss?.ok === false) {
    throw new BanyanError(
      'BANYAN_LOSS_REFUSED',
      `The rollback of ${at.feature} did not begin: ${loss.detail}.`,
      {
        fix: loss.fix ?? '',
        details: { ...figures },
      },
    );
  }
  assertGatesOpen(at.rules, new Map([[at.feature, gate]]));
}

function tooMuch(feature: string, figures: LossFigures, accepted: AcceptedLoss): BanyanError {
  return new BanyanError('BANYAN_LOSS_REFUSED', `${describeLoss(figures)}; accepted: ${accepted}`, {
    fix: `Accept that: \`banyan rollback ${feature} --accept-loss ${figures.keys ?? 'unknown'}\`.`,
    details: { keys: figures.keys },
  });
}

function reportOf(at: HandoverContext, id: string, figures: LossFigures): LossReport {
  const tables = figures.tables.map((one) => ({ ...one, list: one.list.slice(0, keysTold) }));
  return { ...figures, tables, kept: lostKeysQuery(at.options.stateSchema, id) };
}

function audited({ tables, ...figures }: LossFigures): object {
  return {
    ...figures,
    tables: tables.map(({ list, ...table }) => ({
      ...table,
      first: list.slice(0, keysAudited).map(({ key }) => key),
    })),
  };
}

function placeOf(at: HandoverContext): string {
  const { specs } = at.subject;
  if (specs === null) return '';
  const { host, port, database } = specs.forward.target;
  return `${host}:${port}/${database}`;
}
