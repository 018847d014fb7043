import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { noPreparedStatements } from '../../common/no-prepared-statements.ts';
import type { ReplicaReport, StateLink, StateReply } from '../../router/replica/state-link.ts';
import type { RouteTable } from '../../router/table/route-table.ts';
import { noteHoldCost } from './hold-costs.ts';
import type { ReplicaConfig } from './replicas.ts';

export interface MysqlStateLinkOptions {
  readonly state: DatabaseEndpoint;
  /** How long a replica may go on by what it knows, counted by it from the moment it sent a beat. */
  readonly leaseMs: number;
  /** What it is; default: a router. */
  readonly kind?: 'seam';
  /** How long the number of replicas is taken for what it was, milliseconds. Default 5,000. */
  readonly countEveryMs?: number;
  /** By which config the router goes at this moment; left out: it does not say. */
  readonly config?: () => ReplicaConfig | null;
  /** Told how often all routers were asked to read their config again: with the first answer, and whenever it is more. */
  readonly onReload?: (times: number) => void;
}

/**
 * The store waits this much longer than it promised the replica, so that clocks which run at slightly different speeds
 * err on the safe side: the replica stops first.
 */
const leaseMarginMs = 250;

/** Around a handover all replicas together may beat this often, each at most every 10 ms. */
const hurriedBeatsPerSecond = 2_500;
const hurryAtLeastMs = 10;
/** Otherwise all together this often, but each at least four times in its lease; a small fleet as often as it likes. */
const calmBeatsPerSecond = 500;
const beatsInLease = 4;
/**
 * Around a handover a replica that has nothing new to say only looks: each report is a commit of the store's server, which clients
 * wait for too where it is legacy's. So much of a lease may pass between two reports.
 */
const reportsInLease = 8;
const smallFleet = 50;

/** The content only where it is news. */
const tableSql = `
  SELECT version, written_at, reload, IF(version <> ?, content, NULL) AS content,
    hurry_until > NOW(3) AS hurrying, counts_until > NOW(3) AS counting
  FROM state_route_table WHERE id = 1`;

/** A look at every replica's row: with a thousand of them no replica can take it with each beat. */
const countSql = 'SELECT COUNT(*) AS live FROM state_replicas WHERE lease_until > NOW(3)';

const beatSql = `
  INSERT INTO state_replicas (replica, host, pid, version, drained, services, config, beat_at, lease_until)
  VALUES (?, ?, ?, ?, ?, ?, ?, NOW(3), NOW(3) + INTERVAL ? MICROSECOND)
  ON DUPLICATE KEY UPDATE version = VALUES(version), drained = VALUES(drained), services = VALUES(services),
    config = VALUES(config), beat_at = VALUES(beat_at), lease_until = VALUES(lease_until)`;

/** Only where it must be said: a router may be newer than the schema, which control brings up to date. */
const seamBeatSql = beatSql
  .replace('lease_until)', 'lease_until, kind)')
  .replace('MICROSECOND)', "MICROSECOND, 'seam')");

const countsSql = `
  INSERT INTO state_counts (replica, feature, shadow, traffic, at) VALUES (?, ?, ?, ?, NOW(3))
  ON DUPLICATE KEY UPDATE shadow = COALESCE(VALUES(shadow), shadow), traffic = VALUES(traffic), at = VALUES(at)`;

const currentSql = 'SELECT feature, TIMESTAMPDIFF(MICROSECOND, at, NOW(3)) AS ago FROM state_current';

/**
 * A router's link to the state store: one connection of its own. A beat that is aborted destroys the connection, since a
 * server that went silent would keep it busy for minutes; the next beat opens another.
 */
export class MysqlStateLink implements StateLink {
  readonly #options: MysqlStateLinkOptions;
  #connection: Promise<Connection> | null = null;
  #replicas = 1;
  #countedAt = Number.NEGATIVE_INFINITY;
  #reloads: number | null = null;
  #hurried = false;
  /** What the last report said, and when it was sent. */
  #reported: { readonly text: string; readonly at: number } | null = null;

  constructor(options: MysqlStateLinkOptions) {
    this.#options = options;
  }

