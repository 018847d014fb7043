import type { Fault } from '../../common/errors.ts';
import {
  filterFaults,
  logsCascades,
  readBinlogEnd,
  readBinlogSettings,
  settingFaults,
  settingWarnings,
} from '../capture/binlog/binlog-settings.ts';
import { isReadableInHash, isReadableKey } from '../capture/binlog/read-key-value.ts';
import { type MoveSpec, sideTables, type TableSpec } from '../move-spec.ts';
import { chooseKey } from '../shape/choose-key.ts';
import { cascades, readForeignKeys } from '../shape/foreign-key.ts';
import { hashedColumns, samePairs } from '../shape/hashed-columns.ts';
import { readTableShape } from '../shape/read-table-shape.ts';
import type { TableShape } from '../shape/table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import type { Session } from '../sql/session.ts';
import { errnoOf } from '../sql/sql-error.ts';

/** ER_SPECIFIC_ACCESS_DENIED_ERROR: told with the privileges. */
const accessDenied = 1227;

/** What keeps the changes of one side's tables from being read out of its server's binary log. Changes nothing. */
export async function checkBinlog(
  session: Session,
  spec: MoveSpec,
  side: 'source' | 'target',
): Promise<{ readonly faults: Fault[]; readonly warnings: Fault[] }> {
  const endpoint = spec[side];
  const settings = await readBinlogSettings(session);
  const faults = settingFaults(endpoint, settings);
  const end =
    settings.log_bin === 'ON'
      ? await readBinlogEnd(session).catch((error: unknown) => {
          if (errnoOf(error) === accessDenied) return null;
          throw error;
        })
      : null;
  if (end !== null) faults.push(...filterFaults(endpoint, end, [endpoint.database, spec.bookkeepingSchema]));
  const tables = sideTables(spec, side);
  const unlogged = logsCascades(settings) ? [] : await readForeignKeys(session, endpoint.database);
  for (const key of unlogged) {
    if (key.database !== endpoint.database || !tables.includes(key.child) || !cascades(key)) continue;
    faults.push({
      code: 'BANYAN_FOREIGN_KEY_CASCADE',
      what: `foreign key ${key.name} changes rows of ${endpoint.database}.${key.child}, and capture from the binary log does not see that: InnoDB logs no such rows`,
      fix: "Capture this side with triggers (capture: 'triggers'), or make the key RESTRICT and delete the children in the application.",
    });
  }
  for (const table of tables) {
    const shape = await readTableShape(session, endpoint.database, table);
    if (shape?.tableType === 'SYSTEM VERSIONED') {
      faults.push({
        code: 'BANYAN_TABLE_KIND',
        what: `${endpoint.database}.${table} is system-versioned, and its binary log tells of rows of the history as well`,
        fix: "Capture this side with triggers (capture: 'triggers').",
      });
    }
    const grouped = spec.tables.find(
      (one) => one.key !== undefined && sideTables({ tables: [one] }, side)[0] === table,
    );
    const unreadable = shape === null ? [] : unreadableColumns(shape, grouped);
    for (const column of unreadable) {
      faults.push({
        code: 'BANYAN_BINLOG_KEY',
        what: `${endpoint.database}.${table} has the key column ${column.name} of type ${column.columnType}, which is not read from the binary log`,
        fix: "Capture this side with triggers (capture: 'triggers').",
      });
    }
  }
  return { faults, warnings: settings.log_bin === 'ON' ? settingWarnings(endpoint, settings) : [] };
}

/** Columns of the key that are not read from the log; `grouped`: the table goes by all columns. */
function unreadableColumns(shape: TableShape, grouped: TableSpec | undefined): readonly ColumnShape[] {
  if (grouped === undefined) return chooseKey(shape)?.filter((column) => !isReadableKey(column)) ?? [];
  const hashed = hashedColumns(samePairs(shape, shape)).map(({ source }) => source);
  return hashed.filter((column) => !isReadableInHash(column));
}
