import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { noPreparedStatements } from '../../common/no-prepared-statements.ts';
import type { ReplicaReport, StateLink, StateReply } from '../../router/replica/state-link.ts';
import type { RouteTable } from '../../router/table/route-table.ts';
import { noteHoldCost } from './hold-costs.ts';
import { beatsInLease, leaseMicros, smallFleet } from './relay/fleet.ts';
import { RelayClient } from './relay/relay-client.ts';
import type { RelayAnswer } from './relay/relay-message.ts';
import { parseRelay } from './relay/relay-rows.ts';
import type { ReplicaConfig } from './replicas.ts';

export interface MysqlStateLinkOptions {
  readonly state: DatabaseEndpoint;
  /** How long a replica may go on by what it knows, counted by it from the moment it sent a beat. */
  readonly leaseMs: number;
  /** What it is; default: a router. */
  readonly kind?: 'seam';
  /** How long the number of replicas is taken for what it was, milliseconds, of a fleet of at most 50: of 1,000 it is 20 times that. Default 5,000. */
  readonly countEveryMs?: number;
  /** Beats go to control's relay, if there is one, where more replicas than this are live. Default 50. */
  readonly relayAbove?: number;
  /** By which config the router goes at this moment; left out: it does not say. */
  readonly config?: () => ReplicaConfig | null;
  /** Told how often all routers were asked to read their config again: with the first answer, and whenever it is more. */
  readonly onReload?: (times: number) => void;
}

/** Around a handover all replicas together may beat this often, each at most every 10 ms. */
const hurriedBeatsPerSecond = 2_500;
const hurryAtLeastMs = 10;
/**
 * Otherwise all together this often, but each at least three times in its lease; a small fleet as often as it likes. Around a
 * handover a replica that has nothing new to say only looks in between: each report is a commit of the store's server, which
 * clients wait for too where it is legacy's.
 */
const calmBeatsPerSecond = 500;
/** A relay that did not answer within this share of a lease is left alone for a lease; each beat goes to the store meanwhile. */
const relayPatience = 1 / 3;
const relayRestLeases = 1;

/** The content only where it is news. `relay`: where there is one; a router may be newer than the schema, which has no such column then. */
const tableSql = (relay: 'relay' | "''") => `
  SELECT version, written_at, reload, ${relay} AS relay, IF(version <> ?, content, NULL) AS content,
    hurry_until > NOW(3) AS hurrying, counts_until > NOW(3) AS counting
  FROM state_route_table WHERE id = 1`;
const noSuchColumn = 1_054;

/** A look at every replica's row: the more there are, the less often each takes it. */
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

/**
 * The same where nothing changed, neither of what it says nor of what it is told: one statement that writes two times and touches
 * no index. It changes no row where there is news, or where its own row is gone.
 */
const renewSql = (relay: 'relay' | "''") => `
  UPDATE state_replicas SET beat_at = NOW(3), lease_until = NOW(3) + INTERVAL ? MICROSECOND
  WHERE replica = ? AND EXISTS (
    SELECT 1 FROM state_route_table WHERE id = 1 AND version = ? AND reload = ?
      AND COALESCE(${relay}, '') = ? AND COALESCE(hurry_until > NOW(3), 0) = ? AND COALESCE(counts_until > NOW(3), 0) = ?)`;

const countsSql = `
  INSERT INTO state_counts (replica, feature, shadow, traffic, at) VALUES (?, ?, ?, ?, NOW(3))
  ON DUPLICATE KEY UPDATE shadow = COALESCE(VALUES(shadow), shadow), traffic = VALUES(traffic), at = VALUES(at)`;

const currentSql = 'SELECT feature, TIMESTAMPDIFF(MICROSECOND, at, NOW(3)) AS ago FROM state_current';

interface Told {
  /** How often all were asked to read their config again; null: not looked yet. */
  readonly reload: number | null;
  readonly hurrying: boolean;
  readonly counting: boolean;
  /** Where the relay is, JSON; empty: there is none. */
  readonly relay: string;
}

/** A report that stands in the state store. */
interface Reported {
  /** All that it says, and what of it a relay is not told. */
  readonly text: string;
  readonly fixed: string;
  /** When it was sent. */
  readonly at: number;
}

/** A report as the store is told it. */
interface Said {
  readonly drained: string;
  readonly fixed: readonly [string, string, number, string, string | null];
  readonly fixedText: string;
  readonly text: string;
}

