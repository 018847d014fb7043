import type { Knex } from 'knex';
import type { ConfigPrint } from '../config/config-print.ts';
import { leaseMarginMs } from './state-link/fleet.ts';

/** One router replica as the state store knows it. */
export interface Replica {
  readonly replica: string;
  /** A router, or a process of the monolith that has seams. */
  readonly kind: 'router' | 'seam';
  readonly host: string;
  readonly pid: number;
  /** Version of the route table it decides by. */
  readonly version: number;
  /** Feature → version of the hold for which every earlier write of the feature has ended. */
  readonly drained: Readonly<Record<string, number>>;
  /** Features whose service it can ask; null: a router of an earlier version, which does not say. */
  readonly services: readonly string[] | null;
  /** By which config it goes; null: a router of an earlier version, or one that knows of no config. */
  readonly config: ReplicaConfig | null;
  /** Its lease has not run out, by the store's clock. */
  readonly live: boolean;
  /** Milliseconds since its last beat, by the store's clock. */
  readonly beatAgoMs: number;
}

/** What a router says of its config. */
export interface ReplicaConfig extends ConfigPrint {
  /** The version of banyan that it runs; left out by a router from before it was told. */
  readonly banyan?: string;
  /** Settings that its file has otherwise than it goes by: they take effect when it is started again. */
  readonly restart: readonly string[];
  /** Why its last reload changed nothing; null: it did what it should. */
  readonly fault: string | null;
  /** Up to which of the store's requests to reload it has done so; null: it has not beaten yet. */
  readonly reload: number | null;
}

interface ReplicaRow {
  readonly replica: string;
  readonly kind: 'router' | 'seam';
  readonly host: string;
  readonly pid: number;
  readonly version: number;
  readonly drained: string;
  readonly services: string | null;
  readonly config: string | null;
  readonly live: number;
  readonly beat_ago: number | string;
}

export async function readReplicas(knex: Knex): Promise<Replica[]> {
  const rows: ReplicaRow[] = await knex('state_replicas')
    .select('replica', 'kind', 'host', 'pid', 'version', 'drained', 'services', 'config')
    .select(knex.raw('lease_until > NOW(3) AS live'))
    .select(knex.raw('TIMESTAMPDIFF(MICROSECOND, beat_at, NOW(3)) AS beat_ago'))
    .orderBy('replica');
  return rows.map((row) => ({
    replica: row.replica,
    kind: row.kind,
    host: row.host,
    pid: row.pid,
    version: Number(row.version),
    drained: JSON.parse(row.drained) as Record<string, number>,
    services: row.services === null ? null : (JSON.parse(row.services) as string[]),
    config: row.config === null ? null : (JSON.parse(row.config) as ReplicaConfig),
    live: row.live === 1,
    beatAgoMs: Math.round(Number(row.beat_ago) / 1_000),
  }));
}

/** Those whose lease has not run out. */
export async function countLive(knex: Knex): Promise<number> {
  const [row]: { readonly live: number | string }[] = await knex('state_replicas')
    .where('lease_until', '>', knex.raw('NOW(3)'))
    .count('* as live');
  return Number(row?.live ?? 0);
}

/**
 * What a barrier of the features still waits for, at most `limit` of the replicas; the server picks them out, so of a thousand
 * rows that are as they should be none is sent. A replica that is live must decide by the hold's table or a later one, and must
 * have ended every write of the features that it began before. One whose lease ran out holds such writes by itself
 * (DESIGN: a router that cannot know does not guess), so it is not waited for: its report stands no more; or it has not reported for a
 * lease, and if the hold's table is none that it goes by, that one was written longer ago than a lease, `sinceMs` (see `StandingReport`).
 *
 * May read uncommitted: a report says what already is so, whether or not the server keeps it, and a lease that is not kept was granted to
 * nobody.
 */
