import { randomUUID } from 'node:crypto';
import { BanyanError, describeError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { StopPoints } from '../../common/stop-points.ts';
import type { MoveLogger } from '../../mover/index.ts';
import type { SidePlace } from '../../router/index.ts';
import type { CutoverConfig } from '../config/index.ts';
import type { HandoverState } from '../feature/feature-state.ts';
import { type Direction, type HandoverRules, handoverDuring, handovers } from '../feature/stages.ts';
import type { OnProgress } from '../progress.ts';
import { orFailure } from '../runner/copy-rows.ts';
import type { FeatureRunner, MoveDirection } from '../runner/index.ts';
import { signOffStanding } from '../shadow/index.ts';
import type { Actor, ChangeRequest, ChangeResult, LeaseGrant, StateStore } from '../store/index.ts';
import { awaitBarrier, everyRouterFollows } from './barrier.ts';
import { describeSteps } from './describe-steps.ts';
import { failedHandover } from './failed-handover.ts';
import {
  assertGateOpen,
  assertHandoverAllowed,
  type Forcible,
  type GateCheck,
  inspectGate,
  verifyStanding,
} from './gate.ts';
import { decide, giveUp, hold, release } from './handover-changes.ts';
import { untilDone } from './until-done.ts';
import { verifyRest } from './verify-rest.ts';

/** How long each table's triggers may wait for the table, before anybody is held. */
const preparePatienceMs = 30_000;

/** Ids that the old owner may give out between the preparation and the fence; they are skipped later. */
const idRoom = 10_000;

export interface ConductorOptions {
  readonly store: StateStore;
  /** The control lease: every change of state fails once another control has it. */
  readonly lease: LeaseGrant;
  readonly cutover: CutoverConfig;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
  /** Aborts when this process ends or loses the control lease. */
  readonly signal: AbortSignal;
}

/** What the conductor needs of a feature. */
export interface Conducted {
  readonly feature: string;
  readonly runner: FeatureRunner;
  /** Where each side answers requests. */
  readonly places: Readonly<Record<'legacy' | 'service', SidePlace>>;
}

/** A handover that takes longer, or whose process dies, leaves routers at their own pace again. */
const hurryMs = 60_000;

export interface HandoverRequest extends Actor {
  readonly direction: Direction;
  /** Conditions of the gate that need not be met this once: told in the audit log. */
  readonly force?: readonly Forcible[];
  readonly onProgress: OnProgress;
}

export interface HandoverResult {
  readonly direction: Direction;
  readonly feature: string;
  readonly stage: string;
  readonly owner: string;
  /** From publishing the hold to publishing its release: the longest that a write request was parked. */
  readonly holdMs: number;
  /** From the hold until every router had confirmed it and ended its writes. */
  readonly barrierMs: number;
  /** From asking for the fence until nothing was left in the log. */
  readonly fenceToDrainedMs: number;
  /** Of the route table that released the hold. */
  readonly version: number;
}

/**
 * Cutover and rollback: one order of steps, mirrored by `HandoverRules`. S is the old owner's side (the move's source), T the new
 * owner's. What each step leaves behind, and what a restarted control does when it died right after it:
 *
 *   step                          database S   database T   routers            a crash here leads to
 *   1 gate, prepare, guard        open         closed       writes → S         nothing (capture on T, an open fence on S)
 *   2 hold (transaction)          open         closed       writes parked      taken back
 *   3 barrier                     open         closed       all parked         taken back
 *   4 fence S                     closed       closed       all parked         S opened, taken back
 *   5 drain, verify the rest      closed       closed       all parked         S opened, taken back
 *   6 AUTO_INCREMENT, looked at   closed       closed       all parked         S opened, taken back (ids are skipped)
 *   7 the guard, XA, made sure of closed       closed       all parked         S opened, taken back
 *   8 THE DECISION (transaction)  closed       closed       parked, owner T    finished forward
 *   9 open T                      closed       open         parked, owner T    finished forward (the remaining steps repeat)
 *  10 every router reads from T   closed       open         parked, owner T    finished forward
 *  11 release (transaction)       closed       open         writes → T         nothing: it is over
 *
 * At no line are both sides open. Taking back is in three steps for the same reason: `giveUp` (transaction: from now on
 * nobody can decide) → open S → release. A crash between them leaves `aborting`, and the next start repeats the rest. A
 * decision whose answer was lost is settled by the same transaction: it finds either `undecided`, and then the
 * decision can no longer happen, or `decided`.
 */
export class Conductor {
  readonly #options: ConductorOptions;

  constructor(options: ConductorOptions) {
    this.#options = options;
  }

  /** What a handover would do and what the gate says now. Changes nothing. */
  async rehearse(
    subject: Conducted,
    direction: Direction,
    force: readonly Forcible[] = [],
  ): Promise<{
    direction: Direction;
    dryRun: true;
    gate: GateCheck[];
    wouldBegin: boolean;
    steps: string[];
  }> {
    const rules = handovers[direction];
    const state = await this.#options.store.feature(subject.feature);
    assertHandoverAllowed(rules, state);
    const gate = await this.#inspect(subject, rules, false, force);
    return {
      direction,
      dryRun: true,
      gate,
      wouldBegin: gate.every((check) => check.ok),
      steps: describeSteps(rules, this.#options.cutover),
    };
  }

  async handover(subject: Conducted, request: HandoverRequest): Promise<HandoverResult> {
    const rules = handovers[request.direction];
    request.onProgress({ phase: 'gate', about: 'looking whether it may begin' });
    assertHandoverAllowed(rules, await this.#options.store.feature(subject.feature));
    await this.#catchUp(subject, rules, request);
    const gate = await this.#inspect(subject, rules, false, request.force ?? []);
    assertGateOpen(subject.feature, rules, gate);
    await this.#verifyIfOutdated(subject, rules, request);
    return this.#inHaste(() => this.#handOver(subject, rules, request, gate));
  }

  async #handOver(
    subject: Conducted,
    rules: HandoverRules,
    request: HandoverRequest,
    gate: readonly GateCheck[],
  ): Promise<HandoverResult> {
    const { store, cutover, points, signal } = this.#options;
    const say = (phase: string, about: string) => request.onProgress({ phase, about });
    await this.#prepare(subject, rules, request);
    await points.reach(`${rules.direction}:after-gate`);

    const move = await subject.runner.move(moveDirection(rules));
    const forced = gate.filter((one) => one.forced).map((one) => `${one.check}: ${one.detail}`);
    const why = forced.length === 0 ? request.why : `${request.why} [forced: ${forced.join('; ')}]`;
    const id = randomUUID();
    const heldFrom = performance.now();
    let barrierMs = 0;
    let fenceToDrainedMs = 0;
    try {
      const change = hold({ id, rules, who: request.who, why });
      const held = await this.#change(subject, { ...request, why }, `${rules.direction}: hold`, change);
      const holdVersion = held.state.handover!.holdVersion;
      say('hold', `routers park writes (route table ${holdVersion})`);
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(cutover.deadlineMs)]);
      await points.reach(`${rules.direction}:after-hold`);
      await awaitBarrier(store, subject.feature, holdVersion, inTime);
      barrierMs = performance.now() - heldFrom;
      await points.reach(`${rules.direction}:after-barrier`);
      fenceToDrainedMs = await this.#moveOver(subject, rules, request, inTime, heldFrom);
      await points.reach(`${rules.direction}:before-decision`);
      await move.assertGuarded();
      inTime.throwIfAborted();
      await this.#change(subject, request, `${rules.direction}: decide`, decide(id, rules));
    } catch (error) {
      move.releaseTables();
      const outcome = await this.#takeBack(subject, rules, id, request, error);
      if (outcome === 'taken back') {
        await this.#settle(subject);
        throw failedHandover(rules, subject.feature, error, cutover.deadlineMs);
      }
      // The decision had been taken and only its answer was lost.
    }
    say('decide', `${rules.newOwner} owns the rows`);
    await points.reach(`${rules.direction}:after-decision`);
    const released = await this.#finishForward(subject, rules, id, request);
    move.releaseTables();
    const holdMs = performance.now() - heldFrom;
    say('release', `writes go to ${rules.newOwner}`);
    await this.#settle(subject);
    return {
      direction: rules.direction,
      feature: subject.feature,
      stage: rules.to,
      owner: rules.newOwner,
      holdMs: round(holdMs),
      barrierMs: round(barrierMs),
      fenceToDrainedMs: round(fenceToDrainedMs),
      version: released.version,
    };
  }

  /** What a start finds under way: undecided is taken back, decided is finished. Null: nothing was under way. */
  async recover(subject: Conducted): Promise<'taken back' | 'finished' | null> {
    const { store, logger } = this.#options;
    const { handover, stage } = await store.feature(subject.feature);
    if (handover === null) return null;
    const rules = handoverDuring(stage) ?? handovers[handover.direction];
    const actor = { who: 'banyan', why: `control started and found a ${rules.direction} under way` };
    logger.warn({ feature: subject.feature, handover }, 'a handover was interrupted');
    const outcome = await this.#inHaste(() => this.#end(subject, rules, handover, actor));
    await this.#settle(subject);
    return outcome;
  }

  async #end(
    subject: Conducted,
    rules: HandoverRules,
    handover: HandoverState,
    actor: Actor,
  ): Promise<'taken back' | 'finished'> {
    let outcome: 'taken back' | 'finished' = 'finished';
    if (handover.phase !== 'decided') {
      const reason = new Error('the control process that conducted it ended');
      const taken = await this.#takeBack(subject, rules, handover.id, actor, reason);
      if (taken === 'taken back') outcome = taken;
    }
    if (outcome === 'finished') await this.#finishForward(subject, rules, handover.id, actor);
    return outcome;
  }

  /** While `work` goes on, routers ask for a new route table every few milliseconds. */
  async #inHaste<Result>(work: () => Promise<Result>): Promise<Result> {
    const { store, logger } = this.#options;
    const hurry = (forMs: number) =>
      store.hurryRouters(forMs).catch((error: unknown) => {
        // Then it takes a beat longer.
        logger.warn({ err: error }, 'the routers could not be asked to hurry');
      });
    await hurry(hurryMs);
    try {
      return await work();
    } finally {
      // Nobody waits for this: it ends by itself, too.
      void hurry(0);
    }
  }

  /**
   * Whatever may wait for a table, before anybody is held: T's capture (T is closed, so its log stays empty), ids on T, the
   * triggers of S's fence. Then the gate once more, since all this may have taken its time.
   */
  async #prepare(subject: Conducted, rules: HandoverRules, request: HandoverRequest): Promise<void> {
    const { signal, points } = this.#options;
    const move = await subject.runner.move(moveDirection(rules));
    try {
      await this.#captureWayBack(subject, rules, signal);
      await points.reach(`${rules.direction}:after-capture`);
      await move.raiseAutoIncrement({ room: idRoom, signal });
      request.onProgress({ phase: 'prepare', about: `the fence of ${rules.oldOwner}’s tables` });
      await move.prepareFence('source', { lockTimeoutMs: preparePatienceMs, signal });
      await this.#catchUp(subject, rules, request);
      assertGateOpen(subject.feature, rules, await this.#inspect(subject, rules, true, request.force ?? []));
      await move.guardTables();
      // What S's tables are now is what the way back must find.
      await this.#adoptWayBack(subject, rules);
    } catch (error) {
      move.releaseTables();
      // It is open; this says that nobody is about to close it, so that its triggers are taken away.
      await move.openFence('source').catch(() => undefined);
      throw error;
    }
  }

  /** Steps 4 to 7: under the fence, everything of the old owner is carried over. Returns fence-to-drained in ms. */
  async #moveOver(
    subject: Conducted,
    rules: HandoverRules,
    request: HandoverRequest,
    inTime: AbortSignal,
    heldFrom: number,
  ): Promise<number> {
    const { cutover, points } = this.#options;
    const { direction } = rules;
    const move = await subject.runner.move(moveDirection(rules));
    const applier = await subject.runner.apply(moveDirection(rules));
    const fencedFrom = performance.now();
    await move.fence('source', { lockTimeoutMs: cutover.lockTimeoutMs, signal: inTime });
    request.onProgress({ phase: 'fence', about: `${rules.oldOwner}’s tables refuse writes` });
    await points.reach(`${direction}:after-fence`);

    const deadlineMs = Math.max(1, cutover.deadlineMs - (performance.now() - heldFrom));
    await orFailure(applier, applier.drain({ deadlineMs, signal: inTime }));
    const fenceToDrainedMs = performance.now() - fencedFrom;
    request.onProgress({ phase: 'drain', about: 'every change is on both sides' });
    await points.reach(`${direction}:after-drain`);
    await verifyRest(move, inTime);
    await points.reach(`${direction}:after-verify`);

    await move.checkAutoIncrement();
    await points.reach(`${direction}:after-auto-increment`);
    return fenceToDrainedMs;
  }

  async #adoptWayBack(subject: Conducted, rules: HandoverRules): Promise<void> {
    const back = await subject.runner.move(rules.direction === 'cutover' ? 'reverse' : 'forward');
    await back.adoptTarget();
  }

  /** Every write to T will be noted from the moment T is opened, also where its tables were altered meanwhile. */
  async #captureWayBack(subject: Conducted, rules: HandoverRules, signal: AbortSignal): Promise<void> {
    const back = await subject.runner.move(rules.direction === 'cutover' ? 'reverse' : 'forward');
    await back.renewCapture({ signal });
  }

  /** Steps 9 to 11. Every part may be repeated; nothing but ending the process stops it. */
  async #finishForward(
    subject: Conducted,
    rules: HandoverRules,
    id: string,
    actor: Actor,
  ): Promise<ChangeResult> {
    const { points } = this.#options;
    await this.#untilDone(subject, 'open the new owner’s fence', async () => {
      const move = await subject.runner.move(moveDirection(rules));
      await this.#assertStill(subject, id, 'decided');
      await subject.runner.stopApplying();
      await move.openFence('target');
    });
    await points.reach(`${rules.direction}:after-open`);
    await this.#untilReadsFollow(subject);
    const released = await this.#untilDone(subject, 'release', () =>
      this.#change(subject, actor, `${rules.direction}: release`, release(id, rules)),
    );
    await points.reach(`${rules.direction}:after-release`);
    return released;
  }

  /**
   * No write may be acknowledged while a router still reads from the old owner: the next read through it would miss that
   * write. So the release waits until every live router decides by the table of the decision, or lost its lease.
   */
  async #untilReadsFollow(subject: Conducted): Promise<void> {
    const { store, cutover, logger, signal } = this.#options;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(cutover.deadlineMs)]);
    const follow = await this.#untilDone(subject, 'wait for the routers', async () =>
      everyRouterFollows(store, (await store.routeTable()).version, patience),
    );
    if (follow || signal.aborted) return;
    logger.warn(
      { feature: subject.feature, waitedMs: cutover.deadlineMs },
      'a router does not take the decided route table: writes are released, and its reads are stale until it does',
    );
  }

  async #takeBack(
    subject: Conducted,
    rules: HandoverRules,
    id: string,
    actor: Actor,
    reason: unknown,
  ): Promise<'taken back' | 'decided'> {
    const { points } = this.#options;
    const because = { who: actor.who, why: describeError(reason).message };
    const { state } = await this.#untilDone(subject, 'give up', () =>
      this.#change(subject, because, `${rules.direction}: abort`, giveUp(id)),
    );
    // Not even the hold was published: there is nothing to take back.
    if (state.handover?.id !== id) return 'taken back';
    if (state.handover.phase === 'decided') return 'decided';
    await points.reach(`${rules.direction}:after-give-up`);
    await this.#untilDone(subject, 'open the old owner’s fence', async () => {
      const move = await subject.runner.move(moveDirection(rules));
      await this.#assertStill(subject, id, 'aborting');
      await move.openFence('source');
    });
    await points.reach(`${rules.direction}:after-reopen`);
    await this.#untilDone(subject, 'release', () =>
      this.#change(subject, because, `${rules.direction}: release to ${rules.oldOwner}`, release(id, rules)),
    );
    return 'taken back';
  }

  /** The handover is over whether or not the runner heard of it at once: the supervisor has it begin what the stage requires. */
  async #settle(subject: Conducted): Promise<void> {
    await subject.runner.settle().catch((error) => {
      const { logger } = this.#options;
      logger.warn({ feature: subject.feature, err: error }, 'the move will be begun by the supervisor');
    });
  }

  async #inspect(
    subject: Conducted,
    rules: HandoverRules,
    verifyCounts: boolean,
    force: readonly Forcible[],
  ): Promise<GateCheck[]> {
    const { store, cutover } = this.#options;
    const state = await store.feature(subject.feature);
    return inspectGate({
      rules,
      state,
      move: await subject.runner.move(moveDirection(rules)),
      cutover,
      newOwner: subject.places[rules.newOwner],
      verifyCounts,
      force,
      replicas: await store.replicas(),
      // A way back must not wait for anybody's signature.
      signedOff:
        cutover.signOff && rules.direction === 'cutover' ? () => signOffStanding(store, state) : null,
    });
  }

  /** Gives a move that has just begun again a moment to work off its log: nobody is held meanwhile. */
  async #catchUp(subject: Conducted, rules: HandoverRules, request: HandoverRequest): Promise<void> {
    const { cutover, signal } = this.#options;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(cutover.deadlineMs)]);
    const move = await subject.runner.move(moveDirection(rules));
    while (!patience.aborted) {
      const { entries } = await move.backlog();
      if (entries <= cutover.maxBacklog) return;
      request.onProgress({ phase: 'catch-up', done: 0, total: entries });
      await pause(50, patience);
    }
  }

  async #verifyIfOutdated(subject: Conducted, rules: HandoverRules, request: HandoverRequest): Promise<void> {
    const state = await this.#options.store.feature(subject.feature);
    if (verifyStanding(state, this.#options.cutover.verifiedWithinMs, Date.now()) !== 'outdated') return;
    request.onProgress({ phase: 'verify', about: `what ${rules.newOwner} has is compared first` });
    await subject.runner.verify(request, request.onProgress, this.#options.signal);
  }

  /**
   * Asked right before a fence is opened: a process that was stopped for long may wake up when another one has long
   * finished the handover, and even handed it back. Its fence must stay where that one left it.
   */
  async #assertStill(subject: Conducted, id: string, phase: 'aborting' | 'decided'): Promise<void> {
    await this.#change(subject, { who: 'banyan', why: 'about to open a fence' }, 'check', ({ state }) => {
      if (state.handover?.id === id && state.handover.phase === phase) return state;
      throw new BanyanError(
        'BANYAN_LEASE_LOST',
        `The handover of ${subject.feature} went on without this process.`,
        {
          fix: 'Nothing: another control process has finished it.',
        },
      );
    });
  }

  #change(
    subject: Conducted,
    actor: Actor,
    action: string,
    change: ChangeRequest['change'],
  ): Promise<ChangeResult> {
    const { who, why } = actor;
    const { store, lease } = this.#options;
    return store.change({ feature: subject.feature, who, why, action, lease, change });
  }

  #untilDone<T>(subject: Conducted, step: string, work: () => Promise<T>): Promise<T> {
    const { signal, logger } = this.#options;
    return untilDone(step, work, {
      signal,
      onTrouble: (at, error) =>
        logger.warn({ feature: subject.feature, step: at, err: error }, 'trying again'),
    });
  }
}

/** The move whose source is the old owner. */
function moveDirection(rules: HandoverRules): MoveDirection {
  return rules.direction === 'cutover' ? 'forward' : 'reverse';
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
