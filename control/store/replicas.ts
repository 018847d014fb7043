import type { Knex } from 'knex';

/** One router replica as the state store knows it. */
export interface Replica {
  readonly replica: string;
  readonly host: string;
  readonly pid: number;
  /** Version of the route table it decides by. */
  readonly version: number;
  /** Feature → version of the hold for which every earlier write of the feature has ended. */
  readonly drained: Readonly<Record<string, number>>;
  /** Its lease has not run out, by the store's clock. */
  readonly live: boolean;
  /** Milliseconds since its last beat, by the store's clock. */
  readonly beatAgoMs: number;
}

interface ReplicaRow {
  readonly replica: string;
  readonly host: string;
  readonly pid: number;
  readonly version: number;
  readonly drained: string;
  readonly live: number;
  readonly beat_ago: number | string;
}

export async function readReplicas(knex: Knex): Promise<Replica[]> {
  const rows: ReplicaRow[] = await knex('state_replicas')
    .select('replica', 'host', 'pid', 'version', 'drained')
    .select(knex.raw('lease_until > NOW(3) AS live'))
    .select(knex.raw('TIMESTAMPDIFF(MICROSECOND, beat_at, NOW(3)) AS beat_ago'))
    .orderBy('replica');
  return rows.map((row) => ({
    replica: row.replica,
    host: row.host,
    pid: row.pid,
    version: Number(row.version),
    drained: JSON.parse(row.drained) as Record<string, number>,
    live: row.live === 1,
    beatAgoMs: Math.round(Number(row.beat_ago) / 1_000),
  }));
}

/** Forgets replicas whose lease ran out an hour ago: every start of a router writes a row of its own. */
export async function forgetDeadReplicas(knex: Knex): Promise<void> {
  await knex('state_replicas').where('lease_until', '<', knex.raw('NOW(3) - INTERVAL 1 HOUR')).delete();
}

/**
 * What a barrier still waits for. A replica that is live must decide by the hold's table or a later one, and must have
 * ended every write of the feature that it began before. One whose lease ran out holds such writes by itself
 * (DESIGN: a router that cannot know does not guess), so it is not waited for.
 */
export function barrierPending(
  replicas: readonly Replica[],
  feature: string,
  holdVersion: number,
): readonly PendingReplica[] {
  return replicas.flatMap((replica): PendingReplica[] => {
    if (!replica.live) return [];
    if (replica.version < holdVersion) return [{ replica: replica.replica, waitsFor: 'version' }];
    if ((replica.drained[feature] ?? 0) < holdVersion) {
      return [{ replica: replica.replica, waitsFor: 'drain' }];
    }
    return [];
  });
}

export interface PendingReplica {
  readonly replica: string;
  /** `version`: it has not confirmed the hold; `drain`: writes that it began before the hold are still under way. */
  readonly waitsFor: 'version' | 'drain';
}
