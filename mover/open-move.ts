import { BanyanError } from '../common/errors.ts';
import { noStopPoints } from '../common/stop-points.ts';
import { BackgroundApplier } from './apply/background-applier.ts';
import { LastApplied } from './apply/last-applied.ts';
import { PartApplier } from './apply/part-applier.ts';
import { newTableProgress } from './bookkeeping/table-progress.ts';
import { VerifiedBooks } from './bookkeeping/verified-books.ts';
import type { Capture, CaptureState } from './capture/capture.ts';
import type { ChangeLog } from './capture/change-log.ts';
import { makeCapture } from './capture/make-capture.ts';
import { copyDifferences, hasMostRows } from './copy/copy-differences.ts';
import { copyTables } from './copy/copy-tables.ts';
import { DeferredIndexes } from './copy/deferred-indexes.ts';
import { ChunkOffers } from './copy/offers/chunk-offers.ts';
import { RangesInFlight } from './copy/ranges-in-flight.ts';
import type { Restored } from './counts/restored.ts';
import { Fence } from './fence/fence.ts';
import { assertAutoIncrement, raiseAutoIncrement } from './fence/raise-auto-increment.ts';
import type { RefusedStatement, RefusedWrites } from './fence/refusals.ts';
import type {
  Applier,
  Backlog,
  ClearOptions,
  CopiedTable,
  CopyOptions,
  CopyPace,
  FenceOptions,
  FenceStanding,
  Move,
  MoveLogger,
  MoveSide,
  OpenMoveOptions,
  RaiseIdsOptions,
  RepairOptions,
  RepairReport,
  RestoreIndexesOptions,
  TakeBackOptions,
  TakeBackReport,
  Verified,
  VerifyOptions,
  VerifyReport,
  WorkOptions,
} from './move.ts';
import { MoveContext } from './move-context.ts';
import type { MovePart } from './move-part.ts';
import { type MoveSpec, sideTables } from './move-spec.ts';
import { readTablePlan } from './plan/read-table-plan.ts';
import type { TablePlan } from './plan/table-plan.ts';
import { repairTables } from './repair/repair-tables.ts';
import { type ForeignKey, readOwnForeignKeys } from './shape/foreign-key.ts';
import type { Link } from './sql/link.ts';
import type { AloneLinks } from './sql/run-alone.ts';
import type { Session } from './sql/session.ts';
import { takeBack } from './take-back/take-back.ts';
import type { ThrottleSettings } from './throttle/pace.ts';
import { watchLoad } from './throttle/watch-load.ts';
import { defaultTuning } from './tuning.ts';
import { readVerified } from './verify/read-verified.ts';
import { verifyLastApplied } from './verify/verify-last-applied.ts';
import { verifyTables } from './verify/verify-tables.ts';
import { PairWatch } from './watch/pair-watch.ts';
import { assertNonePrepared } from './watch/prepared-transactions.ts';
import { endGuardOfPredecessor, TableGuard } from './watch/table-guard.ts';
import { forgetNumbers } from './watch/table-identity.ts';
import { TargetRecord } from './watch/target-record.ts';

/** The row of a closed fence is locked only for the length of a mover's own transactions: a chunk of a copy, at most. */
const openPatienceMs = 10_000;

const silent: MoveLogger = { info() {}, warn() {} };

/**
 * Opens one feature's move in one direction. Nothing runs and nothing is changed yet but for the bookkeeping tables.
 *
 * @throws BanyanError BANYAN_MOVE_SUPERSEDED, BANYAN_TABLE_UNMOVABLE, BANYAN_DATABASE_REFUSED
 */
export async function openMove(spec: MoveSpec, options: OpenMoveOptions): Promise<Move> {
  const context = new MoveContext({
    spec,
    epoch: options.epoch,
    points: options.points ?? noStopPoints,
    logger: options.logger ?? silent,
    tuning: { ...defaultTuning, ...options.tuning },
  });
  const links = { source: context.sourceLink(), target: context.targetLink() };
  try {
    const source = await links.source.session();
    const target = await links.target.session();
    await context.books.ensureTables(target);
    await context.books.guard(target, options.epoch);
    await endGuardOfPredecessor(source, spec, 'source');
    await endGuardOfPredecessor(target, spec, 'target');
    await new TargetRecord(context).ensureTable(target);
    await new VerifiedBooks(context).ensureTables(target);
    await context.counts.ensure();
    const plans: TablePlan[] = [];
    for (const table of spec.tables) plans.push(await readTablePlan(source, target, spec, table));
    const foreignKeys = await readOwnForeignKeys(source, spec.source.database);
    return new OpenMove(context, plans, links, new PairWatch(spec, plans), foreignKeys);
  } catch (error) {
    context.closeLinks();
    throw error;
  }
}