export async function readBarrierPending(
  knex: Knex,
  features: readonly string[],
  holdVersion: number,
  { limit, sinceMs, graceMs = 0 }: PendingOptions,
): Promise<readonly PendingReplica[]> {
  const rows: Pick<ReplicaRow, 'replica' | 'version' | 'drained'>[] = await knex('state_replicas')
    .select('replica', 'version', 'drained')
    .where('lease_until', '>', ago(knex, graceMs))
    .andWhere((pending) => {
      pending.where((behind) => behindOf(behind, holdVersion, sinceMs, graceMs));
      for (const feature of features) {
        const values = [holdVersion, `$.${JSON.stringify(feature)}`, holdVersion, Math.ceil(graceMs)];
        pending.orWhereRaw(`(${drainingSql} AND ${reportedSql})`, values);
      }
    })
    .orderBy('replica')
    .limit(limit);
  return rows.map(({ replica, version }) => ({
    replica,
    waitsFor: Number(version) < holdVersion ? 'version' : 'drain',
  }));
}

/** Within its lease and a grace, milliseconds; one of an earlier version goes by what it reports alone. */
const reportedSql = `(look_ms IS NULL OR beat_at > NOW(3) - INTERVAL (look_ms + ${leaseMarginMs} + ?) * 1000 MICROSECOND)`;

function ago(knex: Knex, ms: number): Knex.Raw {
  return knex.raw('NOW(3) - INTERVAL ? MICROSECOND', [Math.ceil(ms) * 1_000]);
}

const drainingSql = 'version >= ? AND CAST(COALESCE(JSON_EXTRACT(drained, ?), 0) AS UNSIGNED) < ?';

/** Those that may still go by an older table than that of `version`, which was written `sinceMs` ago at least. */
function behindOf(query: Knex.QueryBuilder, version: number, sinceMs: number, graceMs: number): void {
  const grace = Math.ceil(graceMs);
  query
    .where('version', '<', version)
    .whereRaw(`(${reportedSql} OR look_ms + ${leaseMarginMs} + ? > ?)`, [grace, grace, Math.floor(sinceMs)]);
}

/**
 * Whether every live replica decides by the route table of `version` or a later one, which was written `sinceMs` ago at least.
 */
export async function everyReplicaFollows(
  knex: Knex,
  version: number,
  { sinceMs, graceMs = 0 }: Omit<PendingOptions, 'limit'>,
): Promise<boolean> {
  const behind = await knex('state_replicas')
    .where('lease_until', '>', ago(knex, graceMs))
    .andWhere((query) => behindOf(query, version, sinceMs, graceMs))
    .first('replica');
  return behind === undefined;
}

/** Whether a live process of the monolith has seams of the feature, or pages that read it. */
export async function hasSeams(knex: Knex, feature: string): Promise<boolean> {
  const found = await knex('state_replicas')
    .where('kind', 'seam')
    .where('lease_until', '>', knex.raw('NOW(3)'))
    .whereRaw('INSTR(services, ?) > 0', [JSON.stringify(feature)])
    .first(knex.raw('1 AS found'));
  return found !== undefined;
}

/** Forgets replicas whose lease ran out an hour ago: every start of a router writes a row of its own. */
export async function forgetDeadReplicas(knex: Knex): Promise<void> {
  await knex('state_replicas').where('lease_until', '<', knex.raw('NOW(3) - INTERVAL 1 HOUR')).delete();
}

/**
 * Live routers that could not send a request of the feature to its service: started before it was configured, of a
 * version that does not say, or configured to call it in another way than `print` says. Each with the reason, for people.
 */
export function cannotServe(
  replicas: readonly Replica[],
  feature: string,
  print?: string,
): readonly string[] {
  return replicas.flatMap(({ live, kind, services, config, host, pid }) => {
    // A process without a seam of the feature asks neither side for it.
    if (!live || kind === 'seam') return [];
    const router = `${host} (${pid})`;
    if (services === null) return [`${router} is of a version that does not say which it has`];
    if (!services.includes(feature)) return [`${router} has none`];
    if (print === undefined || config === null || config.features[feature] === print) return [];
    return [`${router} calls it by another IDL or config`];
  });
}

export interface PendingOptions {
  /** How many are named at most. */
  readonly limit: number;
  /** How long ago the hold's table was written, at least, milliseconds. 0: whoever has a report that stands is waited for. */
  readonly sinceMs: number;
  /** Leases count for so much longer, milliseconds: as long as nobody could renew one, since the store stood still. Default 0. */
  readonly graceMs?: number;
}

export interface PendingReplica {
  readonly replica: string;
  /** `version`: it has not confirmed the hold; `drain`: writes that it began before the hold are still under way. */
  readonly waitsFor: 'version' | 'drain';
}
