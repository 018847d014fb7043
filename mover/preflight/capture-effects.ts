import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import type { Fault } from '../../common/errors.ts';
import type { EngineKind } from '../sql/session.ts';

/** What an application notices of triggers that capture its tables, whatever they do. */
export function captureEffects(engine: EngineKind, { database }: DatabaseEndpoint): Fault[] {
  const fix = "`capture: 'binlog'` of the feature (or of this side) puts no trigger on the tables.";
  const code = 'BANYAN_CAPTURE_EFFECTS';
  return [
    {
      code,
      what: `while triggers capture ${database}, INSERT … ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id) and UPDATE … SET n = LAST_INSERT_ID(n + 1) on a moved table return insertId 0 to the driver; SELECT LAST_INSERT_ID() stays right`,
      fix: `If the application does so, ask SELECT LAST_INSERT_ID() instead. ${fix}`,
    },
    ...(engine === 'mariadb'
      ? [
          {
            code,
            what: `while triggers capture ${database}, writes to a moved table under LOCK TABLES … WRITE may fail with errno 1442 on MariaDB`,
            fix: `If the application locks these tables, have it use transactions. ${fix}`,
          },
        ]
      : []),
  ];
}
