import type { TableTakenBack, TakeBackReport, WaitingKeys } from '../move.ts';
import type { MovePart } from '../move-part.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { nameKey } from '../verify/name-key.ts';
import { sameRows } from '../verify/pair-rows.ts';
import { rowsByKey } from '../verify/rows-by-key.ts';

const rowsAtOnce = 500;
const examplesMax = 10;
/** Keys of one table that are looked at; nobody goes through more of them by hand. */
const keysMax = 100_000;

/** What waits in the log of one table. */
export async function waitingOf(part: MovePart, source: Session, limit: number): Promise<WaitingKeys> {
  const plan = part.plans[0]!;
  const { count, keys } = await part.log.waiting(source, limit);
  const first = keys.reduce((least, { firstAt }) => Math.min(least, firstAt), Number.POSITIVE_INFINITY);
  const last = keys.reduce((most, { lastAt }) => Math.max(most, lastAt), 0);
  return {
    table: plan.source.table,
    keys: count,
    firstAt: keys.length === 0 ? null : time(first),
    lastAt: keys.length === 0 ? null : time(last),
    list: keys.map(({ key, lastAt }) => ({ key: nameKey(plan, key), lastAt: time(lastAt) })),
  };
}

/**
 * Compares the rows of all keys that the log still holds. The target owns the rows now, the source lost them: what the source alone
 * has is what the owner lacks.
 */
export async function lookAtLost(
  parts: readonly MovePart[],
  source: Session,
  target: Session,
  signal: AbortSignal,
): Promise<TakeBackReport> {
  const tables: TableTakenBack[] = [];
  for (const part of parts) {
    const { keys } = await part.log.waiting(source, keysMax);
    for (const plan of part.plans) {
      const found = { missing: 0, extra: 0, changed: 0, kept: 0 };
      const examples: { key: Readonly<Record<string, string>>; kind: Different['kind'] }[] = [];
      for (let from = 0; from < keys.length; from += rowsAtOnce) {
        signal.throwIfAborted();
        const some = keys.slice(from, from + rowsAtOnce).map(({ key }) => key);
        for (const { key, kind } of await different(plan, source, target, some)) {
          found[kind] += 1;
          if (examples.length < examplesMax) examples.push({ key: nameKey(plan, key), kind });
        }
      }
      tables.push({ table: plan.name, rowsCompared: keys.length, ...found, examples });
    }
  }
  return { tables };
}

async function different(
  plan: TablePlan,
  source: Session,
  target: Session,
  keys: readonly KeyValues[],
): Promise<Different[]> {
  const [lost, owned] = await Promise.all([
    rowsByKey(source, plan.source, keys),
    rowsByKey(target, plan.target, keys),
  ]);
  const enginesDiffer = source.engine !== target.engine;
  const kindOf = (key: KeyValues): Different['kind'] | null => {
    const [here, there] = [lost.get(keyId(key)), owned.get(keyId(key))];
    if (here === undefined) return there === undefined ? null : 'extra';
    if (there === undefined) return 'missing';
    return sameRows(plan, here, there, enginesDiffer) ? null : 'changed';
  };
  return keys.flatMap((key) => {
    const kind = kindOf(key);
    return kind === null ? [] : [{ key, kind }];
  });
}

interface Different {
  readonly key: KeyValues;
  readonly kind: 'missing' | 'extra' | 'changed';
}

function time(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
