import type { Connection, ResultSetHeader } from 'mysql2/promise';
import type { ReplicaReport } from '../../../router/replica/state-link.ts';
import type { ReplicaConfig } from '../replicas.ts';
import { beatsInLease, leaseMicros } from './fleet.ts';

/** What the route table's row said besides the table. */
export interface Told {
  /** How often all were asked to read their config again; null: not looked yet. */
  readonly reload: number | null;
  readonly hurrying: boolean;
  readonly counting: boolean;
}

export interface Renewed {
  /** How long ago the report that stands was sent, from where the store's lease counts; 0 for one of now. */
  readonly agoMs: number;
  /** The store is to be asked for a newer route table. */
  readonly look: boolean;
}

const beatSql = `
  INSERT INTO state_replicas (replica, host, pid, version, drained, services, config, beat_at, lease_until)
  VALUES (?, ?, ?, ?, ?, ?, ?, NOW(3), NOW(3) + INTERVAL ? MICROSECOND)
  ON DUPLICATE KEY UPDATE version = VALUES(version), drained = VALUES(drained), services = VALUES(services),
    config = VALUES(config), beat_at = VALUES(beat_at), lease_until = VALUES(lease_until)`;

/** Only where it must be said: a router may be newer than the schema, which control brings up to date. */
const seamBeatSql = beatSql
  .replace('lease_until)', 'lease_until, kind)')
  .replace('MICROSECOND)', "MICROSECOND, 'seam')");

const lease = 'beat_at = NOW(3), lease_until = NOW(3) + INTERVAL ? MICROSECOND';

/** It goes by another route table, or a hold has drained, and nothing else has changed. */
const advanceSql = `UPDATE state_replicas SET version = ?, drained = ?, ${lease} WHERE replica = ?`;

/**
 * The same where nothing changed, neither of what it says nor of what it is told: one statement that writes two times and touches
 * no index. It changes no row where there is news, or where its own row is gone or says something else: a beat that was given up may
 * arrive after the one that followed it.
 */
const renewSql = `
  UPDATE state_replicas SET ${lease}
  WHERE replica = ? AND version = ? AND drained = ? AND EXISTS (
    SELECT 1 FROM state_route_table WHERE id = 1 AND version = ? AND reload = ?
      AND COALESCE(hurry_until > NOW(3), 0) = ? AND COALESCE(counts_until > NOW(3), 0) = ?)`;

interface Standing {
  /** All that it says; and what of it does not change with the route table. */
  readonly text: string;
  readonly fixed: string;
  /** When it was sent. */
  readonly at: number;
}

/** What one replica has said in the state store, and when: the cheapest statement that lets the same, or what is new, stand from now on. */
export class StandingReport {
  readonly #leaseMs: number;
  readonly #kind: 'router' | 'seam';
  readonly #now: () => number;
  #standing: Standing | null = null;

  constructor(leaseMs: number, kind: 'router' | 'seam', now: () => number) {
    this.#leaseMs = leaseMs;
    this.#kind = kind;
    this.#now = now;
  }

  /** Sees to it that a report stands which says the same. `config`: by which the replica goes. */
  async report(
    connection: Connection,
    report: ReplicaReport,
    { config, told }: { readonly config: ReplicaConfig | null; readonly told: Told },
  ): Promise<Renewed> {
    const at = this.#now();
    const { replica, host, pid, version } = report;
    const drained = JSON.stringify(report.drained);
    const services = JSON.stringify(report.services);
    const fixed = [replica, host, pid, services, config === null ? null : JSON.stringify(config)] as const;
    const said = { fixed: JSON.stringify(fixed), text: `${version} ${drained} ${JSON.stringify(fixed)}`, at };
    const micros = leaseMicros(this.#leaseMs);
    const last = this.#standing;
    if (last?.text === said.text) {
      const agoMs = at - last.at;
      // Each report is a commit of the store's server, which clients wait for too where it is legacy's.
      if (told.hurrying && agoMs < this.#leaseMs / beatsInLease) return { agoMs, look: true };
      const known = [version, told.reload, Number(told.hurrying), Number(told.counting)];
      const [{ affectedRows }] = await connection.query<ResultSetHeader>(renewSql, [
        ...[micros, replica, version, drained],
        ...known,
      ]);
      if (affectedRows === 1) {
        this.#standing = said;
        return { agoMs: 0, look: false };
      }
      // What is new is likely to be reported next.
      if (agoMs < this.#leaseMs / 2) return { agoMs, look: true };
    } else if (last?.fixed === said.fixed) {
      this.#standing = null;
      const values = [version, drained, micros, replica];
      const [{ affectedRows }] = await connection.query<ResultSetHeader>(advanceSql, values);
      if (affectedRows === 1) {
        this.#standing = said;
        return { agoMs: 0, look: this.#now() - last.at >= this.#leaseMs };
      }
    }
    this.#standing = null;
    const values = [replica, host, pid, version, drained, services, fixed[4], micros];
    await connection.query(this.#kind === 'seam' ? seamBeatSql : beatSql, values);
    this.#standing = said;
    return { agoMs: 0, look: true };
  }

  /** The store may have lost it. */
  forget(): void {
    this.#standing = null;
  }
}