  async beat(report: ReplicaReport, signal: AbortSignal): Promise<StateReply> {
    return this.#withConnection(signal, async (connection) => {
      const reportedAgoMs = await this.#report(connection, report);
      for (const { feature, shadow, traffic } of report.counted ?? []) {
        await connection.query(countsSql, [report.replica, feature, print(shadow), print(traffic)]);
      }
      for (const cost of report.holds ?? []) await noteHoldCost(connection, report.replica, cost);
      // Read after the report is written: a barrier that sees this replica at a version knows what it decides by.
      const [[row]] = await connection.query<RowDataPacket[]>(tableSql, [report.version]);
      await this.#count(connection);
      const { leaseMs } = this.#options;
      this.#hurried = row?.hurrying === 1;
      const replicas = this.#replicas;
      this.#noteReload(row?.reload);
      const reply: StateReply = {
        leaseMs: leaseMs - reportedAgoMs,
        ...(report.asksCurrent ? { currentAgoMs: await currentAgo(connection) } : {}),
        ...(row?.counting === 1 ? { asksCounts: true } : {}),
        ...(this.#hurried ? { hurryMs: hurryMs(replicas) } : {}),
        ...(replicas > smallFleet ? { calmMs: calmMs(replicas, leaseMs) } : {}),
      };
      if (typeof row?.content !== 'string') return reply;
      const table: RouteTable = {
        version: Number(row.version),
        writtenAt: (row.written_at as Date).toISOString(),
        ...(JSON.parse(row.content) as Pick<RouteTable, 'features' | 'routes'>),
      };
      return { ...reply, table };
    });
  }

  /** Returns how long ago the report was sent that stands: 0 for this one. The store's lease counts from there. */
  async #report(connection: Connection, report: ReplicaReport): Promise<number> {
    const { leaseMs } = this.#options;
    const at = performance.now();
    const said = [
      ...[report.replica, report.host, report.pid, report.version],
      JSON.stringify(report.drained),
      JSON.stringify(report.services),
      print(this.#options.config?.() ?? null),
    ];
    const text = JSON.stringify(said);
    const last = this.#reported;
    if (this.#hurried && last?.text === text && at - last.at < leaseMs / reportsInLease) return at - last.at;
    this.#reported = null;
    const sql = this.#options.kind === 'seam' ? seamBeatSql : beatSql;
    await connection.query(sql, [...said, (leaseMs + leaseMarginMs) * 1_000]);
    this.#reported = { text, at };
    return 0;
  }

  async #count(connection: Connection): Promise<void> {
    const now = performance.now();
    if (now - this.#countedAt < (this.#options.countEveryMs ?? 5_000)) return;
    this.#countedAt = now;
    const [[row]] = await connection.query<RowDataPacket[]>(countSql);
    this.#replicas = Number(row?.live ?? 1);
  }

  #noteReload(asked: unknown): void {
    const times = Number(asked ?? 0);
    if (times === this.#reloads) return;
    this.#reloads = times;
    this.#options.onReload?.(times);
  }

  async leave(replica: string): Promise<void> {
    this.#reported = null;
    await this.#withConnection(AbortSignal.timeout(this.#options.leaseMs), (connection) =>
      connection.query('DELETE FROM state_replicas WHERE replica = ?', [replica]),
    );
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => null);
    this.#connection = null;
    connection?.destroy();
  }

  async #withConnection<T>(signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    this.#connection ??= open(this.#options.state);
    const opening = this.#connection;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([opening.then(work), aborted]);
    } catch (error) {
      if (this.#connection === opening) this.#connection = null;
      opening.then(
        (connection) => connection.destroy(),
        () => undefined,
      );
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

async function open(state: DatabaseEndpoint): Promise<Connection> {
  const connection = await createConnection({
    host: state.host,
    port: state.port,
    user: state.user,
    password: state.password,
    database: state.database,
    timezone: 'Z',
    connectTimeout: 2_000,
    ...noPreparedStatements,
  });
  // Without a listener an idle connection that breaks would end the process; the next query reports the break.
  connection.on('error', () => undefined);
  await connection.query("SET time_zone = '+00:00'");
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return connection;
}

async function currentAgo(connection: Connection): Promise<Record<string, number>> {
  const [rows] = await connection.query<RowDataPacket[]>(currentSql);
  return Object.fromEntries(rows.map(({ feature, ago }) => [feature, Number(ago) / 1_000]));
}

function print(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

function hurryMs(replicas: number): number {
  return Math.max(hurryAtLeastMs, (replicas / hurriedBeatsPerSecond) * 1_000);
}

function calmMs(replicas: number, leaseMs: number): number {
  return Math.min(leaseMs / beatsInLease, (replicas / calmBeatsPerSecond) * 1_000);
}
