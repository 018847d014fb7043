import type { Connection, ResultSetHeader } from 'mysql2/promise';
import type { ReplicaReport } from '../../../router/replica/state-link.ts';
import type { ReplicaConfig } from '../replicas.ts';
import { beatsInLease, storedMicros } from './fleet.ts';

/** What the route table's row said besides the table. */
export interface Told {
  /** How often all were asked to read their config again; null: not looked yet. */
  readonly reload: number | null;
  readonly hurrying: boolean;
  readonly counting: boolean;
}

export interface Renewed {
  /** It was to be renewed, and its row says something else or there is news. */
  readonly refused: boolean;
  /** The store was asked for news with it. */
  readonly looked: boolean;
  /** The store is to be asked for a newer route table. */
  readonly look: boolean;
}

/** How a report is to stand. */
export interface Standing {
  /** When the beat began. */
  readonly at: number;
  /** By which config the replica goes. */
  readonly config: ReplicaConfig | null;
  readonly told: Told;
  /** For how long, milliseconds: at least the lease. */
  readonly standsMs: number;
}

/** The report that stands, at one moment. */
export interface Stands {
  /** How long ago it was sent; Infinity where none stands. */
  readonly agoMs: number;
  /** How long it stands from that moment on, milliseconds. */
  readonly leftMs: number;
}

/** A row that stands for long is not to be cut short by a beat that was given up and arrives late. */
const kept = 'lease_until = GREATEST(lease_until, NOW(3) + INTERVAL ? MICROSECOND)';

const beatSql = `
  INSERT INTO state_replicas (replica, host, pid, version, drained, services, config, look_ms, beat_at, lease_until)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, NOW(3), NOW(3) + INTERVAL ? MICROSECOND)
  ON DUPLICATE KEY UPDATE version = VALUES(version), drained = VALUES(drained), services = VALUES(services),
    config = VALUES(config), look_ms = VALUES(look_ms), beat_at = VALUES(beat_at),
    lease_until = GREATEST(lease_until, VALUES(lease_until))`;

/** Only where it must be said: a router may be newer than the schema, which control brings up to date. */
const seamBeatSql = beatSql
  .replace('lease_until)', 'lease_until, kind)')
  .replace('MICROSECOND)', "MICROSECOND, 'seam')");

/** A router may be newer than the schema, which control brings up to date: ER_BAD_FIELD_ERROR. */
const unknownColumn = 1054;

/** It goes by another route table, or a hold has drained, and nothing else has changed. */
const advanceSql = `UPDATE state_replicas SET version = ?, drained = ?, beat_at = NOW(3), ${kept} WHERE replica = ?`;

/**
 * The same where nothing changed, neither of what it says nor of what it is told: one statement that writes two times and touches
 * no index. It changes no row where there is news, or where its own row is gone or says something else: a beat that was given up may
 * arrive after the one that followed it.
 */
const renewSql = `
  UPDATE state_replicas SET beat_at = NOW(3), ${kept}
  WHERE replica = ? AND version = ? AND drained = ? AND EXISTS (
    SELECT 1 FROM state_route_table WHERE id = 1 AND version = ? AND reload = ?
      AND COALESCE(hurry_until > NOW(3), 0) = ? AND COALESCE(counts_until > NOW(3), 0) = ?)`;

interface Said {
  /** All that it says; and what of it does not change with the route table. */
  readonly text: string;
  readonly fixed: string;
  /** When it was sent. */
  readonly at: number;
  /** For how long, milliseconds. A fleet that grows has later ones stand for longer, not this one. */
  readonly standsMs: number;
}

/**
 * What one replica has said in the state store, and when: the cheapest statement that lets the same, or what is new, stand from now on.
 *
 * A report stands for longer than a lease where the fleet is large: it is a commit of the store's server, a look at the route table is
 * none. As long as it stands, the replica has a lease from each look that found no newer table, and from each report. So a barrier is done with
 * one that has neither said anything for a lease, nor can have found nothing new within one: the table that it waits for is older.
 */
export class StandingReport {
  readonly #leaseMs: number;
  readonly #kind: 'router' | 'seam';
  #said: Said | null = null;
  #tellsLooks = true;

  constructor(leaseMs: number, kind: 'router' | 'seam') {
    this.#leaseMs = leaseMs;
    this.#kind = kind;
  }

  /** False: the store's schema is older, and waits for each replica as long as its report stands. */
  get tellsLooks(): boolean {
    return this.#tellsLooks;
  }

  standsAt(at: number): Stands {
    const said = this.#said;
    if (said === null) return { agoMs: Number.POSITIVE_INFINITY, leftMs: 0 };
    const agoMs = at - said.at;
    return { agoMs, leftMs: said.standsMs - agoMs };
  }

  /** Sees to it that a report stands which says the same. */
  async report(
    connection: Connection,
    report: ReplicaReport,
    { at, config, told, standsMs }: Standing,
  ): Promise<Renewed> {
    const { replica, host, pid, version } = report;
    const drained = JSON.stringify(report.drained);
    const services = JSON.stringify(report.services);
    const fixed = [replica, host, pid, services, config === null ? null : JSON.stringify(config)] as const;
    const text = `${version} ${drained} ${JSON.stringify(fixed)}`;
    const said: Said = { fixed: JSON.stringify(fixed), text, at, standsMs };
    const micros = storedMicros(standsMs);
    const last = this.#said;
    if (last?.text === text) {
      // Each report is a commit of the store's server, which clients wait for too where it is legacy's.
      const seldom = told.hurrying || standsMs > this.#leaseMs;
      const [agoMs, lastsMs] = [at - last.at, Math.min(standsMs, last.standsMs)];
      if (seldom && agoMs < lastsMs / beatsInLease) return { refused: false, looked: false, look: true };
      const known = [version, told.reload, Number(told.hurrying), Number(told.counting)];
      const [{ affectedRows }] = await connection.query<ResultSetHeader>(renewSql, [
        ...[micros, replica, version, drained],
        ...known,
      ]);
      if (affectedRows === 1) {
        this.#said = said;
        return { refused: false, looked: true, look: false };
      }
      // What is new is likely to be reported next.
      if (agoMs < lastsMs / 2) return { refused: true, looked: false, look: true };
    } else if (last?.fixed === said.fixed) {
      this.#said = null;
      const values = [version, drained, micros, replica];
      const [{ affectedRows }] = await connection.query<ResultSetHeader>(advanceSql, values);
      if (affectedRows === 1) {
        this.#said = said;
        return { refused: false, looked: false, look: false };
      }
    }
    this.#said = null;
    await this.#beat(connection, [replica, host, pid, version, drained, services, fixed[4]], micros);
    this.#said = said;
    return { refused: false, looked: false, look: true };
  }

  async #beat(connection: Connection, values: readonly unknown[], micros: number): Promise<void> {
    const sql = this.#kind === 'seam' ? seamBeatSql : beatSql;
    if (this.#tellsLooks) {
      try {
        await connection.query(sql, [...values, this.#leaseMs, micros]);
        return;
      } catch (error) {
        if ((error as { readonly errno?: number }).errno !== unknownColumn) throw error;
        this.#tellsLooks = false;
      }
    }
    const withoutLooks = sql
      .replace('look_ms, ', '')
      .replace('?, NOW', 'NOW')
      .replace('look_ms = VALUES(look_ms), ', '');
    await connection.query(withoutLooks, [...values, micros]);
  }

  /** The store may have lost it, or have another schema by now. */
  forget(): void {
    this.#said = null;
    this.#tellsLooks = true;
  }
}
