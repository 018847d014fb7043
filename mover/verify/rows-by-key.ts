import { type KeyValues, keyId } from '../plan/key-range.ts';
import type { SidePlan } from '../plan/side-plan.ts';
import type { RawRow, Session } from '../sql/session.ts';

/** The rows of these keys on one side, as both sides spell them, by the key's id; a key may name several. */
export async function rowsByKey(
  session: Session,
  side: SidePlan,
  keys: readonly KeyValues[],
): Promise<Map<string, RawRow[]>> {
  const columns = side.key.length;
  const rows = await session.rows(side.selectCompared(side.keys(keys)));
  const found = new Map<string, RawRow[]>();
  for (const row of rows) {
    const id = keyId(row.slice(0, columns));
    const values = row.slice(columns);
    const known = found.get(id);
    if (known === undefined) found.set(id, [values]);
    else known.push(values);
  }
  return found;
}
