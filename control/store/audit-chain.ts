import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

/** What of an entry its hash is made of, as it is stored. */
export interface ChainedRow {
  readonly at: Date;
  readonly who: string;
  readonly why: string;
  readonly action: string;
  readonly feature: string | null;
  readonly from_state: string | null;
  readonly to_state: string | null;
  readonly details: string | null;
  readonly version: number;
}

interface StoredRow extends ChainedRow {
  readonly id: number;
  readonly hash: string | null;
}

/** The last entry: kept somewhere else, it shows when the end of the log was cut off. */
export interface AuditAnchor {
  readonly id: number;
  readonly hash: string;
}

export interface AuditVerification {
  readonly ok: boolean;
  /** Entries whose hash was found right. */
  readonly verified: number;
  /** Entries from before there were hashes: nothing is known of them. */
  readonly unchained: number;
  readonly head: AuditAnchor | null;
  /** What is not as it was written, the first of it. */
  readonly fault: { readonly id: number; readonly what: string } | null;
}

const rowsAtOnce = 1_000;

/** The hash of an entry behind another one; `before` is empty for the first. */
export function chainHash(before: string, row: ChainedRow): string {
  const { at, who, why, action, feature, from_state, to_state, details, version } = row;
  const said = [
    before,
    at.toISOString(),
    who,
    why,
    action,
    feature,
    from_state,
    to_state,
    details,
    Number(version),
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}

/** The hash that the next entry stands on. Ask it under the turnstile. */
export async function lastHash(trx: Knex): Promise<string> {
  const row: { hash: string | null } | undefined = await trx('state_audit')
    .orderBy('id', 'desc')
    .first('hash');
  return row?.hash ?? '';
}

/** The last entry; its number is 0 where there is none. */
export async function lastEntry(knex: Knex): Promise<{ readonly entry: number; readonly hash: string }> {
  const row: { id: number; hash: string | null } | undefined = await knex('state_audit')
    .orderBy('id', 'desc')
    .first('id', 'hash');
  return { entry: Number(row?.id ?? 0), hash: row?.hash ?? '' };
}

/** Whether all of these are in the log, as they were. */
export async function hasEntries(
  knex: Knex,
  entries: readonly { readonly entry: number; readonly hash: string }[],
): Promise<boolean> {
  const wanted = entries.filter(({ entry }) => entry > 0);
  const rows: { id: number; hash: string | null }[] = await knex('state_audit')
    .whereIn(
      'id',
      wanted.map(({ entry }) => entry),
    )
    .select('id', 'hash');
  const found = new Map(rows.map(({ id, hash }) => [Number(id), hash ?? '']));
  return wanted.every(({ entry, hash }) => found.get(entry) === hash);
}

/**
 * Goes through the whole log. `anchor`: an entry that was noted down earlier must be there, with that hash: without one, a log whose end was
 * cut off looks whole.
 */
export async function verifyAudit(knex: Knex, anchor: AuditAnchor | null): Promise<AuditVerification> {
  let head: AuditAnchor | null = null;
  let [verified, unchained, after] = [0, 0, 0];
  let anchored = anchor === null;
  const found = (fault: AuditVerification['fault']) => ({
    ok: fault === null,
    verified,
    unchained,
    head,
    fault,
  });
  for (;;) {
    const rows: StoredRow[] = await knex('state_audit')
      .where('id', '>', after)
      .orderBy('id')
      .limit(rowsAtOnce);
    for (const row of rows) {
      after = row.id;
      if (row.hash === null && head === null) {
        unchained += 1;
        continue;
      }
      if (row.hash !== chainHash(head?.hash ?? '', row)) {
        const what = 'it was changed, or an entry before it was changed or taken out';
        return found({ id: row.id, what });
      }
      if (row.id === anchor?.id && row.hash !== anchor.hash)
        return found({
          id: row.id,
          what: 'it is another one than the anchor says: the log was written anew',
        });
      if (row.id === anchor?.id) anchored = true;
      verified += 1;
      head = { id: row.id, hash: row.hash };
    }
    if (rows.length < rowsAtOnce) break;
  }
  if (anchored) return found(null);
  return found({ id: anchor!.id, what: 'the entry of the anchor is gone: the end of the log was cut off' });
}
