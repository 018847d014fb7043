import { BanyanError } from '../../common/errors.ts';
import type { MoveLogger } from '../move.ts';
import type { Session } from '../sql/session.ts';
import type { MoveTuning } from '../tuning.ts';

/**
 * How rows go to a server: as parameters of one INSERT that is executed for all of them (MariaDB's COM_STMT_BULK_EXECUTE), as lines
 * of LOAD DATA LOCAL INFILE, or as literals of multi-row INSERTs.
 */
export type RowForm = 'bulk' | 'infile' | 'insert';

export interface RowForms {
  readonly usual: RowForm;
  /** Where a row is longer than the target takes a packet. */
  readonly long: Exclude<RowForm, 'bulk'>;
}

/** The fastest form that the target takes and the tuning allows; said in the log where that is the slowest. */
export async function rowForms(
  { writeWith }: MoveTuning,
  logger: MoveLogger,
  target: Session,
): Promise<RowForms> {
  if (writeWith === 'insert') return { usual: 'insert', long: 'insert' };
  const [row] = await target.texts('SELECT @@local_infile');
  const long = row?.[0] === '1' && writeWith !== 'bulk' ? 'infile' : 'insert';
  if (writeWith === 'infile' && long !== 'infile') {
    throw new BanyanError(
      'BANYAN_INFILE_REFUSED',
      'the target server does not allow LOAD DATA LOCAL INFILE',
      {
        fix: "SET GLOBAL local_infile = 1 on the target server, or tune writeWith to 'auto'.",
      },
    );
  }
  if (writeWith === 'infile') return { usual: 'infile', long };
  if (target.executesInBulk) return { usual: 'bulk', long };
  if (writeWith === 'bulk') {
    throw new BanyanError('BANYAN_BULK_REFUSED', 'the target server does not execute statements in bulk', {
      fix: "Only MariaDB does, and not through every proxy. Tune writeWith to 'auto'.",
    });
  }
  if (long === 'insert') {
    logger.warn(
      { fix: 'SET GLOBAL local_infile = 1 on the target server' },
      'the target refuses LOAD DATA LOCAL INFILE: copying by INSERT, at about two thirds of the speed',
    );
  }
  return { usual: long, long };
}
