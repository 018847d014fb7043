import type { Knex } from 'knex';
import { type ChainedRow, chainHash } from './audit-chain.ts';

/** Who does something, and why: kept with every change. */
export interface Actor {
  readonly who: string;
  readonly why: string;
}

export interface AuditEntry extends Actor {
  readonly id: number;
  /** ISO 8601, the state store's clock. */
  readonly at: string;
  readonly action: string;
  readonly feature: string | null;
  /** The fields of the feature's state that changed, before and after. */
  readonly from: Readonly<Record<string, unknown>> | null;
  readonly to: Readonly<Record<string, unknown>> | null;
  /** Figures of what happened: guards, times, what a verify found. */
  readonly details: Readonly<Record<string, unknown>> | null;
  /** Version of the route table after it. */
  readonly version: number;
}

export interface NewEntry extends Omit<AuditEntry, 'id' | 'details'> {
  readonly details?: AuditEntry['details'] | undefined;
}

/**
 * The append-only log of state changes. There is no way to change or remove an entry through it. Call it under the turnstile; `lastHash` was read
 * there. Returns the entry where it was one; the numbers of several are the server's matter.
 */
export async function appendAudit(
  knex: Knex,
  entries: readonly NewEntry[],
  lastHash: string,
): Promise<{ readonly entry: number; readonly hash: string } | null> {
  if (entries.length === 0) return null;
  let hash = lastHash;
  const rows = entries.map((entry) => {
    const row = toRow(entry);
    hash = chainHash(hash, row);
    return { ...row, hash };
  });
  const [entry] = await knex('state_audit').insert(rows);
  return rows.length === 1 && entry !== undefined ? { entry: Number(entry), hash } : null;
}

function toRow(entry: NewEntry): ChainedRow {
  return {
    at: new Date(entry.at),
    who: entry.who.slice(0, 190),
    why: entry.why,
    action: entry.action,
    feature: entry.feature,
    from_state: print(entry.from),
    to_state: print(entry.to),
    details: print(entry.details ?? null),
    version: entry.version,
  };
}

function print(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

interface AuditRow extends ChainedRow {
  readonly id: number;
}

/** The latest entries, newest first. */
export async function readAudit(
  knex: Knex,
  filter: { readonly feature?: string; readonly limit: number },
): Promise<AuditEntry[]> {
  const query = knex<AuditRow>('state_audit').orderBy('id', 'desc').limit(filter.limit);
  if (filter.feature !== undefined) query.where('feature', filter.feature);
  const rows: AuditRow[] = await query;
  return rows.map(fromRow);
}

/** The entries after `id`, oldest first. They are committed in the order of their ids: each under the turnstile. */
export async function readAuditAfter(knex: Knex, id: number, limit: number): Promise<AuditEntry[]> {
  const rows: AuditRow[] = await knex<AuditRow>('state_audit')
    .where('id', '>', id)
    .orderBy('id')
    .limit(limit);
  return rows.map(fromRow);
}

/** 0 where there is none. */
export async function lastAuditId(knex: Knex): Promise<number> {
  const row: { id: number } | undefined = await knex('state_audit').orderBy('id', 'desc').first('id');
  return row?.id ?? 0;
}

function fromRow(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at.toISOString(),
    who: row.who,
    why: row.why,
    action: row.action,
    feature: row.feature,
    from: row.from_state === null ? null : JSON.parse(row.from_state),
    to: row.to_state === null ? null : JSON.parse(row.to_state),
    details: row.details === null ? null : JSON.parse(row.details),
    version: row.version,
  };
}
