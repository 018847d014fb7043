import type { Logger } from 'pino';
import { describeError } from '../../common/errors.ts';
import type { StopPoints } from '../../common/stop-points.ts';
import type { HoldCosts } from '../hold/hold-costs.ts';
import { type CompiledTable, compileTable } from '../table/compiled-table.ts';
import type { FailurePolicy } from '../table/failure-policy.ts';
import { withCalls } from '../table/route-call.ts';
import { emptyRouteTable, type RouteTable } from '../table/route-table.ts';
import { beatPauseMs } from './beat-pause.ts';
import type { CountsReport } from './counts-report.ts';
import { holdVersions } from './hold-versions.ts';
import { writeSnapshot } from './snapshot-file.ts';
import type { ReplicaReport, StateLink, StateReply } from './state-link.ts';

/** Between two beats while the store does not answer, milliseconds: a fleet that asks a store which is not up to it keeps it down. */
const longestPauseMs = 1_000;

export interface LiveTableOptions {
  readonly link: StateLink;
  readonly replica: string;
  readonly host: string;
  /** Features whose service can be asked. */
  readonly services: () => readonly string[];
  readonly snapshotFile: string | null;
  /** Between the starts of two beats, milliseconds. */
  readonly beatMs: number;
  /** A beat unanswered for so long has failed, milliseconds. */
  readonly beatTimeoutMs: number;
  readonly points: StopPoints;
  readonly logger: Logger;
  /** What routes' own policies are laid over. */
  readonly policy: FailurePolicy;
  /** Writes of a feature that were decided and have not ended. */
  readonly writesInFlight: (feature: string) => number;
  /** A new table is in force, or the lease came back: parked requests may decide again. */
  readonly onChange: () => void;
  /** What holds cost clients; left out: it is not reported. */
  readonly holdCosts?: HoldCosts | undefined;
  /** What is reported besides; left out: nothing. */
  readonly counts?: CountsReport | undefined;
  /** Whether it is to be told how current the sides are, though nothing is compared. */
  readonly asksCurrent?: (() => boolean) | undefined;
  /** Told how current the sides of shadowed features are; `sentAt` by this process's monotonic clock. */
  readonly onCurrent?: ((currentAgoMs: Readonly<Record<string, number>>, sentAt: number) => void) | undefined;
  readonly now?: () => number;
}

/**
 * The route table in force and the right to rely on it. Beats the state store, keeps the lease by this process's
 * monotonic clock (counted from the moment a beat was *sent*, so the store's grant always outlasts it), puts new tables
 * in force in one assignment, and reports which holds are drained.
 */
export class LiveTable {
  readonly #options: LiveTableOptions;
  readonly #now: () => number;
  readonly #stopping = new AbortController();
  #current: CompiledTable = compileTable(emptyRouteTable);
  #holds: Record<string, number> = {};
  #leaseUntil = Number.NEGATIVE_INFINITY;
  #hurryMs = Number.POSITIVE_INFINITY;
  #calmMs = 0;
  #loop: Promise<void> | null = null;
  #wake: (() => void) | null = null;
  /** Ends the beat under way. */
  #giveUp: (() => void) | null = null;
  #hurry = false;
  /** When the last beat that failed was sent. */
  #failedSince = Number.NEGATIVE_INFINITY;
  #refused = -1;
  #failing = false;
  /** Beats in a row without an answer. */
  #failures = 0;
  #lastReplyAt = Number.NEGATIVE_INFINITY;
  #saving: Promise<void> = Promise.resolve();
  /** Who waits for a beat that begins after they asked. */
  #asking: ((answered: boolean) => void)[] = [];

