import { type KeyValues, keyId } from '../plan/key-range.ts';
import type { SidePlan } from '../plan/side-plan.ts';
import type { Session } from '../sql/session.ts';

/** A batch cannot be written before somebody's transaction on the target ends. */
export class RowsLocked extends Error {
  /** Keys of the rows that it has locked; none where the batch's statements met such rows though it names none of them. */
  readonly locked: readonly KeyValues[];
  /** The batch's own; others may be among the locked ones, by a unique value. */
  readonly batch: readonly KeyValues[];

  constructor(locked: readonly KeyValues[], batch: readonly KeyValues[]) {
    super(`${locked.length} rows of the target are locked by others`);
    this.locked = locked;
    this.batch = batch;
  }
}

/** Those of the keys whose rows somebody else has locked at this moment, as that side spells them. Waits for nobody; in no transaction. */
export async function lockedRows(
  session: Session,
  side: SidePlan,
  keys: readonly KeyValues[],
): Promise<KeyValues[]> {
  if (keys.length === 0) return [];
  const free = new Set((await session.rows(side.selectUnlocked(keys))).map(keyId));
  const there = await session.rows(side.selectKeys(side.keys(keys)));
  return there.filter((key) => !free.has(keyId(key)));
}
