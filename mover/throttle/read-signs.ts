import type { Session } from '../sql/session.ts';
import type { MoveTuning } from '../tuning.ts';
import type { Sign } from './brake.ts';

export interface SignSources {
  readonly source: Session;
  readonly target: Session;
  /** Of the mover's own commits on the target. */
  readonly commitMs: number;
  /** Log entries that are not applied yet. */
  readonly backlog: () => Promise<number>;
  readonly tuning: MoveTuning;
}

/** How both servers fare at this moment; some small questions. */
export async function readSigns({ source, target, commitMs, backlog, tuning }: SignSources): Promise<Sign[]> {
  const signs: Sign[] = [];
  for (const [side, session] of [
    ['source', source],
    ['target', target],
  ] as const) {
    const running = await statusOf(session, 'Threads_running');
    signs.push({
      what: `${running} threads run on the ${side}`,
      value: running,
      limit: tuning.maxThreadsRunning,
    });
    const history = await historyLength(session);
    signs.push({
      what: `InnoDB keeps ${history} old versions on the ${side}`,
      value: history,
      limit: tuning.maxHistoryLength,
    });
  }
  const commit = Math.round(commitMs);
  signs.push({ what: `a commit on the target takes ${commit} ms`, value: commit, limit: tuning.maxCommitMs });
  const entries = await backlog();
  signs.push({
    what: `${entries} changes wait to be applied`,
    value: entries,
    limit: tuning.maxBacklogEntries,
  });
  return signs;
}

async function statusOf(session: Session, name: string): Promise<number> {
  const [row] = await session.texts(`SHOW GLOBAL STATUS LIKE '${name}'`);
  return Number(row?.[1] ?? 0);
}

/** MySQL tells it in a table that needs PROCESS, which the mover has; MariaDB in a status variable. */
async function historyLength(session: Session): Promise<number> {
  if (session.engine === 'mariadb') return statusOf(session, 'Innodb_history_list_length');
  const [row] = await session.texts(
    "SELECT `COUNT` FROM information_schema.INNODB_METRICS WHERE NAME = 'trx_rseg_history_len'",
  );
  return Number(row?.[0] ?? 0);
}
