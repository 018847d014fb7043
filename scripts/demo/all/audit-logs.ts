import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';

export interface LogAuditOptions {
  readonly legacy: DatabaseEndpoint;
  readonly log: DatabaseEndpoint;
  /** The routers' access logs. */
  readonly routerLogs: readonly string[];
  /** Since when the monolith has appended to the service, milliseconds since 1970. */
  readonly since: number;
  readonly signal: AbortSignal;
}

export interface LogVerdict {
  /** Rows of the monolith's table. */
  readonly rows: number;
  /** Entries of the log service. */
  readonly entries: number;
  /** Requests that the monolith has answered since it appends to the service. */
  readonly answered: number;
  readonly findings: readonly string[];
}

/** The monolith writes its entries half a second late. */
const patienceMs = 20_000;

/**
 * Holds the log service's entries against the monolith's table, whose rows it must have, each once, and against what the routers say that the monolith
 * has answered since it appends to the service: an entry for each request, known by its id.
 */
export async function auditLogs({
  legacy,
  log,
  routerLogs,
  since,
  signal,
}: LogAuditOptions): Promise<LogVerdict> {
  const answered = await answeredByLegacy(routerLogs, since);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const rows = await rowsOf(
      legacy,
      'SELECT at, method, path, status, duration_ms AS durationMs, user_id AS userId FROM logs',
    );
    const entries = (await rowsOf(
      log,
      "SELECT id, at, message, fields FROM entries WHERE source = 'shop'",
    )) as unknown as StoredEntry[];
    const findings = [
      ...judgeMoved(rows as unknown as LogRow[], entries),
      ...judgeAppended(answered, entries),
    ];
    if (findings.length === 0 || performance.now() > deadline) {
      return { rows: rows.length, entries: entries.length, answered: answered.size, findings };
    }
    await wait(500, undefined, { signal });
  }
}

/** Ids of entries that were rows begin so. */
const movedPrefix = 'logs-';

interface LogRow {
  readonly at: Date;
}

interface StoredEntry {
  readonly id: string;
  readonly at: Date;
  /** JSON of the request. */
  readonly fields: string;
}

/** Each row of the table has its entry, and each of those entries its row; equal rows count. Pure. */
export function judgeMoved(rows: readonly LogRow[], entries: readonly StoredEntry[]): string[] {
  const wanted = tally(rows.map(({ at, ...row }) => `${at.toISOString()} ${JSON.stringify(row)}`));
  const found = tally(
    entries
      .filter(({ id }) => id.startsWith(movedPrefix))
      .map(({ at, fields }) => `${at.toISOString()} ${fields}`),
  );
  return [...new Set([...wanted.keys(), ...found.keys()])].flatMap((key) => {
    const [are, should] = [found.get(key) ?? 0, wanted.get(key) ?? 0];
    return are === should ? [] : [`log: ${key} stands ${are} times in the service and ${should} in legacy`];
  });
}

/** Each request, by its id, has one entry. Pure. */
export function judgeAppended(
  answered: ReadonlyMap<string, string>,
  entries: readonly Pick<StoredEntry, 'fields'>[],
): string[] {
  const times = tally(entries.map(({ fields }) => String(JSON.parse(fields).requestId ?? '')));
  return [...answered].flatMap(([id, request]) => {
    const count = times.get(id) ?? 0;
    return count === 1 ? [] : [`log: ${request} (${id}) has ${count} entries`];
  });
}

/** By request id. */
async function answeredByLegacy(
  files: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, string>> {
  const answered = new Map<string, string>();
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (!line.startsWith('{') || !line.endsWith('"msg":"request"}')) continue;
      const { time, side, requestId, method, path } = JSON.parse(line);
      if (side === 'legacy' && time >= since) answered.set(requestId, `${method} ${path}`);
    }
  }
  return answered;
}

function tally(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

async function rowsOf(database: DatabaseEndpoint, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ ...database, timezone: 'Z' });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}
