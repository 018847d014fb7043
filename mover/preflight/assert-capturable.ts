import { BanyanError } from '../../common/errors.ts';
import { capturedBy, type MoveSpec, sideTables } from '../move-spec.ts';
import { readForeignKeys } from '../shape/foreign-key.ts';
import type { Session } from '../sql/session.ts';
import { checkBinlog } from './check-binlog.ts';
import { foreignKeyFaults, instantCascadeFaults } from './foreign-key-faults.ts';
import { groupCascadeFaults } from './group-key-faults.ts';

/** Changes of rows that a capture would not see, whatever else it is told. Of these the binary log's settings are asked for elsewhere. */
const unseen = new Set(['BANYAN_FOREIGN_KEY_CASCADE', 'BANYAN_BINLOG_KEY', 'BANYAN_TABLE_KIND']);

/**
 * Before the source's capture is installed: the tables, or the `capture` of the config, may be others than those that the preflight has seen. A
 * move that is resumed goes through here, and a handover, before anybody is held.
 *
 * @throws BanyanError with the code of the first fault, where changes of the source's rows would go unnoticed.
 */
export async function assertCapturable(session: Session, spec: MoveSpec): Promise<void> {
  const { database } = spec.source;
  const tables = sideTables(spec, 'source');
  const keys = await readForeignKeys(session, database);
  const ofCapture =
    capturedBy(spec, 'source') === 'binlog'
      ? (await checkBinlog(session, spec, 'source')).faults
      : [
          ...groupCascadeFaults(keys, database, spec, 'source'),
          ...(await instantCascadeFaults(session, keys, database, tables)),
        ];
  const faults = [...foreignKeyFaults(keys, database, tables, 'source'), ...ofCapture].filter(({ code }) =>
    unseen.has(code),
  );
  const [first] = faults;
  if (first === undefined) return;
  const fixes = [...new Set(faults.map(({ fix }) => fix))].join(' ');
  throw new BanyanError(
    first.code,
    `changes of ${database} would go unnoticed: ${faults.map(({ what }) => what).join('; ')}`,
    { fix: `${fixes} Then \`banyan resume\`.`, faults },
  );
}
