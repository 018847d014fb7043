import { quoteText } from '../../sql/names.ts';
import type { EngineKind } from '../../sql/session.ts';
import { lacksTransactions, logTooYoung } from './binlog-faults.ts';
import type { BinlogPosition } from './binlog-position.ts';
import { GtidPosition, parseGtidList } from './gtid-position.ts';

/** Runs a statement on some connection with the server in question. */
export type Ask = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

/** Where the first event of a file begins. */
export const fileBegins = 4;

/** The transactions in this server's log so far, purged ones too; null where it gives them no ids. */
export async function readGtids(ask: Ask, engine: EngineKind): Promise<string | null> {
  if (engine === 'mariadb') return (await ask('SELECT @@GLOBAL.gtid_binlog_pos'))[0]?.[0] ?? '';
  const [row] = await ask('SELECT @@GLOBAL.gtid_mode, @@GLOBAL.gtid_executed');
  const executed = (row?.[1] ?? '').replaceAll(/\s/g, '');
  // A tag is a word between the UUID and the numbers.
  return row?.[0] === 'ON' && !/:[a-z_]/i.test(executed) ? executed : null;
}

/**
 * That a server has all transactions which were read before, on this server or another one.
 * @throws BanyanError BANYAN_BINLOG_LOST
 */
export async function assertHasGtids(ask: Ask, engine: EngineKind, gtids: string): Promise<void> {
  if (engine === 'mysql') {
    const [row] = await ask(`SELECT GTID_SUBTRACT(${quoteText(gtids)}, @@GLOBAL.gtid_executed)`);
    const missing = (row?.[0] ?? '').replaceAll(/\s/g, '');
    if (missing !== '') throw lacksTransactions(missing);
    return;
  }
  // The last of each server in each domain, whoever was the last in the domain.
  const state = parseGtidList((await ask('SELECT @@GLOBAL.gtid_binlog_state'))[0]?.[0] ?? '');
  const missing = GtidPosition.parse(gtids).last.filter(
    (gtid) =>
      !state.some(
        ({ domain, origin, number }) =>
          domain === gtid.domain && origin === gtid.origin && number >= gtid.number,
      ),
  );
  if (missing.length > 0) {
    throw lacksTransactions(
      missing.map(({ domain, origin, number }) => `${domain}-${origin}-${number}`).join(','),
    );
  }
}

/**
 * The beginning of the youngest file of a server's log before which there is no transaction but these. From there on all others
 * are found, and perhaps some of these.
 *
 * @throws BanyanError BANYAN_BINLOG_LOST where the server lacks some of them, or its log begins after others.
 */
export async function findInLog(ask: Ask, engine: EngineKind, gtids: string): Promise<BinlogPosition> {
  await assertHasGtids(ask, engine, gtids);
  const files = (await ask('SHOW BINARY LOGS')).map(([file]) => file ?? '').reverse();
  let before = '';
  for (const file of files) {
    const events = await ask(`SHOW BINLOG EVENTS IN ${quoteText(file)} LIMIT 5`);
    const list = events.find(([, , type]) => /^(Previous_gtids|Gtid_list)$/i.test(type ?? ''));
    // The last file is a moment without it while it is made.
    if (list === undefined) continue;
    before = (list[5] ?? '').replaceAll(/\s/g, '');
    if (await holdsOnly(ask, engine, before, gtids)) return { file, at: fileBegins };
  }
  throw logTooYoung(before);
}

async function holdsOnly(ask: Ask, engine: EngineKind, before: string, gtids: string): Promise<boolean> {
  if (engine === 'mysql') {
    const [row] = await ask(`SELECT GTID_SUBSET(${quoteText(before)}, ${quoteText(gtids)})`);
    return row?.[0] === '1';
  }
  const position = GtidPosition.parse(gtids);
  const list = parseGtidList(before);
  return GtidPosition.parse(before).last.every((last) => {
    const read = position.in(last.domain);
    if (read === undefined) return false;
    if (read.origin === last.origin) return last.number <= read.number;
    // The last that was read is not before the file, or others of the domain would be that were not.
    return !list.some(
      ({ domain, origin, number }) =>
        domain === read.domain && origin === read.origin && number >= read.number,
    );
  });
}
