import type { Knex } from 'knex';

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
  /** Version of the route table after it. */
  readonly version: number;
}

/** The append-only log of state changes. There is no way to change or remove an entry through it. */
export async function appendAudit(knex: Knex, entry: Omit<AuditEntry, 'id' | 'at'>): Promise<void> {
  await knex('state_audit').insert({
    at: knex.raw('NOW(3)'),
    who: entry.who.slice(0, 190),
    why: entry.why,
    action: entry.action,
    feature: entry.feature,
    from_state: entry.from === null ? null : JSON.stringify(entry.from),
    to_state: entry.to === null ? null : JSON.stringify(entry.to),
    version: entry.version,
  });
}

interface AuditRow {
  readonly id: number;
  readonly at: Date;
  readonly who: string;
  readonly why: string;
  readonly action: string;
  readonly feature: string | null;
  readonly from_state: string | null;
  readonly to_state: string | null;
  readonly version: number;
}

/** The latest entries, newest first. */
export async function readAudit(
  knex: Knex,
  filter: { readonly feature?: string; readonly limit: number },
): Promise<AuditEntry[]> {
  const query = knex<AuditRow>('state_audit').orderBy('id', 'desc').limit(filter.limit);
  if (filter.feature !== undefined) query.where('feature', filter.feature);
  const rows: AuditRow[] = await query;
  return rows.map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    who: row.who,
    why: row.why,
    action: row.action,
    feature: row.feature,
    from: row.from_state === null ? null : JSON.parse(row.from_state),
    to: row.to_state === null ? null : JSON.parse(row.to_state),
    version: row.version,
  }));
}
