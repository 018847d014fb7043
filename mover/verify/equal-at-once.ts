import type { KeyValues } from '../plan/key-range.ts';
import type { SidePlan } from '../plan/side-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { columnsBySpelling } from './find-suspects.ts';

/** Keys named in one statement, over all of its tables; and such tables. */
const keysAtOnce = 2_000;
const tablesAtOnce = 50;

/** Some rows of one table. */
export interface Rows {
  readonly plan: TablePlan;
  readonly keys: readonly KeyValues[];
}

/**
 * Those of the tables whose rows are equal on both sides at this moment, by their checksums: many tables in one question to either
 * server. Of a table that is not among them nothing is known.
 */
export async function equalAtOnce(
  all: readonly Rows[],
  source: Session,
  target: Session,
  signal: AbortSignal,
): Promise<ReadonlySet<TablePlan>> {
  const equal = new Set<TablePlan>();
  const asked = all.filter(
    ({ plan, keys }) => keys.length > 0 && columnsBySpelling({ plan, source, target }).compared.length === 0,
  );
  for (const some of portions(asked)) {
    signal.throwIfAborted();
    const ask = (session: Session, side: (plan: TablePlan) => SidePlan) =>
      session.texts(
        some
          .map(({ plan, keys }, index) => {
            const { hashed } = columnsBySpelling({ plan, source, target });
            const checksum = side(plan).checksum(hashed, side(plan).keys(keys));
            return `SELECT ${index} AS place, one.* FROM (${checksum}) AS one`;
          })
          .join(' UNION ALL '),
      );
    const [here, there] = await Promise.all([
      ask(source, (plan) => plan.source),
      ask(target, (plan) => plan.target),
    ]);
    const found = new Set(there.map((row) => JSON.stringify(row)));
    for (const row of here) {
      const rows = some[Number(row[0])];
      if (rows !== undefined && found.has(JSON.stringify(row))) equal.add(rows.plan);
    }
  }
  return equal;
}

function* portions(all: readonly Rows[]): Generator<readonly Rows[]> {
  let some: Rows[] = [];
  let count = 0;
  for (const rows of all) {
    if (some.length > 0 && (some.length >= tablesAtOnce || count + rows.keys.length > keysAtOnce)) {
      yield some;
      some = [];
      count = 0;
    }
    some.push(rows);
    count += rows.keys.length;
  }
  if (some.length > 0) yield some;
}
