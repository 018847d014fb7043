import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { BanyanError, type Fault } from '../../../common/errors.ts';
import type { EngineKind, Session } from '../../sql/session.ts';
import { errno, errnoOf } from '../../sql/sql-error.ts';
import type { BinlogPosition } from './binlog-position.ts';
import type { Ask } from './find-in-log.ts';

/** Shorter than that, a weekend's pause would cost a copy. */
const retentionAtLeastSeconds = 86_400;

const names = [
  ...['log_bin', 'binlog_format', 'binlog_row_image', 'binlog_row_value_options', 'log_bin_compress'],
  ...['binlog_transaction_compression', 'binlog_order_commits', 'binlog_expire_logs_seconds'],
  ...['sync_binlog', 'innodb_flush_log_at_trx_commit', 'lower_case_table_names'],
  'innodb_native_foreign_keys',
] as const;

export type BinlogSettings = Readonly<Partial<Record<(typeof names)[number], string>>>;

/** The server's own settings; what an engine does not have is missing. */
export async function readBinlogSettings(session: Session): Promise<BinlogSettings> {
  const rows = await session.texts(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.map((name) => `'${name}'`).join(', ')})`,
  );
  return Object.fromEntries(rows.map(([name, value]) => [String(name).toLowerCase(), value ?? '']));
}

/** What keeps changes from being read out of the server's binary log. Pure. */
export function settingFaults({ host, port }: DatabaseEndpoint, settings: BinlogSettings): Fault[] {
  const is = (name: keyof BinlogSettings, ...wanted: string[]) =>
    settings[name] === undefined || wanted.includes(settings[name].toUpperCase());
  const wrong = (name: keyof BinlogSettings, why: string, fix: string): Fault => ({
    code: 'BANYAN_BINLOG_SETTINGS',
    what: `${host}:${port} has ${name} = ${settings[name] || "''"}: ${why}`,
    fix,
  });
  const faults: Fault[] = [];
  const check = (name: keyof BinlogSettings, wanted: readonly string[], why: string) => {
    if (!is(name, ...wanted))
      faults.push(
        wrong(name, why, `SET GLOBAL ${name} = '${wanted[0]}'; on that server, and in its configuration.`),
      );
  };
  if (!is('log_bin', 'ON', '1')) {
    return [
      wrong(
        'log_bin',
        'there is no binary log',
        "Start the server with log_bin, or capture with triggers (capture: 'triggers').",
      ),
    ];
  }
  check('binlog_format', ['ROW'], 'rows that change must be logged, not statements');
  check('binlog_row_image', ['FULL'], 'each row’s key must be logged');
  check('binlog_row_value_options', [''], 'partial updates of JSON cannot be read');
  check('binlog_transaction_compression', ['OFF', '0'], 'compressed transactions cannot be read');
  check('log_bin_compress', ['OFF', '0'], 'compressed events cannot be read');
  check('binlog_order_commits', ['ON', '1'], 'commits must become visible in the order of the log');
  const retention = Number(settings.binlog_expire_logs_seconds ?? 0);
  if (retention > 0 && retention < retentionAtLeastSeconds) {
    faults.push(
      wrong(
        'binlog_expire_logs_seconds',
        'a move that pauses for longer must copy again',
        `SET GLOBAL binlog_expire_logs_seconds = ${retentionAtLeastSeconds * 3}; on that server, and in its configuration.`,
      ),
    );
  }
  return faults;
}

/**
 * Whether rows that a foreign key changes are in the log: MySQL from 9.6 on runs cascades above InnoDB, like any statement. InnoDB
 * itself, there by a setting and everywhere else, does it below the log. Pure.
 */
export function logsCascades(settings: BinlogSettings): boolean {
  return settings.innodb_native_foreign_keys === 'OFF';
}

/** What a power cut would do. Pure. */
export function settingWarnings({ host, port }: DatabaseEndpoint, settings: BinlogSettings): Fault[] {
  if (settings.sync_binlog === '1' && settings.innodb_flush_log_at_trx_commit === '1') return [];
  return [
    {
      code: 'BANYAN_BINLOG_UNSYNCED',
      what: `${host}:${port} has sync_binlog = ${settings.sync_binlog} and innodb_flush_log_at_trx_commit = ${settings.innodb_flush_log_at_trx_commit}: after a power cut its binary log may lack changes that its tables have`,
      fix: 'Set both to 1; or verify, and copy again after a power cut.',
    },
  ];
}

/** The log's end, and the databases that are left out of it. */
export async function readBinlogEnd(
  session: Session,
): Promise<{ readonly position: BinlogPosition; readonly only: string; readonly never: string } | null> {
  // MariaDB, and MySQL before 8.2, know the older name only.
  const rows = await session.texts('SHOW BINARY LOG STATUS').catch((error: unknown) => {
    if (errnoOf(error) !== errno.parseError) throw error;
    return session.texts('SHOW MASTER STATUS');
  });
  const [row] = rows;
  if (row === undefined) return null;
  const [file, at, only, never] = row;
  return { position: { file: file ?? '', at: Number(at) }, only: only ?? '', never: never ?? '' };
}

/** Databases that the server leaves out of its log. Pure. */
export function filterFaults(
  { host, port }: DatabaseEndpoint,
  end: { readonly only: string; readonly never: string },
  databases: readonly string[],
): Fault[] {
  const list = (text: string) => text.split(',').filter((name) => name !== '');
  const only = list(end.only);
  const left = databases.filter(
    (name) => list(end.never).includes(name) || (only.length > 0 && !only.includes(name)),
  );
  return left.map((name) => ({
    code: 'BANYAN_BINLOG_SETTINGS',
    what: `${host}:${port} does not log changes of ${name} (binlog_do_db, binlog_ignore_db)`,
    fix: 'Take the filter out of the server’s configuration and restart it.',
  }));
}

/** Names the server's log: a file and an offset mean nothing in another one's. */
export async function readServerName(ask: Ask, engine: EngineKind): Promise<string> {
  const [row] = await ask(
    engine === 'mysql'
      ? 'SELECT @@server_uuid'
      : "SELECT CONCAT_WS(' ', @@server_id, @@hostname, @@port, @@datadir)",
  );
  return row?.[0] ?? '';
}

const servers = new WeakMap<Session, Promise<string>>();

/** The server that a session is connected to, asked for once. */
export function serverOf(session: Session): Promise<string> {
  const known = servers.get(session) ?? readServerName((sql) => session.texts(sql), session.engine);
  servers.set(session, known);
  return known;
}

export function settingsError(faults: readonly Fault[]): BanyanError {
  return new BanyanError(
    'BANYAN_BINLOG_SETTINGS',
    `changes cannot be read from the binary log: ${faults.map((fault) => fault.what).join('; ')}`,
    { fix: 'Set the server as each fault says, then `banyan resume`.', faults },
  );
}
