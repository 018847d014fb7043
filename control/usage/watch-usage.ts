import type { Connection } from 'mysql2/promise';
import { connectToServer } from '../../common/connect-database.ts';
import { pause } from '../../common/pause.ts';
import type { DatabaseEndpoint } from '../../mover/index.ts';
import { historySource } from './history-source.ts';
import { processlistSource } from './processlist-source.ts';
import { type RanStatement, type StatementSource, statementKey } from './statement-source.ts';
import { type Access, type Place, touchedTables } from './touched-tables.ts';

export interface UsageEntry {
  /** Null: nobody was seen to run it. */
  readonly user: string | null;
  readonly host: string | null;
  /** True for the account that banyan itself uses there. */
  readonly own: boolean;
  readonly tables: readonly string[];
  readonly statement: string;
  /** How often this account was seen to run it. */
  readonly seen: number;
  /** How often anybody ran it during the watch, by the server's count; null: the server does not count. */
  readonly executions: number | null;
}

export interface Usage {
  readonly server: string;
  readonly database: string;
  readonly tables: readonly string[];
  readonly access: Access;
  readonly seconds: number;
  readonly samples: number;
  readonly source: 'history' | 'processlist';
  readonly entries: readonly UsageEntry[];
  readonly unseen: readonly string[];
}

export interface WatchOptions {
  readonly access: Access;
  readonly forMs: number;
  /** Stops early; what was seen until then is told. */
  readonly signal: AbortSignal;
  readonly onSample?: (passedMs: number) => void;
}

const betweenMs = { history: 200, processlist: 50 } as const;
/** Through the router the monolith writes with the same account as in its jobs. */
export const notTold =
  'which of these statements serve requests that came through the router: the monolith runs them with its own account, as it runs its jobs';

/** Watches who reads or writes some tables on a server for a while. Changes nothing there. */
export async function watchUsage(
  endpoint: DatabaseEndpoint,
  tables: readonly string[],
  { access, forMs, signal, onSample }: WatchOptions,
): Promise<Usage> {
  const { host, port, user, database } = endpoint;
  const connection = await connectToServer(endpoint, 3_000);
  try {
    const { source } = await openSource(connection, tables);
    const place = { database, tables };
    const before = await source.counts();
    const seen = new Map<string, SeenStatement>();
    let last: ReadonlySet<string> = new Set();
    const began = performance.now();
    let samples = 0;
    for (let passed = 0; passed < forMs && !signal.aborted; passed = performance.now() - began) {
      const sample = await source.sample();
      for (const one of sample) if (!last.has(one.id)) note(seen, one);
      last = new Set(sample.map(({ id }) => id));
      samples += 1;
      onSample?.(Math.min(forMs, passed));
      await pause(betweenMs[source.kind], signal);
    }
    const counted = before === null ? null : countedSince(before, (await source.counts()) ?? new Map());
    return {
      ...{ server: `${host}:${port}`, database, tables, access, samples },
      seconds: Math.round((performance.now() - began) / 100) / 10,
      source: source.kind,
      entries: entriesOf([...seen.values()], counted, { place, access, own: user }),
      unseen: [notTold, ...source.unseen],
    };
  } finally {
    connection.destroy();
  }
}

/** The best that the server has; `because`: why that is not its history. */
export async function openSource(
  connection: Connection,
  tables: readonly string[],
): Promise<{ readonly source: StatementSource; readonly because: string }> {
  let because = '';
  const history = await historySource(connection, tables, (reason) => {
    because = reason;
  });
  return { source: history ?? processlistSource(connection, tables, because), because };
}

function countedSince(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Map<string, number> {
  // Fewer than before: somebody emptied the server's counts meanwhile.
  const since = (key: string, count: number) =>
    count < (before.get(key) ?? 0) ? count : count - (before.get(key) ?? 0);
  return new Map([...after].map(([key, count]) => [key, since(key, count)]));
}

export interface SeenStatement extends Omit<RanStatement, 'id'> {
  readonly seen: number;
}

function note(seen: Map<string, SeenStatement>, { user, host, schema, statement }: RanStatement): void {
  const key = JSON.stringify([user, host, schema, statement]);
  seen.set(key, { user, host, schema, statement, seen: (seen.get(key)?.seen ?? 0) + 1 });
}

/** By account and statement; most frequent first. */
export function entriesOf(
  statements: readonly SeenStatement[],
  counted: ReadonlyMap<string, number> | null,
  about: { readonly place: Place; readonly access: Access; readonly own: string },
): UsageEntry[] {
  const tablesOf = (statement: string, schema: string | null) =>
    [...touchedTables(statement, schema, about.place)]
      .filter(([, access]) => access === about.access)
      .map(([table]) => table);
  const entries: UsageEntry[] = [];
  const named = new Set<string>();
  for (const { user, host, schema, statement, seen } of statements) {
    const tables = tablesOf(statement, schema);
    if (tables.length === 0) continue;
    const counter = statementKey(schema, statement);
    named.add(counter);
    const executions = counted === null ? null : (counted.get(counter) ?? 0);
    entries.push({ user, host, own: user === about.own, tables, statement, seen, executions });
  }
  for (const [counter, executions] of counted ?? []) {
    if (executions === 0 || named.has(counter)) continue;
    const at = counter.indexOf(' ');
    const statement = counter.slice(at + 1);
    const tables = tablesOf(statement, counter.slice(0, at));
    if (tables.length === 0) continue;
    entries.push({ user: null, host: null, own: false, tables, statement, seen: 0, executions });
  }
  return entries.sort((a, b) => weight(b) - weight(a));
}

function weight({ seen, executions }: UsageEntry): number {
  return Math.max(seen, executions ?? 0);
}
