import { connectToServer } from '../../common/connect-database.ts';
import { BanyanError } from '../../common/errors.ts';
import type { DatabaseEndpoint } from '../../mover/index.ts';
import { statementKey, tellUncounted } from './statement-source.ts';
import { type Access, touchedTables } from './touched-tables.ts';
import { notTold, openSource } from './watch-usage.ts';

export interface PastEntry {
  readonly tables: readonly string[];
  /** Without its values. */
  readonly statement: string;
  /** How often it was run since it was seen first. */
  readonly executions: number;
  readonly firstSeenSecondsAgo: number;
  readonly lastSeenSecondsAgo: number;
  /** True for what banyan itself runs there. */
  readonly own: boolean;
  /** `user@host` of the connections that ran it and are open still; it may have been others too. */
  readonly accounts: readonly string[];
}

export interface PastUsage {
  readonly server: string;
  readonly database: string;
  readonly tables: readonly string[];
  readonly access: Access;
  readonly withinSeconds: number;
  /** The one that was run last first. */
  readonly entries: readonly PastEntry[];
  /** How often statements ran since the server began that it had no room to count by themselves. */
  readonly uncounted: number;
  readonly unseen: readonly string[];
}

/**
 * Which statements read or wrote some tables of late, as the server counted them (performance_schema's digests). Changes nothing there.
 *
 * @throws BanyanError BANYAN_USAGE_NOT_KEPT
 */
export async function pastUsage(
  endpoint: DatabaseEndpoint,
  tables: readonly string[],
  { access, withinSeconds }: { readonly access: Access; readonly withinSeconds: number },
): Promise<PastUsage> {
  const { host, port, user, database } = endpoint;
  const server = `${host}:${port}`;
  const connection = await connectToServer(endpoint, 3_000);
  try {
    const { source, because } = await openSource(connection, tables);
    const past = await source.past(withinSeconds);
    if (past === null) {
      throw new BanyanError(
        'BANYAN_USAGE_NOT_KEPT',
        `${server} keeps no count of past statements: ${because}`,
        {
          fix: `Watch from now on instead: --for TIME in place of --last.`,
        },
      );
    }
    const accounts = new Map<string, Set<string>>();
    for (const { user: who, host: from, schema, statement } of await source.sample()) {
      const key = statementKey(schema, statement);
      accounts.set(key, (accounts.get(key) ?? new Set()).add(`${who}@${from}`));
    }
    const entries = past.flatMap(({ schema, statement, ...times }): PastEntry[] => {
      const touched = [...touchedTables(statement, schema, { database, tables })]
        .filter(([, how]) => how === access)
        .map(([table]) => table);
      if (touched.length === 0) return [];
      const known = [...(accounts.get(statementKey(schema, statement)) ?? [])];
      // The names that it gives to columns are its alone.
      const ran = known.length > 0 && known.every((account) => account.startsWith(`${user}@`));
      const own = ran || /`banyan_\d+`/.test(statement);
      return [{ tables: touched, statement, ...times, own, accounts: known }];
    });
    return {
      ...{ server, database, tables, access, withinSeconds },
      entries: entries.sort((a, b) => a.lastSeenSecondsAgo - b.lastSeenSecondsAgo),
      uncounted: source.uncounted,
      unseen: [
        ...tellUncounted(source.uncounted),
        notTold,
        'whose the statements are that no open connection ran among its last ten',
        'statements that reach the tables by views, or in text that is longer than the server keeps (max_digest_length)',
      ],
    };
  } finally {
    connection.destroy();
  }
}
