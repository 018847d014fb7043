import type { Fault } from '../common/errors.ts';
import { BackgroundApplier } from './apply/background-applier.ts';
import { PartApplier } from './apply/part-applier.ts';
import { newTableProgress } from './bookkeeping/table-progress.ts';
import { VerifiedBooks } from './bookkeeping/verified-books.ts';
import { backlogOf } from './capture/backlog-of.ts';
import type { CaptureState } from './capture/capture.ts';
import { CopyRun } from './copy/copy-run.ts';
import type { Restored } from './counts/restored.ts';
import { askForSnapshots, beginTelling } from './feed/begin-telling.ts';
import { FeedSnapshots } from './feed/feed-snapshots.ts';
import { type FeedStanding, readFeedStanding } from './feed/feed-standing.ts';
import { FeedWatermarks } from './feed/feed-watermarks.ts';
import { assertAutoIncrement, raiseAutoIncrement } from './fence/raise-auto-increment.ts';
import type { RefusedStatement, RefusedWrites } from './fence/refusals.ts';
import type {
  Applier,
  Backlog,
  ClearOptions,
  CloseOptions,
  CopiedTable,
  CopyOptions,
  CopyPace,
  EmptiedTable,
  FenceOptions,
  FenceStanding,
  Move,
  MoveSide,
  RaiseIdsOptions,
  RepairOptions,
  RepairReport,
  RestoreIndexesOptions,
  TakeBackOptions,
  TakeBackReport,
  Verified,
  VerifyOptions,
  VerifyReport,
  WaitingKeys,
  WorkOptions,
} from './move.ts';
import type { MoveSpec } from './move-spec.ts';
import type { MoveWorks } from './move-works.ts';
import { assertCapturable } from './preflight/assert-capturable.ts';
import { lackingRights } from './privileges/missing-privileges.ts';
import { repairTables } from './repair/repair-tables.ts';
import { moveClosed } from './sql/link.ts';
import type { Session } from './sql/session.ts';
import { emptiedError, findEmptied } from './take-back/find-emptied.ts';
import { lookAtLost, waitingOf } from './take-back/lost-keys.ts';
import { takeBack } from './take-back/take-back.ts';
import type { ThrottleSettings } from './throttle/pace.ts';
import { readVerified } from './verify/read-verified.ts';
import { verifyLastApplied } from './verify/verify-last-applied.ts';
import { verifyTables } from './verify/verify-tables.ts';
import { HeldTables } from './watch/held-tables.ts';
import { assertNonePrepared } from './watch/prepared-transactions.ts';
import { forgetNumbers } from './watch/table-identity.ts';

/** The row of a closed fence is locked only for the length of a mover's own transactions: a chunk of a copy, at most. */
const openPatienceMs = 10_000;

/** The steps of a move that is open. */
export class OpenedMove implements Move {
  readonly spec: MoveSpec;
  readonly epoch: number;
  readonly #works: MoveWorks;
  readonly #copyRun: CopyRun;
  readonly #held: HeldTables;
  #applier: BackgroundApplier | null = null;

  constructor(works: MoveWorks) {
    this.spec = works.context.spec;
    this.epoch = works.context.epoch;
    this.#works = works;
    this.#copyRun = new CopyRun(works);
    this.#held = new HeldTables(works.context);
  }

