import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import type { ReplicaReport, StateLink, StateReply } from '../../../router/replica/state-link.ts';
import type { RouteTable } from '../../../router/table/route-table.ts';
import { noteHoldCost } from '../hold-costs.ts';
import type { ReplicaConfig } from '../replicas.ts';
import { calmMs, countMs, hurryMs, standsMs } from './fleet.ts';
import { LinkConnection } from './link-connection.ts';
import { StandingReport, type Told } from './standing-report.ts';

export interface MysqlStateLinkOptions {
  readonly state: DatabaseEndpoint;
  /** How long a replica may go on by what it knows, counted by it from the moment it sent a beat. */
  readonly leaseMs: number;
  /** What it is; default: a router. */
  readonly kind?: 'seam';
  /** How long the number of replicas is taken for what it was, milliseconds, of a fleet of at most 50: of 1,000 it is 20 times that. Default 5,000. */
  readonly countEveryMs?: number;
  /** By which config the router goes at this moment; left out: it does not say. */
  readonly config?: () => ReplicaConfig | null;
  /** Told how often all routers were asked to read their config again: with the first answer, and whenever it is more. */
  readonly onReload?: (times: number) => void;
  /** Milliseconds of a clock that only goes forward; default: this process's. */
  readonly now?: () => number;
}

/** The content only where it is news. */
const tableSql = `
  SELECT version, written_at, reload, IF(version <> ?, content, NULL) AS content,
    hurry_until > NOW(3) AS hurrying, counts_until > NOW(3) AS counting
  FROM state_route_table WHERE id = 1`;

const countSql = 'SELECT COUNT(*) AS live FROM state_replicas WHERE lease_until > NOW(3)';

const countsSql = `
  INSERT INTO state_counts (replica, feature, shadow, traffic, at) VALUES (?, ?, ?, ?, NOW(3))
  ON DUPLICATE KEY UPDATE shadow = COALESCE(VALUES(shadow), shadow), traffic = VALUES(traffic), at = VALUES(at)`;

const currentSql = 'SELECT feature, TIMESTAMPDIFF(MICROSECOND, at, NOW(3)) AS ago FROM state_current';

/** A router's link to the state store, over one connection of its own. */
export class MysqlStateLink implements StateLink {
  readonly #options: MysqlStateLinkOptions;
  readonly #connection: LinkConnection;
  readonly #standing: StandingReport;
  readonly #now: () => number;
  #replicas = 1;
  #countedAt = Number.NEGATIVE_INFINITY;
  #counted = 0;
  /** When the last look at the route table was sent that found no newer one. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The version of the route table that was seen last. */
  #newest: number | null = null;
  #told: Told = { reload: null, hurrying: false, counting: false };

  constructor(options: MysqlStateLinkOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#connection = new LinkConnection(options.state);
    this.#standing = new StandingReport(options.leaseMs, options.kind ?? 'router');
  }

  /** What it has reported need not be read back, so a report of a table that it has just read is one statement. */
  async beat(report: ReplicaReport, signal: AbortSignal): Promise<StateReply> {
    try {
      return await this.#connection.use(signal, (connection) => this.#beat(connection, report));
    } catch (error) {
      // Another server may answer next, or one that was restored: everything is said again.
      this.#standing.forget();
      throw error;
    }
  }

