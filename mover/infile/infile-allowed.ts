import { BanyanError } from '../../common/errors.ts';
import type { MoveLogger } from '../move.ts';
import type { Session } from '../sql/session.ts';
import type { MoveTuning } from '../tuning.ts';

/** Whether the target takes LOAD DATA LOCAL INFILE and the tuning allows it; said in the log where it is slower without. */
export async function infileAllowed(
  { writeWith }: MoveTuning,
  logger: MoveLogger,
  target: Session,
): Promise<boolean> {
  if (writeWith === 'insert') return false;
  const [row] = await target.texts('SELECT @@local_infile');
  if (row?.[0] === '1') return true;
  if (writeWith === 'infile') {
    throw new BanyanError(
      'BANYAN_INFILE_REFUSED',
      'the target server does not allow LOAD DATA LOCAL INFILE',
      {
        fix: "SET GLOBAL local_infile = 1 on the target server, or tune writeWith to 'auto'.",
      },
    );
  }
  logger.warn(
    { fix: 'SET GLOBAL local_infile = 1 on the target server' },
    'the target refuses LOAD DATA LOCAL INFILE: copying by INSERT, at about two thirds of the speed',
  );
  return false;
}
