import { BanyanError } from '../../../common/errors.ts';

const again =
  'Then `banyan resume`: it captures from now on and copies once more, since changes may be missing.';

export function positionLost(what: string, cause?: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_BINLOG_LOST',
    `the binary log cannot be read on from where it was left: ${what}`,
    {
      fix: `Keep binary logs for longer (binlog_expire_logs_seconds) and purge none that a move has still to read. ${again}`,
      cause,
    },
  );
}

/** Another server, or one that was reset or restored. */
export function lacksTransactions(gtids: string): BanyanError {
  return lost(
    `this server lacks transactions that were read from the binary log: ${shortened(gtids)}. It is a replica that lagged and took the place of its source, or it was reset or restored`,
    'Nothing can bring these transactions back.',
  );
}

export function logTooYoung(before: string): BanyanError {
  return lost(
    `of the files that this server has, all begin after transactions that were not read; the oldest begins after ${shortened(before) || 'none that it names'}`,
    'Have replicas write their own binary log (log_replica_updates = ON, on MariaDB log_slave_updates = ON), and keep it for longer (binlog_expire_logs_seconds).',
  );
}

export function otherServer(before: string, why: string): BanyanError {
  return lost(
    `the address leads to another server than before (${before}), and ${why}: a file and an offset mean nothing there`,
    'Where a failover is to go on without another comparison, have MySQL give transactions ids (gtid_mode = ON), without tags.',
  );
}

export function otherFile(file: string): BanyanError {
  return lost(
    `file ${file} is not the one that was read: the log was reset, or the server restored`,
    'Nothing can bring the log back.',
  );
}

function lost(what: string, fix: string): BanyanError {
  return new BanyanError(
    'BANYAN_BINLOG_LOST',
    `the binary log cannot be read on from where it was left: ${what}`,
    { fix: `${fix} ${again}` },
  );
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

export function statementLogged(sql: string, database: string): BanyanError {
  const shown = sql.length > 120 ? `${sql.slice(0, 120)}…` : sql;
  return new BanyanError(
    'BANYAN_BINLOG_STATEMENT',
    `a statement that may have changed moved tables was logged as a statement, without its rows (in ${database}): ${shown}`,
    {
      fix: `Find the session that sets binlog_format to STATEMENT or MIXED, and take that from it. ${again}`,
    },
  );
}

export function unreadable(what: string, cause?: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_BINLOG_UNREADABLE',
    `the binary log holds what banyan cannot read: ${what}`,
    {
      fix: `Turn off what writes it (compression, PARTIAL_JSON), or capture with triggers (capture: 'triggers'). ${again}`,
      cause,
    },
  );
}

export function readingForbidden(cause: Error): BanyanError {
  return new BanyanError(
    'BANYAN_PRIVILEGE_MISSING',
    `the account may not read the binary log: ${cause.message}`,
    {
      fix: '`banyan grants` prints what it needs; then `banyan resume`.',
      cause,
    },
  );
}

export function replaced(sql: string): BanyanError {
  return new BanyanError(
    'BANYAN_SCHEMA_CHANGED',
    `a moved table was truncated, rebuilt, replaced or dropped: ${sql.slice(0, 120)}`,
    { fix: `Bring the other side to the same schema. ${again}` },
  );
}

/** How an error is kept in the record of a capture, and told again by whoever finds it there. */
export function brokenText({ code, message }: BanyanError): string {
  return `${code} ${message}`;
}

export function brokenBefore(text: string): BanyanError {
  const [, code = 'BANYAN_CAPTURE_BROKEN', message = text] = /^(BANYAN_\w+) (.*)$/s.exec(text) ?? [];
  return new BanyanError(code, message, { fix: `Remove the cause. ${again}` });
}
