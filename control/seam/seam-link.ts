import { hostname } from 'node:os';
import { destination, type Logger, pino } from 'pino';
import type { Registry } from 'prom-client';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { noStopPoints, type StopPoints } from '../../common/stop-points.ts';
import { HoldQueue } from '../../router/hold/hold-queue.ts';
import { WritesInFlight } from '../../router/hold/writes-in-flight.ts';
import { firstTable } from '../../router/life/create-core.ts';
import { failureDefaults } from '../../router/life/router-options.ts';
import { LiveTable } from '../../router/replica/live-table.ts';
import type { StateLink } from '../../router/replica/state-link.ts';
import { DataCurrency } from '../../router/shadow/data-currency.ts';
import { defaultPolicy } from '../../router/table/failure-policy.ts';
import { MysqlStateLink } from '../store/state-link/mysql-state-link.ts';
import { type SeamMetrics, seamMetrics } from './seam-metrics.ts';

export interface SeamLinkOptions {
  /** Banyan's schema: `state.schema` of the config on the server that `state.database` names. */
  readonly state: DatabaseEndpoint;
  /** `control.replicaLeaseMs` of the config, where it is another than its default of 2,000. */
  readonly leaseMs?: number;
  /** How long a call may wait for a handover, milliseconds. Default 15,000. */
  readonly holdMs?: number;
  /** Calls that may wait at a time. Default 10,000. */
  readonly maxHeld?: number;
  /** The last route table, to start by when the state store is away. Left out: then there is no start without the store. */
  readonly snapshotFile?: string;
  /** How long a start waits for the store, milliseconds. Default 15,000. */
  readonly startTimeoutMs?: number;
  /** Default: warnings and errors, to stderr. */
  readonly logger?: Logger;
  /** Where calls are counted: `banyan_seam_…`. */
  readonly metrics?: Registry;
  /** For tests. */
  readonly points?: StopPoints;
  /** For tests: instead of one to `state`. */
  readonly link?: StateLink;
}

const beatMs = 100;
const beatTimeoutMs = 2_000;

/**
 * A process's link to the state store for its seams: it follows the route table as a router does, holds its calls while a feature changes
 * hands, and handovers wait for the calls that it has under way.
 */
export class SeamLink {
  /** The name under which it beats the state store. */
  readonly replica = `seam:${hostname()}:${process.pid}:${Math.random().toString(36).slice(2, 10)}`;
  readonly table: LiveTable;
  readonly holds: HoldQueue;
  readonly writes: WritesInFlight;
  readonly metrics: SeamMetrics | null;
  readonly points: StopPoints;
  readonly logger: Logger;
  readonly holdMs: number;
  /** Until when legacy's tables hold what was written to features that have left. */
  readonly currency = new DataCurrency();
  /** True where somebody waits for that. */
  asksCurrent = false;
  readonly #features = new Set<string>();
  readonly #link: StateLink;
  #calls = 0;
  #idle: (() => void) | null = null;
  #closing: Promise<void> | null = null;

  private constructor(options: SeamLinkOptions) {
    const { state, leaseMs = 2_000, holdMs = 15_000, maxHeld = 10_000, snapshotFile = null } = options;
    this.logger = options.logger ?? pino({ level: 'warn' }, destination(2));
    this.points = options.points ?? noStopPoints;
    this.metrics = seamMetrics(options.metrics);
    this.holdMs = holdMs;
    this.holds = new HoldQueue({ maxRequests: maxHeld, maxBytes: Number.MAX_SAFE_INTEGER, maxMs: holdMs });
    this.writes = new WritesInFlight(() => this.table.hurryIfHolding());
    this.#link = options.link ?? new MysqlStateLink({ state, leaseMs, kind: 'seam' });
    this.table = new LiveTable({
      ...{ link: this.#link, replica: this.replica, host: hostname(), snapshotFile, beatMs, beatTimeoutMs },
      services: () => [...this.#features],
      points: this.points,
      logger: this.logger,
      // No request goes by it.
      policy: defaultPolicy(failureDefaults()),
      writesInFlight: (feature) => this.writes.count(feature),
      onChange: () => this.holds.releaseAll(),
      asksCurrent: () => this.asksCurrent,
      onCurrent: (ago, sentAt) => this.currency.note(ago, sentAt),
    });
  }

  /**
   * @throws BanyanError `BANYAN_ROUTER_NO_TABLE`: the state store does not answer, and there is no snapshot
   */
  static async open(options: SeamLinkOptions): Promise<SeamLink> {
    const link = new SeamLink(options);
    const { snapshotFile = null, startTimeoutMs = 15_000 } = options;
    try {
      await firstTable({
        options: { snapshotFile, startTimeoutMs, beatMs, logger: link.logger },
        table: link.table,
      });
    } catch (error) {
      await link.table.stop();
      await link.#link.close();
      throw error;
    }
    link.table.start();
    return link;
  }

  get closed(): boolean {
    return this.#closing !== null;
  }

  /** Tells the store whose seams this process has. */
  has(feature: string): void {
    this.#features.add(feature);
  }

  /** Counts a call for `close`; the function ends it. */
  begin(): () => void {
    this.#calls += 1;
    return () => {
      this.#calls -= 1;
      if (this.#calls === 0) this.#idle?.();
    };
  }

  /** Waits for the calls under way and gives the lease back, so that no handover waits for this process. Later calls reject. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#calls > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    this.currency.stop();
    await this.table.stop();
    await this.#link.close();
  }
}

/** @throws BanyanError `BANYAN_ROUTER_NO_TABLE` */
export function openSeams(options: SeamLinkOptions): Promise<SeamLink> {
  return SeamLink.open(options);
}
