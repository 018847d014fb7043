import { setTimeout as wait } from 'node:timers/promises';
import type { LogEntry, LogQuery, Logs, LogTable, NewLogEntry } from '../models/log-table.ts';
import { type Entry, Level, type LogServiceClient } from './contracts/log.ts';
import type { FeatureSeams } from './feature-seams.ts';

/** What the shop's entries are known by in a log that others write to as well. */
export const SOURCE = 'shop';
/** Back to the first entry of so many days the staff's page looks. */
const DAYS = 7;
const PAGE = 1_000;
/** What one append may take: nobody waits for it. */
const appendMs = 5_000;
/** Pauses before an append that was not answered is sent again: with its ids, so that it is there once. */
const pausesMs: readonly number[] = [100, 200, 500, 1_000, 2_000, 5_000, 5_000, 5_000];

/** The log of requests for the code that writes and shows it. Entries of before are moved by the job `move-logs`. */
export function logSeams(logs: LogTable, seams: FeatureSeams, client: LogServiceClient): Logs {
  return {
    append: seams.write('append', {
      legacy: (entries: readonly NewLogEntry[]) => logs.append(entries),
      service: (entries) => appendSurely(client, entries.map(toEntry)),
    }),
    page: seams.read('page', {
      legacy: (query: LogQuery) => logs.page(query),
      service: (query) => pageOf(client, query),
    }),
  };
}

/** @throws the last error where the service was away for all its pauses */
export async function appendSurely(client: LogServiceClient, entries: readonly Entry[]): Promise<void> {
  for (const pauseMs of pausesMs) {
    try {
      return await client.call('append', [entries], { deadlineMs: appendMs });
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      await wait(pauseMs);
    }
  }
  await client.call('append', [entries], { deadlineMs: appendMs });
}

export function toEntry({ id, at, requestId, ...request }: NewLogEntry): Entry {
  const { method, path, status } = request;
  return {
    ...{ id, at: at.toISOString(), source: SOURCE, message: `${method} ${path}` },
    level: status >= 500 ? Level.error : status >= 400 ? Level.warn : Level.info,
    fields: JSON.stringify({ ...request, ...(requestId !== null && { requestId }) }),
  };
}

/** The service knows days and no paths: what is not asked for is passed over here. */
async function pageOf(
  client: LogServiceClient,
  { path, status, page, limit }: LogQuery,
): Promise<readonly LogEntry[]> {
  const begins = path.toLowerCase();
  const found: LogEntry[] = [];
  const wanted = (page + 1) * limit;
  for (let back = 0; back < DAYS && found.length < wanted; back++) {
    const day = new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
    for (let after: string | undefined; found.length < wanted; ) {
      const query = { day, limit: PAGE, newestFirst: true, ...(after !== undefined && { after }) };
      const { entries, following } = await client.call('query', [query]);
      for (const entry of entries) {
        if (entry.source !== SOURCE) continue;
        const { requestId: _, ...request } = JSON.parse(entry.fields ?? '{}');
        const fits =
          request.path.toLowerCase().startsWith(begins) && (status ?? request.status) === request.status;
        if (fits) found.push({ at: new Date(entry.at), ...request });
      }
      if (following === undefined) break;
      after = following;
    }
  }
  return found.slice(page * limit, wanted);
}

function isUnanswered(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('BANYAN_RPC_');
}
