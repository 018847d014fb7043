import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { AcceptedLoss } from '../feature/feature-state.ts';
import { type Direction, handoverDuring, handovers } from '../feature/stages.ts';
import { keysTold } from '../loss/index.ts';
import { assertStoreKnown } from '../restored/index.ts';
import { describeLossySteps, describeSteps } from './describe-steps.ts';
import { endHandover } from './end-handover.ts';
import type { Forcible } from './forcible.ts';
import { assertGatesOpen, assertHandoverAllowed, assertLossyAllowed, unreachedCheck } from './gate.ts';
import { handOver } from './hand-over.ts';
import { type Conducted, type ConductorOptions, HandoverContext } from './handover-context.ts';
import { HandoverGroup } from './handover-group.ts';
import type { HandoverRehearsal, HandoverRequest, HandoverResult } from './handover-request.ts';
import { inspectLossyGate } from './lossy-gate.ts';
import { endLossyRollback, type LossyRequest, lossOf, rollBackWithLoss } from './lossy-rollback.ts';
import { catchUp, lookAtGate, prepareHandover, verifyIfOutdated } from './prepare-handover.ts';

/** What one handover takes over: usually one feature. */
export type Subjects = readonly [Conducted, ...Conducted[]];

/** A handover that takes longer, or whose process dies, leaves routers at their own pace again. */
const hurryMs = 60_000;

/** Between two tries of a handover that is to be begun again; twice as long each time. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

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
 * What 5 to 7 look at once the log is empty they look at side by side; so are 9 and 10 taken.
 *
 * At no line are both sides open. Taking back is in three steps for the same reason: `giveUp` (transaction: from now on
 * nobody can decide) → open S → release. A crash between them leaves `aborting`, and the next start repeats the rest. A
 * decision whose answer was lost is settled by the same transaction: it finds either `undecided`, and then the
 * decision can no longer happen, or `decided`.
 *
 * Several features can be handed over as one: steps 2 and 8 and giving up are one transaction for all, steps 1 and 4 to 7
 * are taken by all members before the next one begins. Steps 9 to 11, and those of taking back, each member takes by itself,
 * so that a server that hangs keeps no other feature's writes; a restarted control ends each member by itself, too.
 */
export class Conductor {
  readonly #options: ConductorOptions;

  constructor(options: ConductorOptions) {
    this.#options = options;
  }

