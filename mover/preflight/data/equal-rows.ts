import type { Fault } from '../../../common/errors.ts';
import { type KeyRange, wholeTable } from '../../plan/key-range.ts';
import { nextChunk } from '../../plan/next-chunk.ts';
import type { TablePlan } from '../../plan/table-plan.ts';
import type { Session } from '../../sql/session.ts';
import { printable } from '../../verify/printable.ts';

const chunkRows = 20_000;
/** Beyond that what was found so far is told. */
const lookMs = 30_000;
/** A change of one row of a group reads and writes all of them. */
const groupMost = 20_000;
const columnsShown = 6;

/** How many rows of a table that goes by all columns are equal to another. Reads without locks. */
export async function equalRows(
  source: Session,
  { source: side }: TablePlan,
  signal: AbortSignal | undefined,
): Promise<{ readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] }> {
  const until = performance.now() + lookMs;
  const key = side.key.map((_, index) => `banyan_${index + 1}`).join(', ');
  let [rows, equal, most] = [0, 0, 0];
  let example = '';
  let range: KeyRange = wholeTable;
  do {
    signal?.throwIfAborted();
    range = await nextChunk(source, side, { after: range.upTo, upTo: null }, chunkRows);
    const condition = side.range(range);
    const groups = `SELECT ${key}, COUNT(*) AS members FROM (${side.selectKeys(condition)}) AS banyan_keys GROUP BY ${key}`;
    const [found] = await source.texts(
      `SELECT COALESCE(SUM(members), 0), COALESCE(SUM(members - 1), 0), COALESCE(MAX(members), 0) FROM (${groups}) AS banyan_groups`,
    );
    const [inRange = 0, more = 0, greatest = 0] = (found ?? []).map(Number);
    rows += inRange;
    equal += more;
    if (greatest > Math.max(1, most)) {
      most = greatest;
      const [largest] = await source.rows(`${groups} ORDER BY members DESC LIMIT 1`);
      const of = largest === undefined ? [] : [largest.slice(0, side.key.length)];
      const [row] = of.length === 0 ? [] : await source.rows(`${side.select(side.keys(of))} LIMIT 1`);
      const values = side.columns.slice(0, columnsShown).map(({ name, shape }, index) => {
        return `${name} = ${printable(shape, row?.[index] ?? null) ?? 'NULL'}`;
      });
      example = values.join(', ');
    }
  } while (range.upTo !== null && performance.now() < until);
  if (equal === 0) return { faults: [], warnings: [] };
  const looked =
    range.upTo === null
      ? ''
      : ` (of the ${rows.toLocaleString('en')} that were looked at in ${lookMs / 1_000} s)`;
  const fault: Fault = {
    code: 'BANYAN_ROWS_EQUAL',
    what: `${side.database}.${side.table}: ${equal.toLocaleString('en')} rows${looked} are equal to another in all columns by which the table goes, up to ${most.toLocaleString('en')} to each other, for instance those with ${example}`,
    fix:
      most > groupMost
        ? `A change of one would read and write all of them: with more than ${groupMost.toLocaleString('en')} give the table a key (\`banyan check\` without \`key: 'all columns'\` prints the statement), or delete those that are too many.`
        : 'Nothing: they are carried over as they are, all that are equal together. If they are not meant to be, delete those that are too many before the copy.',
  };
  return most > groupMost ? { faults: [fault], warnings: [] } : { faults: [], warnings: [fault] };
}
