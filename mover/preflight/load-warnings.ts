import type { Fault } from '../../common/errors.ts';
import { type MoveSpec, sideTables } from '../move-spec.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';

/**
 * InnoDB takes the counter's lock until a LOAD DATA ends, though each row brings its number, unless `innodb_autoinc_lock_mode` is 2 (MySQL's
 * default; MariaDB's is 1). So the chunks of such a table are loaded one after the other. An INSERT executed in bulk takes no such lock.
 */
export async function loadWarnings(target: Session, spec: MoveSpec): Promise<Fault[]> {
  if (target.executesInBulk) return [];
  const [mode] = await target.texts('SELECT @@GLOBAL.innodb_autoinc_lock_mode');
  if (mode?.[0] === '2') return [];
  const counted = await target.texts(
    `SELECT DISTINCT TABLE_NAME FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = ${quoteText(spec.target.database)} AND EXTRA LIKE '%auto_increment%'`,
  );
  const ours = new Set(sideTables(spec, 'target').map((table) => table.toLowerCase()));
  const names = counted.flatMap(([name]) => (name && ours.has(name.toLowerCase()) ? [name] : []));
  if (names.length === 0) return [];
  const { host, port } = spec.target;
  return [
    {
      code: 'BANYAN_LOADS_ONE_BY_ONE',
      what: `innodb_autoinc_lock_mode of ${host}:${port} is ${mode?.[0]}: chunks of one table are loaded one after the other, which makes a copy of ${names.join(', ')} about a third slower`,
      fix: 'Start that server with innodb_autoinc_lock_mode = 2, which is safe with binlog_format = ROW, or accept the slower copy.',
    },
  ];
}