interface Renewed {
  /** How long ago the report that stands was sent, from where the store's lease counts; 0 for one of now. */
  readonly agoMs: number;
  /** There may be a newer route table. */
  readonly news: boolean;
}

/**
 * A router's link to the state store: one connection of its own. A beat that is aborted destroys the connection, since a
 * server that went silent would keep it busy for minutes; the next beat opens another.
 */
export class MysqlStateLink implements StateLink {
  readonly #options: MysqlStateLinkOptions;
  #connection: Promise<Connection> | null = null;
  #replicas = 1;
  #countedAt = Number.NEGATIVE_INFINITY;
  /** What the route table's row said besides the table. */
  #told: Told = { reload: null, hurrying: false, counting: false, relay: '' };
  /** As the last look found the schema. */
  #relayColumn: 'relay' | "''" = "''";
  #client: RelayClient | null = null;
  /** Which relay the client is of. */
  #relayAt = '';
  #relayRestsUntil = Number.NEGATIVE_INFINITY;
  /** The newest version that a relay told of. */
  #news = 0;
  #onNews: () => void = () => undefined;
  #reported: Reported | null = null;

  constructor(options: MysqlStateLinkOptions) {
    this.#options = options;
  }

  /** `listener` is called when a relay tells of a route table that is newer than the one last reported. */
  onNews(listener: () => void): void {
    this.#onNews = listener;
  }