  constructor(options: LiveTableOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  get current(): CompiledTable {
    return this.#current;
  }

  /** False when the store may by now believe that this replica is gone. */
  get leaseValid(): boolean {
    return this.#now() < this.#leaseUntil;
  }

  /**
   * True while the lease is gone and nobody has asked the store since: this process was stopped for long and has just
   * woken up, or starts. A table from before may be wrong in everything, so writes wait for one beat. A store that is
   * known to be away changes nothing: then the last table is all there is.
   */
  get mayBeOutdated(): boolean {
    return !this.leaseValid && this.#failedSince < this.#leaseUntil;
  }

  /** Milliseconds since the store last answered; Infinity before it ever did. */
  get ageMs(): number {
    return this.#now() - this.#lastReplyAt;
  }

  /** Puts a table in force without a lease: the snapshot, at a start. */
  restore(table: RouteTable): void {
    this.#install(table);
  }

  /** One beat; true when the store answered. */
  async beat(): Promise<boolean> {
    const asking = this.#asking.splice(0);
    const answered = await this.#beat();
    for (const resolve of asking) resolve(answered);
    return answered;
  }

  /** Asks the store now; true once it has answered a beat that began after this. */
  askAgain(): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#stopping.signal.aborted) return resolve(false);
      this.#asking.push(resolve);
      this.hurry();
    });
  }

  async #beat(): Promise<boolean> {
    const sentAt = this.#now();
    const hadLease = this.leaseValid;
    const report = this.#report();
    try {
      const reply = await this.#tell(report);
      this.#leaseUntil = sentAt + reply.leaseMs;
      this.#lastReplyAt = this.#now();
      this.#hurryMs = reply.hurryMs ?? Number.POSITIVE_INFINITY;
      this.#calmMs = reply.calmMs ?? 0;
      this.#options.counts?.asked(reply.asksCounts === true);
      if (report.holds !== undefined) this.#options.holdCosts?.told(report.holds);
      if (this.#failing) this.#options.logger.info('the state store answers again');
      this.#failing = false;
      this.#failures = 0;
      if (reply.currentAgoMs !== undefined) this.#options.onCurrent?.(reply.currentAgoMs, sentAt);
      if (reply.table !== undefined && reply.table.version !== this.#current.version) {
        await this.#take(withCalls(reply.table));
      } else if (!hadLease) this.#options.onChange();
      return true;
    } catch (error) {
      if (!this.#failing && !this.#stopping.signal.aborted) {
        this.#options.logger.warn({ error: (error as Error).message }, 'the state store does not answer');
      }
      this.#failing = true;
      this.#failures += 1;
      if (report.counted !== undefined) this.#options.counts?.failed();
      const wasOutdated = this.mayBeOutdated;
      this.#failedSince = sentAt;
      // Who waited to hear whether the table still holds hears that nobody can tell.
      if (wasOutdated && !this.mayBeOutdated) this.#options.onChange();
      return false;
    }
  }

  /** Rejects when there is no answer in time, or at a stop. A link that forgets the signal must not stop the beats: a late answer counts for nothing. */
  async #tell(report: ReplicaReport): Promise<StateReply> {
    const { link, beatTimeoutMs } = this.#options;
    const given = new AbortController();
    this.#giveUp = () => given.abort(new Error('the router stops'));
    const timer = setTimeout(
      () => given.abort(new Error(`no answer within ${beatTimeoutMs} ms`)),
      beatTimeoutMs,
    );
    try {
      return await Promise.race([link.beat(report, given.signal), aborted(given.signal)]);
    } finally {
      clearTimeout(timer);
      this.#giveUp = null;
    }
  }

  /** Beats until `stop`. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Tells the store now rather than with the next beat: a hold has drained. */
  hurry(): void {
    this.#hurry = true;
    this.#wake?.();
  }

  /** The last write of some feature ended: if there is a hold, that may be what a cutover waits for. */
  hurryIfHolding(): void {
    for (const _ in this.#holds) {
      this.hurry();
      return;
    }
  }

  /** Ends the beats and gives the lease back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#giveUp?.();
    this.#wake?.();
    await this.#loop;
    for (const resolve of this.#asking.splice(0)) resolve(false);
    await this.#saving;
    await this.#reportLast();
    this.#leaseUntil = Number.NEGATIVE_INFINITY;
    try {
      await this.#options.link.leave(this.#options.replica);
    } catch (error) {
      this.#options.logger.warn(
        { error: (error as Error).message },
        'the lease could not be given back; it runs out by itself',
      );
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const began = this.#now();
      this.#hurry = false;
      await this.beat();
      // Counted from this beat's own start: a hurried beat must not put the one after it off.
      const every = Math.min(Math.max(this.#options.beatMs, this.#calmMs), this.#hurryMs);
      if (!this.#hurry) await this.#pause(Math.max(this.#pauseMs(began, every), this.#respiteMs()));
    }
  }

  #pauseMs(began: number, everyMs: number): number {
    const now = this.#now();
    return beatPauseMs({
      ...{ everyMs, tookMs: now - began, leaseLeftMs: this.#leaseUntil - now },
      ...{ isLargeFleet: this.#calmMs > 0, holds: Object.keys(this.#holds).length > 0 },
    });
  }

  /** Twice as long after each failure; of many routers not all at once. */
  #respiteMs(): number {
    if (this.#failures === 0) return 0;
    const longest = Math.min(longestPauseMs, this.#options.beatMs * 2 ** (this.#failures - 1));
    return longest * (0.5 + Math.random() / 2);
  }

  #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#stopping.signal.aborted) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }

  async #take(table: RouteTable): Promise<void> {
    const { logger, points } = this.#options;
    if (table.version < this.#current.version) {
      logger.warn(
        { from: this.#current.version, to: table.version },
        'the state store went back to an older route table',
      );
    }
    await points.reach('router:before-table', { version: table.version });
    try {
      this.#install(table);
    } catch (error) {
      // Keeping the old table and its version lets control's barrier see that this replica did not follow.
      if (this.#refused !== table.version)
        logger.error({ error: describeError(error) }, 'the route table was refused');
      this.#refused = table.version;
      return;
    }
    this.#save(table);
    this.hurry();
    await points.reach('router:after-table', { version: table.version });
  }

  #install(table: RouteTable): void {
    const next = compileTable(table, this.#current, this.#options.policy);
    this.#holds = holdVersions(this.#holds, this.#current.version, table);
    this.#current = next;
    this.#options.holdCosts?.follow(table.features);
    this.#options.onChange();
  }

  #save(table: RouteTable): void {
    const { snapshotFile, logger } = this.#options;
    if (snapshotFile === null) return;
    this.#saving = this.#saving.then(async () => {
      // A newer table overtook this one while the last was written.
      if (table.version !== this.#current.version) return;
      try {
        await writeSnapshot(snapshotFile, table);
      } catch (error) {
        logger.error({ error: (error as Error).message, snapshotFile }, 'the route table could not be saved');
      }
    });
  }

  #report(last = false): ReplicaReport {
    const { replica, host, services, writesInFlight } = this.#options;
    const drained: Record<string, number> = {};
    for (const [feature, version] of Object.entries(this.#holds)) {
      if (writesInFlight(feature) === 0) drained[feature] = version;
    }
    const draining = Object.keys(drained).length < Object.keys(this.#holds).length;
    const { counts, holdCosts } = this.#options;
    const counted = counts?.due(last);
    const holds = holdCosts?.due(last) ?? [];
    return {
      ...{ replica, host, pid: process.pid, version: this.#current.version, drained, services: services() },
      ...(draining ? { draining } : {}),
      ...(counted === undefined ? {} : { counted }),
      ...(holds.length === 0 ? {} : { holds }),
      ...(counts?.asksCurrent || this.#options.asksCurrent?.() ? { asksCurrent: true } : {}),
    };
  }

  /** What was counted since the last report would be lost with this process. */
  async #reportLast(): Promise<void> {
    const report = this.#report(true);
    if (report.counted === undefined && report.holds === undefined) return;
    const { logger } = this.#options;
    try {
      await this.#tell(report);
    } catch (error) {
      logger.warn({ error: (error as Error).message }, 'the last counts could not be reported');
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
