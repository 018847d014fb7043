import type { Fault } from '../../common/errors.ts';
import type { TableSpec } from '../move-spec.ts';
import { proposeKey } from '../schema/propose-key.ts';
import { readTableDefinition } from '../schema/read-table-definition.ts';
import type { TableShape } from '../shape/table-shape.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/** Rows of a table that may be read as a whole for each batch of changes and each chunk: some tenths of a second on either side. */
export const scannedRowsMost = 100_000;
/** Where one value of the columns that lead has more rows than this, they do not lead. */
const rowsOfLeadMost = 10_000;

export interface CostFindings {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** What it costs that a table goes by all of its columns: refused where it is too much. Changes nothing; reads without locks. */
export async function groupKeyCost(
  source: Session,
  target: Session,
  spec: TableSpec,
  here: TableShape,
  there: TableShape,
): Promise<CostFindings> {
  const by = spec.by ?? [];
  const found = await Promise.all([leads(source, here, by), leads(target, there, by)]);
  if (found.every(Boolean)) return { faults: [], warnings: [] };
  const rows = await countUpTo(source, here, scannedRowsMost + 1);
  const which =
    by.length === 0 ? 'no index leads to its rows' : `no index on (${by.join(', ')}) leads to them`;
  const place = `${here.database}.${here.table}`;
  if (rows <= scannedRowsMost) {
    return {
      faults: [],
      warnings: [
        {
          code: 'BANYAN_KEY_SCANS',
          what: `${place} goes by all columns, and ${which}: each batch of changes and each chunk reads all of its ${rows.toLocaleString('en')} rows on either side`,
          fix: 'Nothing, if the table stays small: a handover waits for two or three such reads. Else give it a key, or name in `by` NOT NULL columns with which an index of both sides begins.',
        },
      ],
    };
  }
  const definition = await readTableDefinition(source, here.database, here.table);
  const proposal = definition === null ? '' : `: ${proposeKey(definition)}`;
  return {
    faults: [
      {
        code: 'BANYAN_KEY_SCANS',
        what: `${place} goes by all columns, has more than ${scannedRowsMost.toLocaleString('en')} rows, and ${which} on both sides: each batch of changes would read all of them`,
        fix: `Name in \`by\` NOT NULL columns with which an index of both sides begins and that have at most ${rowsOfLeadMost.toLocaleString('en')} rows for one value; or give the table a key${proposal}`,
      },
    ],
    warnings: [],
  };
}

/** Whether an index begins with these columns, in this order, and tells enough apart. */
async function leads(session: Session, shape: TableShape, by: readonly string[]): Promise<boolean> {
  if (by.length === 0) return false;
  const parts = await session.texts(
    `SELECT INDEX_NAME, COLUMN_NAME, SUB_PART, CARDINALITY FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = ${quoteText(shape.database)} AND TABLE_NAME = ${quoteText(shape.table)} AND INDEX_TYPE = 'BTREE'
        AND ${session.engine === 'mysql' ? "IS_VISIBLE = 'YES'" : "IGNORED = 'NO'"}
      ORDER BY INDEX_NAME, SEQ_IN_INDEX`,
  );
  const indexes = [...Map.groupBy(parts, ([name]) => name).values()];
  return indexes.some((index) => {
    const begins = by.every((name, at) => {
      const [, column, length] = index[at] ?? [];
      return column?.toLowerCase() === name.toLowerCase() && (length ?? null) === null;
    });
    const values = Math.max(1, Number(index[by.length - 1]?.[3] ?? 0));
    return begins && shape.rowsEstimate / values <= rowsOfLeadMost;
  });
}

async function countUpTo(session: Session, shape: TableShape, most: number): Promise<number> {
  const [row] = await session.texts(
    `SELECT COUNT(*) FROM (SELECT 1 FROM ${quoteTable(shape.database, shape.table)} LIMIT ${most}) AS counted`,
  );
  return Number(row?.[0] ?? 0);
}