  async #beat(connection: Connection, report: ReplicaReport): Promise<StateReply> {
    const at = this.#now();
    const table = await this.#renew(connection, report, at);
    for (const { feature, shadow, traffic } of report.counted ?? []) {
      await connection.query(countsSql, [report.replica, feature, print(shadow), print(traffic)]);
    }
    for (const cost of report.holds ?? []) await noteHoldCost(connection, report.replica, cost);
    await this.#count(connection);
    return {
      ...this.#reply(at),
      ...(report.asksCurrent ? { currentAgoMs: await currentAgo(connection) } : {}),
      ...(table !== null && { table }),
    };
  }

  /** Sees to it that the report stands, and looks for a newer route table where the lease needs it. Null: there is none, or nobody looked. */
  async #renew(connection: Connection, report: ReplicaReport, at: number): Promise<RouteTable | null> {
    const before = this.#leaseLeftMs(at);
    const config = this.#options.config?.() ?? null;
    const standing = { at, config, told: this.#told, standsMs: this.#standsMs(report) };
    const renewed = await this.#standing.report(connection, report, standing);
    if (renewed.looked) this.#lookedAt = at;
    // A barrier that did not wait for this replica may have ended before its report arrived: it must not go on by that before it has looked.
    const lapsed = this.#now() - at >= before;
    if (!renewed.look && (renewed.looked || !lapsed)) return null;
    const table = await this.#look(connection, report.version);
    if (table !== null) return table;
    if (!renewed.refused) {
      this.#lookedAt = at;
      return null;
    }
    // There was no newer table that kept the report from being renewed: its row is not what it was, or is gone.
    this.#standing.forget();
    return this.#renew(connection, report, at);
  }

  /** One that drains, or refuses a newer table, says so again and again: a barrier waits for it. */
  #standsMs({ draining, version }: ReplicaReport): number {
    const { leaseMs } = this.#options;
    const isBehind = this.#newest !== null && this.#newest !== version;
    const often = draining === true || isBehind || !this.#standing.tellsLooks;
    return often ? leaseMs : standsMs(this.#replicas, leaseMs);
  }

  /** How long the lease lasts from `at` on, milliseconds: from the last report, or a look that found no newer table, as long as a report stands. */
  #leaseLeftMs(at: number): number {
    const { agoMs, leftMs } = this.#standing.standsAt(at);
    return Math.min(this.#options.leaseMs + Math.max(this.#lookedAt - at, -agoMs), leftMs);
  }

  #reply(at: number): StateReply {
    const { counting, hurrying } = this.#told;
    const calm = calmMs(this.#replicas, this.#options.leaseMs);
    return {
      leaseMs: this.#leaseLeftMs(at),
      ...(counting ? { asksCounts: true } : {}),
      ...(hurrying ? { hurryMs: hurryMs(this.#replicas) } : {}),
      ...(calm === null ? {} : { calmMs: calm }),
    };
  }

  /** Null: it is the table of `version`. */
  async #look(connection: Connection, version: number): Promise<RouteTable | null> {
    const [[row]] = await connection.query<RowDataPacket[]>(tableSql, [version]);
    const reload = Number(row?.reload ?? 0);
    const asked = reload !== this.#told.reload;
    this.#told = { reload, hurrying: row?.hurrying === 1, counting: row?.counting === 1 };
    if (asked) this.#options.onReload?.(reload);
    if (row !== undefined) this.#newest = Number(row.version);
    if (typeof row?.content !== 'string') return null;
    return {
      version: Number(row.version),
      writtenAt: (row.written_at as Date).toISOString(),
      ...(JSON.parse(row.content) as Pick<RouteTable, 'features' | 'routes'>),
    };
  }

  async #count(connection: Connection): Promise<void> {
    const now = this.#now();
    const every = countMs(this.#replicas, this.#options.countEveryMs ?? 5_000, this.#counted);
    if (now - this.#countedAt < every) return;
    this.#countedAt = now;
    this.#counted += 1;
    const [[row]] = await connection.query<RowDataPacket[]>(countSql);
    this.#replicas = Number(row?.live ?? 1);
  }

  async leave(replica: string): Promise<void> {
    this.#standing.forget();
    await this.#connection.use(AbortSignal.timeout(this.#options.leaseMs), (connection) =>
      connection.query('DELETE FROM state_replicas WHERE replica = ?', [replica]),
    );
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

async function currentAgo(connection: Connection): Promise<Record<string, number>> {
  const [rows] = await connection.query<RowDataPacket[]>(currentSql);
  return Object.fromEntries(rows.map(({ feature, ago }) => [feature, Number(ago) / 1_000]));
}

function print(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
