import { type KeyValues, keyId } from '../plan/key-range.ts';
import { parseTaken, takenVariable } from '../plan/note-taken.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { writeRows } from '../plan/write-rows.ts';
import type { RawRow, Session } from '../sql/session.ts';

/** Rows of one statement: the keys that it notes are far shorter than a packet may be. */
const rowsAtOnce = 100;

const savepoint = 'banyan_trial';

/**
 * Keys of target rows that keep these from being inserted. The server itself finds them by its unique indexes, whatever these are
 * over, and by the values that its columns and collations make of what arrives: nothing is computed or compared here.
 *
 * In a transaction that the caller rolls back. A row may be kept out by several others, of which the server names one at a time: each
 * that is named leaves, and the rows are tried again.
 */
export async function tryLanding(
  target: Session,
  { target: side }: TablePlan,
  rows: readonly RawRow[],
): Promise<KeyValues[]> {
  const found: KeyValues[] = [];
  const known = new Set<string>();
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const some = rows.slice(start, start + rowsAtOnce);
    for (;;) {
      await target.run(`SAVEPOINT ${savepoint}`);
      const taken = (await notedBy(target, () => writeRows(target, side, some, 'note'))).filter(
        (key) => !known.has(keyId(key)),
      );
      if (taken.length === 0) break;
      await target.run(`ROLLBACK TO SAVEPOINT ${savepoint}`);
      for (const key of taken) known.add(keyId(key));
      // Rows outside the scope stay, and are not ours to name.
      const condition = side.keys(taken);
      found.push(...(await target.rows(side.selectKeys(condition))));
      await target.run(side.delete(condition));
    }
  }
  return found;
}

async function notedBy(target: Session, write: () => Promise<void>): Promise<KeyValues[]> {
  await target.run(`SET ${takenVariable} = ''`);
  await write();
  const [row] = await target.rows(`SELECT ${takenVariable}`);
  return parseTaken(row?.[0]?.toString('latin1') ?? '');
}