  /** What a handover would do and what the gate says now, of each feature; of a rollback also what legacy lacks. Changes nothing. */
  async rehearse(
    subjects: Subjects,
    direction: Direction,
    force: readonly Forcible[] = [],
  ): Promise<HandoverRehearsal> {
    const group = this.#group(subjects, direction);
    await this.#assertAllowed(group);
    const { signal } = this.#options;
    const features = await group.each(signal, async (at) => {
      if (direction === 'cutover') {
        const gate = await lookAtGate(at, { verifyCounts: false, force });
        return { feature: at.feature, gate, wouldBegin: gate.every((check) => check.ok) };
      }
      const loss = await lossOf(at, keysTold);
      const gate = loss.reached
        ? await lookAtGate(at, { verifyCounts: false, force })
        : [unreachedCheck(at.feature, loss)];
      return { feature: at.feature, gate, wouldBegin: gate.every((check) => check.ok), loss };
    });
    return {
      direction,
      dryRun: true,
      features,
      wouldBegin: features.every(({ wouldBegin }) => wouldBegin),
      steps: describeSteps(group.rules, this.#options.cutover),
    };
  }

  /** The same of a rollback with a loss. */
  async rehearseLossy(
    subject: Conducted,
    accepted: AcceptedLoss,
    force: readonly Forcible[] = [],
  ): Promise<HandoverRehearsal> {
    const at = new HandoverContext(this.#options, subject, handovers.rollback);
    assertLossyAllowed(await this.#options.store.feature(at.feature));
    const loss = await lossOf(at, keysTold);
    const gate = await inspectLossyGate(at, loss, accepted, force);
    const wouldBegin = gate.every((check) => check.ok);
    return {
      ...{ direction: 'rollback', dryRun: true, wouldBegin },
      features: [{ feature: at.feature, gate, wouldBegin, loss }],
      steps: describeLossySteps(this.#options.cutover),
    };
  }

  /** A rollback after which legacy may lack writes: see lossy-rollback.ts. */
  async rollBackWithLoss(subject: Conducted, request: LossyRequest): Promise<HandoverResult> {
    const at = new HandoverContext(this.#options, subject, handovers.rollback);
    assertLossyAllowed(await this.#options.store.feature(at.feature));
    const { store, door } = this.#options;
    await assertStoreKnown({ feature: at.feature, specs: subject.specs, door, store });
    return quietly([subject], () => this.#inHaste(() => rollBackWithLoss(at, request)));
  }

  /** Begun again, after ever longer pauses, as often as the request says when it was taken back. `cutOff` ends even what is tried until it succeeds. */
  async handover(
    subjects: Subjects,
    request: HandoverRequest,
    cutOff: AbortSignal,
  ): Promise<HandoverResult[]> {
    for (let retries = 0; ; retries++) {
      try {
        // What both sides have is looked at by the handover itself.
        const results = await quietly(subjects, () => this.#handOnce(subjects, request, cutOff));
        return results.map((result) => ({ ...result, retries }));
      } catch (error) {
        const again = error instanceof BanyanError && error.code === 'BANYAN_HANDOVER_TAKEN_BACK';
        if (!again || retries >= (request.retry ?? 0) || request.abort?.aborted) throw error;
        const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** retries);
        const about = `again in ${pauseMs / 1_000} s (${retries + 1} of ${request.retry}): ${error.message}`;
        request.onProgress({ phase: 'retry', about });
        const { signal } = this.#options;
        await pause(pauseMs, request.abort === undefined ? signal : AbortSignal.any([signal, request.abort]));
        signal.throwIfAborted();
        request.abort?.throwIfAborted();
      }
    }
  }

  async #handOnce(
    subjects: Subjects,
    request: HandoverRequest,
    cutOff: AbortSignal,
  ): Promise<HandoverResult[]> {
    const group = this.#group(subjects, request.direction, cutOff);
    request.onProgress({ phase: 'gate', about: 'looking whether it may begin' });
    await this.#assertAllowed(group);
    const until = group.members[0]!.until(request);
    const { force } = request;
    const gates = new Map(
      await group.each(until, async (at) => {
        await catchUp(at, request);
        return [at.feature, await lookAtGate(at, { verifyCounts: false, force })] as const;
      }),
    );
    assertGatesOpen(group.rules, gates);
    for (const at of group.members) await verifyIfOutdated(at, request);
    return this.#inHaste(async () => {
      await prepareHandover(group, request);
      await group.reach('after-gate');
      return handOver(group, request, gates);
    });
  }

  #group(subjects: Subjects, direction: Direction, cutOff?: AbortSignal): HandoverGroup {
    const [first, ...others] = subjects;
    const options = this.#until(cutOff);
    const context = (subject: Conducted) => new HandoverContext(options, subject, handovers[direction]);
    return new HandoverGroup([context(first), ...others.map(context)]);
  }

  /** The options with an end of their own. */
  #until(cutOff: AbortSignal | undefined): ConductorOptions {
    const options = this.#options;
    return cutOff === undefined ? options : { ...options, signal: AbortSignal.any([options.signal, cutOff]) };
  }

  async #assertAllowed({ features, rules }: HandoverGroup): Promise<void> {
    for (const feature of features) {
      assertHandoverAllowed(rules, await this.#options.store.feature(feature));
    }
  }

  /** What a start finds under way: undecided is taken back, decided is finished. Null: nothing was under way. */
  async recover(subject: Conducted, cutOff: AbortSignal): Promise<'taken back' | 'finished' | null> {
    const { store, logger } = this.#options;
    const { handover, stage } = await store.feature(subject.feature);
    if (handover === null) return null;
    const { specs } = subject;
    await assertStoreKnown({ feature: subject.feature, specs, door: this.#options.door, store });
    const rules = handoverDuring(stage) ?? handovers[handover.direction];
    const at = new HandoverContext(this.#until(cutOff), subject, rules);
    const actor = { who: 'banyan', why: `control started and found a ${rules.direction} under way` };
    logger.warn({ feature: subject.feature, handover }, 'a handover was interrupted');
    const end = handover.loss === undefined ? endHandover : endLossyRollback;
    const outcome = await this.#inHaste(() => end(at, handover, actor));
    await at.settle();
    return outcome;
  }

  /** While `work` goes on, routers ask for a new route table every few milliseconds. */
  async #inHaste<Result>(work: () => Promise<Result>): Promise<Result> {
    const { store, logger } = this.#options;
    const hurry = (forMs: number) =>
      store.fleet.hurryRouters(forMs).catch((error: unknown) => {
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
}

/** While no runner compares the sides by itself. */
function quietly<Result>(subjects: Subjects, work: () => Promise<Result>): Promise<Result> {
  return subjects.reduceRight<() => Promise<Result>>(
    (inner, { runner }) =>
      () =>
        runner.quietly(inner),
    work,
  )();
}
