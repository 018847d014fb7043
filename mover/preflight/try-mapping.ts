import type { Fault } from '../../common/errors.ts';
import { inverseTable, type TableSpec } from '../move-spec.ts';
import { makeTablePlan } from '../plan/make-table-plan.ts';
import type { TableShape } from '../shape/table-shape.ts';
import { quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/** What may give another value for the same row, or reads other rows. Strings are taken out before. */
const notOfTheRow =
  /\b(select|rand|uuid|uuid_short|now|sysdate|curdate|curtime|current_\w+|localtime\w*|utc_\w+|unix_timestamp\s*\(\s*\)|user|session_user|system_user|connection_id|last_insert_id|row_count|nextval|sleep|get_lock)\b|@|;|--|#|\/\*/i;

/** Has the servers read a mapping's SQL, each over the table that it speaks of. Changes nothing. */
export async function tryMapping(
  source: Session,
  target: Session,
  spec: TableSpec,
  here: TableShape,
  there: TableShape,
): Promise<Fault[]> {
  const sides = [
    { session: source, shape: here, where: spec.where, values: spec.set },
    { session: target, shape: there, where: spec.intoWhere, values: spec.back },
  ];
  const faults: Fault[] = [];
  for (const { session, shape, where, values = {} } of sides) {
    const place = quoteTable(shape.database, shape.table);
    const about = `over a row of ${shape.database}.${shape.table}`;
    const all = [...(where === undefined ? [] : [where]), ...Object.values(values)];
    for (const sql of all) {
      if (notOfTheRow.test(sql.replaceAll(/'(?:[^'\\]|''|\\.)*'/g, "''"))) {
        faults.push(refused(sql, about, 'it must depend on the row alone'));
      } else faults.push(...(await attempt(session, `SELECT (${sql}) FROM ${place} LIMIT 0`, sql, about)));
    }
  }
  if (faults.length > 0) return faults;
  // Each scope once more as the other side sees it, over the row as it arrives.
  for (const [session, one, shape, other] of [
    [source, spec, here, there],
    [target, inverseTable(spec), there, here],
  ] as const) {
    if (one.intoWhere === undefined) continue;
    const about = `over the row of ${shape.database}.${shape.table} as it arrives in ${other.database}.${other.table}`;
    let statement: string;
    try {
      statement = makeTablePlan(one, shape, other).source.select('FALSE');
    } catch {
      // Told of by the comparison of the tables.
      continue;
    }
    faults.push(...(await attempt(session, statement, one.intoWhere, about)));
  }
  return faults;
}

async function attempt(session: Session, statement: string, sql: string, about: string): Promise<Fault[]> {
  try {
    await session.rows(statement);
    return [];
  } catch (error) {
    return [refused(sql, about, error instanceof Error ? error.message : String(error))];
  }
}

function refused(sql: string, about: string, why: string): Fault {
  return {
    code: 'BANYAN_MAPPING_SQL',
    what: `the mapping’s SQL ${sql} cannot be used ${about}: ${why}`,
    fix: 'Correct it in banyan.config.ts: an expression over bare column names of that table, the same for the same row.',
  };
}
