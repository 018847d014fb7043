import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import type { ReplicaReport, StateLink, StateReply } from '../../../router/replica/state-link.ts';
import type { RouteTable } from '../../../router/table/route-table.ts';
import { noteHoldCost } from '../hold-costs.ts';
import type { ReplicaConfig } from '../replicas.ts';
import { calmMs, countMs, hurryMs } from './fleet.ts';
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
  #told: Told = { reload: null, hurrying: false, counting: false };

  constructor(options: MysqlStateLinkOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#connection = new LinkConnection(options.state);
    this.#standing = new StandingReport(options.leaseMs, options.kind ?? 'router', this.#now);
  }

  /**
   * The route table is read after the report is written wherever the lease may have been over: a barrier that did not wait for this
   * replica may have ended by then. Where it was not, every barrier waits until this replica has reported that table's version.
   */
  beat(report: ReplicaReport, signal: AbortSignal): Promise<StateReply> {
    return this.#connection.use(signal, async (connection) => {
      const config = this.#options.config?.() ?? null;
      const { agoMs, look } = await this.#standing.report(connection, report, { config, told: this.#told });
      for (const { feature, shadow, traffic } of report.counted ?? []) {
        await connection.query(countsSql, [report.replica, feature, print(shadow), print(traffic)]);
      }
      for (const cost of report.holds ?? []) await noteHoldCost(connection, report.replica, cost);
      const table = look ? await this.#look(connection, report.version) : null;
      await this.#count(connection);
      return {
        ...this.#reply(agoMs),
        ...(report.asksCurrent ? { currentAgoMs: await currentAgo(connection) } : {}),
        ...(table !== null && { table }),
      };
    });
  }

  #reply(agoMs: number): StateReply {
    const { leaseMs } = this.#options;
    const { counting, hurrying } = this.#told;
    const calm = calmMs(this.#replicas, leaseMs);
    return {
      leaseMs: leaseMs - agoMs,
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
    if (typeof row?.content !== 'string') return null;
    return {
      version: Number(row.version),
      writtenAt: (row.written_at as Date).toISOString(),
      ...(JSON.parse(row.content) as Pick<RouteTable, 'features' | 'routes'>),
    };
  }

  async #count(connection: Connection): Promise<void> {
    const now = this.#now();
    if (now - this.#countedAt < countMs(this.#replicas, this.#options.countEveryMs ?? 5_000)) return;
    this.#countedAt = now;
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
