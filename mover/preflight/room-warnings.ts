import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import type { Fault } from '../../common/errors.ts';
import type { Session } from '../sql/session.ts';
import { freeSpace } from '../throttle/free-space.ts';

/** Nobody notices that the disk fills up to which the rows are copied. */
export async function roomWarnings(target: Session, { host, port }: DatabaseEndpoint): Promise<Fault[]> {
  if ((await freeSpace(target)) !== null) return [];
  return [
    {
      code: 'BANYAN_DISK_UNWATCHED',
      what: `how much room is left on the disk of ${host}:${port} is not known, so a copy does not stand when it fills up`,
      fix:
        target.engine === 'mariadb'
          ? "INSTALL SONAME 'disks'; on that server and GRANT FILE ON *.* to banyan's account, or watch its disk yourself."
          : 'Watch its disk yourself: MySQL does not tell it by SQL. See that it has room for the tables, and as much again for its binary log.',
    },
  ];
}