class OpenMove implements Move {
  readonly spec: MoveSpec;
  readonly epoch: number;
  readonly #context: MoveContext;
  readonly #plans: readonly TablePlan[];
  readonly #parts: readonly MovePart[];
  readonly #admin: { readonly source: Link; readonly target: Link };
  readonly #targetAlone: AloneLinks;
  readonly #capture: Capture;
  readonly #pair: PairWatch;
  readonly #targetRecord: TargetRecord;
  readonly #deferred: DeferredIndexes;
  #guards: readonly TableGuard[] = [];
  /** For what is looked at while clients are held: open as long as the guards are. */
  #ready: readonly Link[] = [];
  readonly #fences: Readonly<Record<MoveSide, Fence>>;
  #applier: BackgroundApplier | null = null;
  #copying: Promise<void> | null = null;
  #offers: ChunkOffers | null = null;

  constructor(
    context: MoveContext,
    plans: readonly TablePlan[],
    admin: { readonly source: Link; readonly target: Link },
    pair: PairWatch,
    foreignKeys: readonly ForeignKey[],
  ) {
    this.spec = context.spec;
    this.epoch = context.epoch;
    this.#context = context;
    this.#plans = plans;
    this.#admin = admin;
    this.#targetAlone = { work: context.targetLink(), kill: context.targetLink() };
    const bySource = [...Map.groupBy(plans, (plan) => plan.source.table).values()];
    this.#capture = makeCapture(
      context,
      bySource.flatMap(([plan]) => (plan ? [plan.source] : [])),
      foreignKeys,
    );
    this.#parts = bySource.map((group, index) => ({
      plans: group,
      log: this.#capture.logs[index] as ChangeLog,
      ranges: new RangesInFlight(),
      last: new LastApplied(context.tuning.verifyLastApplied),
    }));
    this.#pair = pair;
    this.#targetRecord = new TargetRecord(context);
    this.#deferred = new DeferredIndexes(context);
    const assertEpoch = () => this.#assertEpoch();
    this.#fences = {
      source: new Fence(
        context,
        'source',
        { work: context.sourceLink(), kill: context.sourceLink(), look: admin.source },
        assertEpoch,
      ),
      target: new Fence(context, 'target', { ...this.#targetAlone, look: admin.target }, assertEpoch),
    };
  }

  async installCapture(options: WorkOptions = {}): Promise<void> {
    await this.#assertEpoch();
    await this.#capture.install(this.#context.signal(options.signal));
  }

  async dropCapture(options: WorkOptions = {}): Promise<void> {
    await this.#assertEpoch();
    // From here on changes go unnoticed: a copy that was made so far counts for nothing, also after a crash.
    await this.restartCopy();
    await this.#capture.drop(this.#context.signal(options.signal));
  }

  async renewCapture(options: WorkOptions = {}): Promise<void> {
    await this.#assertEpoch();
    await this.#capture.renew(this.#context.signal(options.signal));
  }

  captureState(): Promise<CaptureState> {
    return this.#capture.state();
  }

  async checkFingerprint(): Promise<void> {
    await this.#capture.check();
  }

  async adoptTarget(): Promise<void> {
    await this.forgetVerified();
    await this.#targetRecord.adopt(await this.#admin.target.session());
  }

  async targetChanged(): Promise<readonly string[]> {
    return this.#targetRecord.changed(await this.#admin.target.session());
  }

  async checkTarget(): Promise<void> {
    await this.#targetRecord.check(await this.#admin.target.session());
  }

  checkRestored(): Promise<void> {
    return this.#context.counts.check();
  }

  restored(): Promise<Restored | null> {
    return this.#context.counts.restored();
  }

  async acceptRestored(side: MoveSide): Promise<void> {
    await this.#assertEpoch();
    await this.#context.counts.accept(side);
  }

  takeBack(options: TakeBackOptions): Promise<TakeBackReport> {
    const context = this.#context;
    return context.withBothSides(async (source, target) => {
      const restored = await this.restored();
      const logged = (await this.#capture.state()) === 'complete';
      const writtenAfter = restored?.side === 'source' && logged ? restored.knownUntil : null;
      const signal = context.signal(options.signal);
      return takeBack({ ...options, context, parts: this.#parts, source, target, signal, writtenAfter });
    });
  }

  async checkPrepared(): Promise<void> {
    const sides = ['source', 'target'] as const;
    await Promise.all(
      sides.map(async (side) => assertNonePrepared(await this.#admin[side].session(), this.spec[side])),
    );
  }

  async guardTables(): Promise<void> {
    this.releaseTables();
    const guards: TableGuard[] = [];
    this.#guards = guards;
    try {
      for (const side of ['source', 'target'] as const) {
        guards.push(await TableGuard.open(this.spec, side, sideTables(this.spec, side)));
      }
      this.#ready = [this.#context.sourceLink(), this.#context.targetLink()];
      for (const link of this.#ready) await link.session();
      const source = await this.#admin.source.session();
      const target = await this.#admin.target.session();
      for (const session of [source, target]) forgetNumbers(session);
      await this.#checkTables(source, target);
      await this.#fences.source.assertPrepared();
      await this.#fences.target.assertClosed();
    } catch (error) {
      this.releaseTables();
      throw error;
    }
  }

  async assertGuarded(): Promise<void> {
    await Promise.all([...this.#guards.map((guard) => guard.assertOpen()), this.checkPrepared()]);
  }

  releaseTables(): void {
    for (const one of [...this.#guards, ...this.#ready]) one.close();
    this.#guards = [];
    this.#ready = [];
  }

  async copy(options: CopyOptions = {}): Promise<void> {
    if (this.#copying) {
      throw new BanyanError(
        'BANYAN_COPY_RUNNING',
        `move ${this.spec.id} is being copied by this process already`,
        {
          fix: 'Wait for the copy that runs, or stop it first.',
        },
      );
    }
    this.#copying = this.#copy(options);
    try {
      await this.#copying;
    } finally {
      this.#copying = null;
    }
  }

  async #copy(options: CopyOptions): Promise<void> {
    const context = this.#context;
    await context.counts.check();
    await this.#capture.check();
    const differencesOnly = await context.withBothSides(async (source, target) => {
      await this.#pair.check(source, target);
      if (await context.books.hasProgress(target)) await this.checkTarget();
      else {
        const again = options.again === true && (await hasMostRows(context, source, target));
        if (context.spec.deferIndexes && !again) {
          await this.#deferred.drop(target, context.signal(options.signal));
        }
        await this.adoptTarget();
        return again;
      }
      return false;
    });
    const offers = new ChunkOffers(context);
    await offers.ensureTables();
    const ended = new AbortController();
    const signal = context.signal(options.signal);
    const watching = watchLoad({
      context,
      backlog: async () => (await this.backlog()).entries,
      signal: AbortSignal.any([signal, ended.signal]),
    });
    this.#offers = offers;
    const offering = offers.watch(AbortSignal.any([signal, ended.signal]));
    const work = {
      context,
      offers,
      parts: this.#parts,
      signal: AbortSignal.any([signal, ended.signal]),
      onProgress: options.onProgress ?? (() => {}),
    };
    const copying = differencesOnly
      ? context.withBothSides((source, target) => copyDifferences({ ...work, source, target }))
      : copyTables(work);
    try {
      // A throttle that cannot look is no throttle, and a mover that nobody looks after has a chunk for ever.
      await Promise.race([copying, ...[watching, offering].map((one) => one.then(() => copying))]);
      const { onIndexes } = options;
      await this.restoreIndexes({ signal, ...(onIndexes && { onIndexes }) });
    } finally {
      ended.abort();
      this.#offers = null;
      await Promise.allSettled([watching, offering, copying]);
      await offers.end();
    }
  }

  restoreIndexes(options: RestoreIndexesOptions = {}): Promise<void> {
    const signal = this.#context.signal(options.signal);
    return this.#context.withBothSides((_, target) => this.#deferred.make(target, signal, options.onIndexes));
  }

  throttle(settings: ThrottleSettings): void {
    this.#context.pace.ask(settings);
  }

  pace(): CopyPace {
    return { ...this.#context.pace.now, movers: this.#offers?.movers ?? [] };
  }

  async copied(): Promise<boolean> {
    const session = await this.#admin.target.session();
    for (const { name } of this.#plans) {
      if ((await this.#context.books.readProgress(session, name)).state !== 'copied') return false;
    }
    return true;
  }

  async copiedTables(): Promise<readonly CopiedTable[]> {
    const known = await this.#context.books.readAllProgress(await this.#admin.target.session());
    return this.#plans.map(({ name }) => {
      const { state, rowsDone, bytesDone } = known.get(name) ?? newTableProgress;
      return { table: name, complete: state === 'copied', rows: rowsDone, bytes: bytesDone };
    });
  }

  async restartCopy(): Promise<void> {
    const target = this.#context.targetLink();
    try {
      const session = await target.session();
      await this.#context.books.forgetProgress(session, this.epoch);
      // Whatever the tables are now, the copy that comes finds them so.
      await this.#targetRecord.forget(session);
      await new VerifiedBooks(this.#context).forget(session);
    } finally {
      target.close();
    }
  }

  startApplying(): Applier {
    if (this.#applier?.running) return this.#applier;
    const context = this.#context;
    this.#applier = new BackgroundApplier({
      context,
      capture: this.#capture,
      parts: this.#parts.map((part) => new PartApplier(context, part)),
      backlog: () => this.backlog(),
      check: (source, target) => this.#checkTables(source, target),
      beat: () => this.#beat(),
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
        this.#context.counts.check(),
        this.#capture.check(source),
        this.#pair.check(source, target),
        this.#targetRecord.check(target),
      ]);
    } catch (error) {
      // First: what was restored is not what it was in other ways too, and this says why.
      await this.#context.counts.check();
      await this.#capture.check(source);
      throw error;
    }
  }

  /** So that a server which was restored is noticed where nothing is carried over, and it is known since when. */
  async #beat(): Promise<void> {
    await this.#context.counts.beforeLanding();
    await this.#context.counts.beforeForgetting();
  }

  async backlog(): Promise<Backlog> {
    const session = await this.#admin.source.session();
    let entries = 0;
    let oldestMs = 0;
    for (const { log } of this.#parts) {
      const one = await log.backlog(session);
      entries += one.entries;
      oldestMs = Math.max(oldestMs, one.oldestMs);
    }
    return { entries, oldestMs };
  }

  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    const context = this.#context;
    return context.withBothSides(async (source, target) => {
      await context.counts.check();
      await this.#pair.check(source, target);
      return verifyTables({
        context,
        parts: this.#parts,
        source,
        target,
        backlog: async () => (await this.backlog()).entries,
        ...options,
        signal: context.signal(options.signal),
      });
    });
  }

  async verified(): Promise<Verified> {
    return readVerified(this.#context, this.#plans, await this.#admin.target.session());
  }

  async forgetVerified(): Promise<void> {
    await new VerifiedBooks(this.#context).forget(await this.#admin.target.session());
  }

  repair(options: RepairOptions = {}): Promise<RepairReport> {
    const context = this.#context;
    return context.withBothSides(async (source, target) => {
      await context.counts.check();
      await this.#pair.check(source, target);
      const signal = context.signal(options.signal);
      return repairTables({ ...options, context, parts: this.#parts, source, target, signal });
    });
  }

  verifyLastApplied(options: WorkOptions = {}): Promise<VerifyReport> {
    const context = this.#context;
    const signal = context.signal(options.signal);
    const look = (source: Session, target: Session) =>
      verifyLastApplied({ context, parts: this.#parts, source, target, signal });
    const [source, target] = this.#ready;
    if (source === undefined || target === undefined) return context.withBothSides(look);
    return Promise.all([source.session(), target.session()]).then((sessions) => look(...sessions));
  }

  async prepareFence(side: MoveSide, options: FenceOptions): Promise<void> {
    await this.#fences[side].prepare({ ...options, signal: this.#context.signal(options.signal) });
  }

  async fence(side: MoveSide, options: FenceOptions): Promise<void> {
    await this.#fences[side].close({ ...options, signal: this.#context.signal(options.signal) });
  }

  async openFence(side: MoveSide, options: WorkOptions = {}): Promise<void> {
    await this.#fences[side].open({
      lockTimeoutMs: openPatienceMs,
      signal: this.#context.signal(options.signal),
    });
  }

  clearFence(side: MoveSide, options: ClearOptions = {}): Promise<readonly string[]> {
    return this.#fences[side].clear({ ...options, signal: this.#context.signal(options.signal) });
  }

  async fenceState(): Promise<{ readonly source: FenceStanding; readonly target: FenceStanding }> {
    return { source: await this.#fences.source.standing(), target: await this.#fences.target.standing() };
  }

  refused(side: MoveSide): Promise<RefusedWrites> {
    return this.#fences[side].refused();
  }

  refusedStatements(side: MoveSide): Promise<readonly RefusedStatement[] | null> {
    return this.#fences[side].refusedStatements();
  }

  async raiseAutoIncrement(options: RaiseIdsOptions = {}): Promise<void> {
    await this.#assertEpoch();
    const { room = 0, patienceMs = 30_000 } = options;
    const signal = this.#context.signal(options.signal);
    const sessions = {
      source: await this.#admin.source.session(),
      target: await this.#admin.target.session(),
    };
    await raiseAutoIncrement(this.#context, sessions, this.#targetAlone, { room, patienceMs, signal });
  }

  async checkAutoIncrement(): Promise<void> {
    const { source, target } = this.#admin;
    await assertAutoIncrement(this.spec, await source.session(), await target.session());
  }

  async close(): Promise<void> {
    this.#context.closing.abort(
      new BanyanError('BANYAN_MOVE_CLOSED', 'the move was closed while it worked', {
        fix: 'Open the move again; it resumes where it was.',
      }),
    );
    await this.#copying?.catch(() => undefined);
    await this.#applier?.stop();
    await this.#capture.close();
    this.releaseTables();
    this.#context.closeLinks();
  }

  async #assertEpoch(): Promise<void> {
    await this.#context.books.guard(await this.#admin.target.session(), this.epoch);
  }
}