  async installCapture(options: WorkOptions = {}): Promise<void> {
    await this.#works.assertEpoch();
    await assertCapturable(await this.#works.admin.source.session(), this.#works.context.spec);
    await this.#works.capture.install(this.#works.context.signal(options.signal));
  }

  async dropCapture(options: WorkOptions = {}): Promise<void> {
    await this.#works.assertEpoch();
    // From here on changes go unnoticed: a copy that was made so far counts for nothing, also after a crash.
    await this.restartCopy();
    // No entry tells what changes while nothing is captured: a snapshot does, once the rows are copied again.
    await askForSnapshots(this.#works);
    await this.#works.capture.drop(this.#works.context.signal(options.signal));
  }

  async renewCapture(options: WorkOptions = {}): Promise<void> {
    await this.#works.assertEpoch();
    await assertCapturable(await this.#works.admin.source.session(), this.#works.context.spec);
    await this.#works.capture.renew(this.#works.context.signal(options.signal));
  }

  captureState(): Promise<CaptureState> {
    return this.#works.capture.state();
  }

  async checkFingerprint(): Promise<void> {
    await this.#works.capture.check();
  }

  async adoptTarget(): Promise<void> {
    await this.forgetVerified();
    await this.#works.targetRecord.adopt(await this.#works.admin.target.session());
  }

  async targetChanged(): Promise<readonly string[]> {
    return this.#works.targetRecord.changed(await this.#works.admin.target.session());
  }

  async checkTarget(): Promise<void> {
    await this.#works.targetRecord.check(await this.#works.admin.target.session());
  }

  checkRestored(): Promise<void> {
    return this.#works.context.counts.check();
  }

  restored(): Promise<Restored | null> {
    return this.#works.context.counts.restored();
  }

  async checkStore(): Promise<void> {
    await this.#works.marks?.check();
  }

  async tellStore(): Promise<void> {
    await this.#works.marks?.tell();
  }

  async adoptStore(): Promise<void> {
    await this.#works.marks?.tell(true);
  }

  async acceptRestored(side: MoveSide): Promise<void> {
    await this.#works.assertEpoch();
    await this.#works.context.counts.accept(side);
  }

  async checkEmptied(): Promise<void> {
    const tables = await this.emptied();
    if (tables.length > 0) throw emptiedError(this.spec, tables);
  }

  async emptied(): Promise<readonly EmptiedTable[]> {
    if ((await this.#works.capture.state()) === 'complete') return [];
    const plans = this.#works.parts.flatMap((part) => part.plans);
    return this.#works.context.withBothSides((source, target) => findEmptied(plans, source, target));
  }

  takeBack(options: TakeBackOptions): Promise<TakeBackReport> {
    const context = this.#works.context;
    return context.withBothSides(async (source, target) => {
      const restored = await this.restored();
      const logged = (await this.#works.capture.state()) === 'complete';
      const writtenAfter = restored?.side === 'source' && logged ? restored.knownUntil : null;
      const signal = context.signal(options.signal);
      return takeBack({
        ...options,
        context,
        parts: this.#works.parts,
        source,
        target,
        signal,
        writtenAfter,
      });
    });
  }

  async checkPrepared(): Promise<void> {
    const sides = ['source', 'target'] as const;
    await Promise.all(
      sides.map(async (side) => assertNonePrepared(await this.#works.admin[side].session(), this.spec[side])),
    );
  }

  guardTables(): Promise<void> {
    return this.#held.hold(async () => {
      const source = await this.#works.admin.source.session();
      const target = await this.#works.admin.target.session();
      for (const session of [source, target]) forgetNumbers(session);
      await this.#checkTables(source, target);
      await this.#works.fences.source.assertPrepared();
      await this.#works.fences.target.assertClosed();
    });
  }

  async assertGuarded(): Promise<void> {
    await Promise.all([this.#held.assertHeld(), this.checkPrepared()]);
  }

  releaseTables(): void {
    this.#held.release();
  }

  copy(options: CopyOptions = {}): Promise<void> {
    return this.#copyRun.copy(options);
  }

  restoreIndexes(options: RestoreIndexesOptions = {}): Promise<void> {
    return this.#copyRun.restoreIndexes(options);
  }

  throttle(settings: ThrottleSettings): void {
    this.#works.context.pace.ask(settings);
  }

  pace(): CopyPace {
    return this.#copyRun.pace();
  }

  async copied(): Promise<boolean> {
    const session = await this.#works.admin.target.session();
    for (const { name } of this.#works.plans) {
      if ((await this.#works.context.books.readProgress(session, name)).state !== 'copied') return false;
    }
    return true;
  }

  async copiedTables(): Promise<readonly CopiedTable[]> {
    const known = await this.#works.context.books.readAllProgress(await this.#works.admin.target.session());
    return this.#works.plans.map(({ name }) => {
      const { state, rowsDone, bytesDone } = known.get(name) ?? newTableProgress;
      return { table: name, complete: state === 'copied', rows: rowsDone, bytes: bytesDone };
    });
  }

  async restartCopy(): Promise<void> {
    const target = this.#works.context.targetLink();
    try {
      const session = await target.session();
      await this.#works.context.books.forgetProgress(session, this.epoch);
      // Whatever the tables are now, the copy that comes finds them so.
      await this.#works.targetRecord.forget(session);
      await new VerifiedBooks(this.#works.context).forget(session);
    } finally {
      target.close();
    }
  }

  startApplying(): Applier {
    if (this.#applier?.running) return this.#applier;
    const context = this.#works.context;
    this.#applier = new BackgroundApplier({
      context,
      capture: this.#works.capture,
      parts: this.#works.parts.map((part) => new PartApplier(context, part)),
      backlog: () => this.backlog(),
      check: (source, target) => this.#checkTables(source, target),
      beat: () => this.#beat(),
      copying: () => this.#copyRun.running,
      begin: () => beginTelling(this.#works),
      besides:
        context.feed === null
          ? []
          : [
              new FeedSnapshots(context, context.feed, this.#works.parts),
              new FeedWatermarks({
                ...{ context, feed: context.feed, capture: this.#works.capture },
                check: async (source) => {
                  await context.counts.check();
                  await this.#works.capture.check(source);
                },
              }),
            ],
    });
    return this.#applier;
  }

  /**
   * What altered the source may show first where both sides are compared: the capture knows what it was, so it is asked
   * again before the sides are said to differ.
   */
  async #checkTables(source: Session, target: Session): Promise<void> {
    try {
      await Promise.all([
        this.#works.context.counts.check(),
        this.#works.capture.check(source),
        this.#works.pair.check(source, target),
        this.#works.targetRecord.check(target),
      ]);
    } catch (error) {
      // First: what was restored is not what it was in other ways too, and this says why.
      await this.#works.context.counts.check();
      await this.#works.capture.check(source);
      throw error;
    }
  }

  /** So that a server which was restored is noticed where nothing is carried over, and it is known since when. */
  async #beat(): Promise<void> {
    await this.#works.context.counts.beforeLanding();
    await this.#works.context.counts.beforeForgetting();
  }

  get lockedKeys(): number {
    return this.#works.parts.reduce((sum, { aside }) => sum + aside.size, 0);
  }

  async backlog(): Promise<Backlog> {
    return backlogOf(this.#works.parts, await this.#works.admin.source.session());
  }

  async feed(): Promise<FeedStanding | null> {
    const { context, admin } = this.#works;
    if (context.feed === null) return null;
    return readFeedStanding(this.spec, context.feed.service, {
      source: await admin.source.session(),
      target: await admin.target.session(),
    });
  }

  async waiting(limit: number): Promise<readonly WaitingKeys[]> {
    const session = await this.#works.admin.source.session();
    const tables: WaitingKeys[] = [];
    for (const part of this.#works.parts) tables.push(await waitingOf(part, session, limit));
    return tables;
  }

  lookAtLost(options: WorkOptions = {}): Promise<TakeBackReport> {
    const { context, parts } = this.#works;
    const signal = context.signal(options.signal);
    return context.withBothSides((source, target) => lookAtLost(parts, source, target, signal));
  }

  /** Whether what waits in the log can be waited for. An applier may be about to start: within the patience for one row it has, or does not. */
  #appliedSoon(): () => boolean {
    const until = performance.now() + this.#works.context.tuning.verifyPatienceMs;
    return () => (this.#applier?.running ?? false) || performance.now() < until;
  }

  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    const context = this.#works.context;
    return context.withBothSides(async (source, target) => {
      await context.counts.check();
      await this.#works.pair.check(source, target);
      return verifyTables({
        context,
        parts: this.#works.parts,
        source,
        target,
        backlog: async () => (await this.backlog()).entries,
        isApplying: this.#appliedSoon(),
        ...options,
        signal: context.signal(options.signal),
      });
    });
  }

  async verified(): Promise<Verified> {
    return readVerified(this.#works.context, this.#works.plans, await this.#works.admin.target.session());
  }

  async forgetVerified(): Promise<void> {
    await new VerifiedBooks(this.#works.context).forget(await this.#works.admin.target.session());
  }

  repair(options: RepairOptions = {}): Promise<RepairReport> {
    const context = this.#works.context;
    return context.withBothSides(async (source, target) => {
      await context.counts.check();
      await this.#works.pair.check(source, target);
      const signal = context.signal(options.signal);
      const isApplying = this.#appliedSoon();
      return repairTables({
        ...options,
        context,
        parts: this.#works.parts,
        source,
        target,
        isApplying,
        signal,
      });
    });
  }

  verifyLastApplied(options: WorkOptions = {}): Promise<VerifyReport> {
    const context = this.#works.context;
    const signal = context.signal(options.signal);
    const look = (source: Session, target: Session) =>
      verifyLastApplied({ context, parts: this.#works.parts, source, target, signal });
    const { ready } = this.#held;
    if (ready === null) return context.withBothSides(look);
    return Promise.all([ready.source.session(), ready.target.session()]).then((sessions) =>
      look(...sessions),
    );
  }

  async prepareFence(side: MoveSide, options: FenceOptions): Promise<void> {
    await this.#works.fences[side].prepare({
      ...options,
      signal: this.#works.context.signal(options.signal),
    });
  }

  async fence(side: MoveSide, options: FenceOptions): Promise<void> {
    await this.#works.fences[side].close({ ...options, signal: this.#works.context.signal(options.signal) });
  }

  async openFence(side: MoveSide, options: WorkOptions = {}): Promise<void> {
    await this.#works.marks?.beforeOpening();
    await this.#works.fences[side].open({
      lockTimeoutMs: openPatienceMs,
      signal: this.#works.context.signal(options.signal),
    });
  }

  clearFence(side: MoveSide, options: ClearOptions = {}): Promise<readonly string[]> {
    return this.#works.fences[side].clear({ ...options, signal: this.#works.context.signal(options.signal) });
  }

  async fenceState(): Promise<{ readonly source: FenceStanding; readonly target: FenceStanding }> {
    return {
      source: await this.#works.fences.source.standing(),
      target: await this.#works.fences.target.standing(),
    };
  }

  refused(side: MoveSide): Promise<RefusedWrites> {
    return this.#works.fences[side].refused();
  }

  async lackingRights(side: MoveSide): Promise<readonly Fault[]> {
    return lackingRights(await this.#works.admin[side].session(), this.#works.context.spec, side);
  }

  refusedStatements(side: MoveSide): Promise<readonly RefusedStatement[] | null> {
    return this.#works.fences[side].refusedStatements();
  }

  async raiseAutoIncrement(options: RaiseIdsOptions = {}): Promise<void> {
    await this.#works.assertEpoch();
    const { room = 0, patienceMs = 30_000 } = options;
    const signal = this.#works.context.signal(options.signal);
    const sessions = {
      source: await this.#works.admin.source.session(),
      target: await this.#works.admin.target.session(),
    };
    await raiseAutoIncrement(this.#works.context, sessions, this.#works.targetAlone, {
      room,
      patienceMs,
      signal,
    });
  }

  async checkAutoIncrement(): Promise<void> {
    const { source, target } = this.#works.admin;
    await assertAutoIncrement(this.spec, await source.session(), await target.session());
  }

  async close({ atOnce = false, because }: CloseOptions = {}): Promise<void> {
    this.#works.context.closing.abort(moveClosed(because));
    // What waits for a server that does not answer fails now.
    if (atOnce) this.#works.context.closeLinks();
    await this.#copyRun.ended();
    await this.#applier?.stop();
    await this.#works.capture.close();
    this.releaseTables();
    this.#works.context.closeLinks();
  }
}
