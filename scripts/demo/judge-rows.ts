import type { Ledger } from './ledger.ts';
import { tokenOf } from './ledger.ts';

/** A product as one database holds it. */
export interface StoredProduct {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
}

/** What one database says about the writers' rows. Each list has a line of text for each finding. */
export interface LedgerVerdict {
  /** Acknowledged writes that are not there: a row missing, a row older than its last write, a deleted row that is back. */
  readonly lost: readonly string[];
  /** One write found in several rows, or a row that nobody was told of. */
  readonly duplicated: readonly string[];
}

/** Holds the rows of one database against the ledger. Pure. Rows that no writer touched must carry no token. */
export function judgeRows(ledger: Ledger, products: Iterable<StoredProduct>): LedgerVerdict {
  const lost: string[] = [];
  const duplicated: string[] = [];
  const seenTokens = new Map<string, string>();
  const seenSkus = new Set<string>();
  for (const { id, sku, name } of products) {
    const token = tokenOf(name);
    if (seenSkus.has(sku)) duplicated.push(`sku ${sku} stands in two rows (id ${id})`);
    seenSkus.add(sku);
    if (token !== null) {
      const other = seenTokens.get(token);
      if (other !== undefined) duplicated.push(`write ${token} stands in ${other} and in ${sku}`);
      seenTokens.set(token, sku);
      const fate = ledger.fateOf(token);
      if (fate === undefined) duplicated.push(`${sku} carries ${token}, which nobody wrote`);
      else if (fate.sku !== sku) duplicated.push(`${sku} carries ${token}, which was written to ${fate.sku}`);
      else if (fate.fate === 'refused') duplicated.push(`${sku} carries ${token}, which was refused`);
    }
    const row = ledger.row(sku);
    if (row === undefined) continue;
    const mayCarry = [...(row.present ? [row.token] : []), ...row.unanswered];
    if (token !== null && mayCarry.includes(token)) {
      if (row.id !== '' && row.id !== id)
        duplicated.push(`${sku} was given id ${row.id} and stands under id ${id}`);
    } else if (!row.present && row.unanswered.length === 0)
      lost.push(`${sku} was deleted by ${row.token} and is back`);
    else lost.push(`${sku} should carry ${mayCarry.join(' or ')} and carries ${token ?? 'no token'}`);
  }
  for (const row of ledger.rows()) {
    // An unanswered write may have been a delete: then its absence is one of the two truths.
    if (row.present && row.unanswered.length === 0 && !seenSkus.has(row.sku)) {
      lost.push(`${row.sku} (id ${row.id}) was stored by ${row.token} and is missing`);
    }
  }
  return { lost, duplicated };
}
