import { createHash } from 'node:crypto';

/** A short hash of what a query told; empty where it told nothing. */
export function hashRows(rows: readonly (readonly (string | null)[])[]): string {
  return rows.length === 0
    ? ''
    : createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 32);
}