  async beat(report: ReplicaReport, signal: AbortSignal): Promise<StateReply> {
    const said = this.#said(report);
    const relayed = await this.#relay(report, said, signal);
    const quiet =
      relayed?.news === false &&
      report.counted === undefined &&
      report.holds === undefined &&
      !report.asksCurrent;
    if (quiet) return this.#reply(relayed);
    return this.#withConnection(signal, async (connection) => {
      const renewed = relayed ?? (await this.#report(connection, report, said));
      for (const { feature, shadow, traffic } of report.counted ?? []) {
        await connection.query(countsSql, [report.replica, feature, print(shadow), print(traffic)]);
      }
      for (const cost of report.holds ?? []) await noteHoldCost(connection, report.replica, cost);
      // Read after the report is written: a barrier that sees this replica at a version knows what it decides by.
      const table = renewed.news ? await this.#look(connection, report.version) : null;
      if (relayed === null) await this.#count(connection);
      return {
        ...this.#reply(renewed),
        ...(report.asksCurrent ? { currentAgoMs: await currentAgo(connection) } : {}),
        ...(table !== null && { table }),
      };
    });
  }

  #reply({ agoMs }: Renewed): StateReply {
    const { leaseMs } = this.#options;
    const { counting, hurrying } = this.#told;
    const replicas = this.#replicas;
    return {
      leaseMs: leaseMs - agoMs,
      ...(counting ? { asksCounts: true } : {}),
      // A relay tells of a new table. Where it does not answer something is overloaded, and haste would make that worse.
      ...(hurrying && !this.#mayRelay ? { hurryMs: hurryMs(replicas) } : {}),
      ...(replicas > smallFleet ? { calmMs: calmMs(replicas, leaseMs) } : {}),
    };
  }

  #said(report: ReplicaReport): Said {
    const drained = JSON.stringify(report.drained);
    const fixed = [
      ...[report.replica, report.host, report.pid],
      JSON.stringify(report.services),
      print(this.#options.config?.() ?? null),
    ] as const;
    const fixedText = JSON.stringify(fixed);
    return { drained, fixed, fixedText, text: `${report.version} ${drained} ${fixedText}` };
  }

  /** Has the report renewed by the relay; null: there is none for this report, or it did not. */
  async #relay(
    { replica, version }: ReplicaReport,
    said: Said,
    signal: AbortSignal,
  ): Promise<Renewed | null> {
    const at = performance.now();
    const last = this.#reported;
    const client = this.#relayClient(at);
    if (client === null || last?.fixed !== said.fixedText) return null;
    const { leaseMs } = this.#options;
    const agoMs = at - last.at;
    // It was told of a newer table, and will report again when it has that.
    if (this.#news > version && agoMs < leaseMs / beatsInLease) return { agoMs, news: true };
    const answer = await client.beat(
      { replica, version, drained: said.drained },
      leaseMs * relayPatience,
      signal,
    );
    if (answer?.renewed !== true) {
      signal.throwIfAborted();
      // It may yet be written, after what the store is told now.
      this.#reported = null;
      if (answer === null) this.#relayRestsUntil = at + relayRestLeases * leaseMs;
      return null;
    }
    this.#reported = { text: said.text, fixed: said.fixedText, at };
    return { agoMs: 0, news: this.#heard(answer, version) };
  }

  #heard({ version, reload, counting, replicas }: RelayAnswer, has: number): boolean {
    this.#replicas = replicas;
    return version !== has || reload !== this.#told.reload || counting !== this.#told.counting;
  }

  #relayClient(now: number): RelayClient | null {
    const place = this.#told.relay;
    if (place !== this.#relayAt) {
      this.#client?.close();
      const parsed = parseRelay(place || null);
      this.#client =
        parsed === null
          ? null
          : new RelayClient(parsed, (version) => {
              if (version <= this.#news) return;
              this.#news = version;
              this.#onNews();
            });
      this.#relayAt = place;
      this.#relayRestsUntil = Number.NEGATIVE_INFINITY;
    }
    return this.#mayRelay && now >= this.#relayRestsUntil ? this.#client : null;
  }

  get #mayRelay(): boolean {
    return this.#told.relay !== '' && this.#replicas > (this.#options.relayAbove ?? smallFleet);
  }

  /** Sees to it that a report stands which says the same. */
  async #report(connection: Connection, report: ReplicaReport, said: Said): Promise<Renewed> {
    const { leaseMs } = this.#options;
    const at = performance.now();
    const { text, fixedText, drained } = said;
    const last = this.#reported;
    const { hurrying, counting, reload, relay } = this.#told;
    const micros = leaseMicros(leaseMs);
    if (last?.text === text) {
      const agoMs = at - last.at;
      if (hurrying && agoMs < leaseMs / beatsInLease) return { agoMs, news: true };
      const known = [report.version, reload, relay, Number(hurrying), Number(counting)];
      const [{ affectedRows }] = await connection.query<ResultSetHeader>(renewSql(this.#relayColumn), [
        ...[micros, report.replica],
        ...known,
      ]);
      if (affectedRows === 1) {
        this.#reported = { text, fixed: fixedText, at };
        return { agoMs: 0, news: false };
      }
      // What is new is likely to be reported next.
      if (agoMs < leaseMs / 2) return { agoMs, news: true };
    }
    this.#reported = null;
    const [replica, host, pid, services, config] = said.fixed;
    const sql = this.#options.kind === 'seam' ? seamBeatSql : beatSql;
    await connection.query(sql, [...[replica, host, pid, report.version, drained, services, config], micros]);
    this.#reported = { text, fixed: fixedText, at };
    return { agoMs: 0, news: true };
  }

  /** Null: it is the table of `version`. */
  async #look(connection: Connection, version: number): Promise<RouteTable | null> {
    const row = await this.#readTable(connection, version);
    const reload = Number(row?.reload ?? 0);
    const asked = reload !== this.#told.reload;
    this.#told = {
      reload,
      hurrying: row?.hurrying === 1,
      counting: row?.counting === 1,
      relay: row?.relay ?? '',
    };
    if (asked) this.#options.onReload?.(reload);
    if (typeof row?.content !== 'string') return null;
    return {
      version: Number(row.version),
      writtenAt: (row.written_at as Date).toISOString(),
      ...(JSON.parse(row.content) as Pick<RouteTable, 'features' | 'routes'>),
    };
  }

  async #readTable(connection: Connection, version: number): Promise<RowDataPacket | undefined> {
    const read = async () => {
      const [[row]] = await connection.query<RowDataPacket[]>(tableSql(this.#relayColumn), [version]);
      return row;
    };
    this.#relayColumn = 'relay';
    return read().catch((error: { readonly errno?: number }) => {
      if (error.errno !== noSuchColumn) throw error;
      this.#relayColumn = "''";
      return read();
    });
  }

  async #count(connection: Connection): Promise<void> {
    const now = performance.now();
    const everyMs = (this.#options.countEveryMs ?? 5_000) * Math.max(1, this.#replicas / smallFleet);
    if (now - this.#countedAt < everyMs) return;
    this.#countedAt = now;
    const [[row]] = await connection.query<RowDataPacket[]>(countSql);
    this.#replicas = Number(row?.live ?? 1);
  }

  async leave(replica: string): Promise<void> {
    this.#reported = null;
    await this.#withConnection(AbortSignal.timeout(this.#options.leaseMs), (connection) =>
      connection.query('DELETE FROM state_replicas WHERE replica = ?', [replica]),
    );
  }

  async close(): Promise<void> {
    this.#client?.close();
    this.#client = null;
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
