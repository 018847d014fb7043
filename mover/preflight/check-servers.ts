import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import type { Fault } from '../../common/errors.ts';
import type { Session } from '../sql/session.ts';

const clockSkewMaxMs = 2_000;

export interface ServerFacts {
  readonly version: string;
  readonly readOnly: boolean;
  /** The binary log is on and takes statements, which InnoDB writes under READ COMMITTED cannot be. */
  readonly logsStatements: boolean;
  /** Seconds east of UTC of a session that sets no time zone. */
  readonly zoneSeconds: number;
  /** Server clock minus ours, in milliseconds, halfway through the question. */
  readonly clockMs: number;
}

export async function readServerFacts(session: Session): Promise<ServerFacts> {
  const readOnly = session.engine === 'mysql' ? '@@read_only OR @@super_read_only' : '@@read_only';
  const sent = Date.now();
  const [clock] = await session.texts('SELECT UNIX_TIMESTAMP(NOW(3))');
  const halfway = (sent + Date.now()) / 2;
  const [facts] = await session.texts(
    `SELECT ${readOnly}, @@log_bin AND @@binlog_format = 'STATEMENT', TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(),
       CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', IF(@@global.time_zone = 'SYSTEM', 'SYSTEM', @@global.time_zone)))`,
  );
  return {
    version: session.version,
    readOnly: facts?.[0] === '1',
    logsStatements: facts?.[1] === '1',
    zoneSeconds: Number(facts?.[2] ?? 0),
    clockMs: Number(clock?.[0]) * 1_000 - halfway,
  };
}

export function serverFaults(endpoint: DatabaseEndpoint, facts: ServerFacts): Fault[] {
  const server = `${endpoint.host}:${endpoint.port}`;
  const faults: Fault[] = [];
  if (facts.readOnly) {
    faults.push({
      code: 'BANYAN_SERVER_READ_ONLY',
      what: `${server} is read-only`,
      fix: 'Give banyan the address of the primary server.',
    });
  }
  if (facts.logsStatements) {
    faults.push({
      code: 'BANYAN_LOGS_STATEMENTS',
      what: `${server} has binlog_format = STATEMENT, under which it refuses what banyan writes`,
      fix: 'SET GLOBAL binlog_format = ROW there (or MIXED, on MariaDB), also in its configuration file, and have its clients connect anew.',
    });
  }
  if (!isRecent(facts.version)) {
    faults.push({
      code: 'BANYAN_SERVER_TOO_OLD',
      what: `${server} runs ${facts.version}`,
      fix: 'banyan moves tables between MySQL 8.0.17 or newer and MariaDB 10.5 or newer: upgrade the server first.',
    });
  }
  return faults;
}

export function isRecent(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = (/(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  const number = major * 10_000 + minor * 100 + patch;
  return /mariadb/i.test(version) ? number >= 10_05_00 : number >= 8_00_17;
}

export function pairFaults(source: ServerFacts, target: ServerFacts): Fault[] {
  const faults: Fault[] = [];
  const skew = Math.abs(source.clockMs - target.clockMs);
  if (skew > clockSkewMaxMs) {
    faults.push({
      code: 'BANYAN_CLOCK_SKEW',
      what: `the clocks of the two servers differ by ${Math.round(skew / 100) / 10} s`,
      fix: 'Synchronize both clocks (NTP): timestamps that the databases set would jump at the cutover.',
    });
  }
  if (source.zoneSeconds !== target.zoneSeconds) {
    const hours = (seconds: number) => `UTC${seconds < 0 ? '-' : '+'}${Math.abs(seconds) / 3_600}`;
    faults.push({
      code: 'BANYAN_TIME_ZONE_DIFFERS',
      what: `the servers’ default time zones differ: ${hours(source.zoneSeconds)} and ${hours(target.zoneSeconds)}`,
      fix: 'SET GLOBAL time_zone to the same zone on both: NOW() in a DATETIME column would jump at the cutover.',
    });
  }
  return faults;
}
