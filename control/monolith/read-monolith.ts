import type { RowDataPacket } from 'mysql2/promise';
import { connectTo } from '../../common/connect-database.ts';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { BanyanError } from '../../common/errors.ts';
import type { BanyanConfig } from '../config/index.ts';
import { type Stage, stages } from '../feature/stages.ts';
import type { StateStore } from '../store/index.ts';
import { type SeenRoute, type SizedTable, type WhatIsLeft, whatIsLeft } from './what-is-left.ts';

/** One process of the monolith that asks for a feature by seams, and whom its calls reach. */
export interface StandingSeam {
  readonly host: string;
  readonly pid: number;
  readonly feature: string;
  readonly stage: Stage;
  /** legacy: its calls run the monolith's own code still. */
  readonly side: 'legacy' | 'service';
}

export interface MonolithReport extends WhatIsLeft {
  /** Legacy's. */
  readonly database: string;
  readonly seams: readonly StandingSeam[];
  /** What cannot be seen from here, in sentences. */
  readonly unseen: readonly string[];
}

/** As long as callers are kept. */
const withinSeconds = 30 * 86_400;

/** What is left in the monolith, as far as control can see it: tables, routes, and seams that still call legacy. Changes nothing. */
export async function readMonolith(config: BanyanConfig, store: StateStore): Promise<MonolithReport> {
  const { database } = config.legacy;
  const [tables, states, replicas] = await Promise.all([
    readTables(database),
    store.features(),
    store.fleet.replicas(),
  ]);
  const standing = new Map(states.map(({ feature, stage }) => [feature, stage]));
  const touched = { database: database.database, tables: tables.map(({ name }) => name), withinSeconds };
  const callers =
    tables.length === 0
      ? []
      : await Promise.all(
          (['read', 'write'] as const).map((access) => store.callers({ ...touched, access })),
        );
  const routes = routesOf(callers.flat().map(({ caller }) => caller));
  const unseen =
    'routes that no feature has, but for those of processes that watch their queries (docs/watch.md): `banyan monolith --app` and `--access-log` find the others';
  return {
    database: database.database,
    ...whatIsLeft({ tables, routes }, Object.values(config.features), standing),
    seams: replicas.flatMap(({ kind, live, host, pid, services }) =>
      kind === 'seam' && live
        ? (services ?? []).flatMap((feature) => {
            const stage = standing.get(feature);
            return stage === undefined ? [] : [{ host, pid, feature, stage, side: stages[stage].owner }];
          })
        : [],
    ),
    unseen: [unseen],
  };
}

/** Jobs, and what is not known to be a route, are none. */
function routesOf(callers: readonly string[]): SeenRoute[] {
  return [...new Set(callers)].sort().flatMap((caller) => {
    const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(caller) ?? [];
    return method === undefined || path === undefined ? [] : [{ method, path, requests: null }];
  });
}

async function readTables(endpoint: DatabaseEndpoint): Promise<SizedTable[]> {
  const { host, port, database } = endpoint;
  const connection = await connectTo(endpoint, 5_000).catch((cause: Error) => {
    throw new BanyanError(
      'BANYAN_DATABASE_UNREACHABLE',
      `legacy's database ${host}:${port}/${database} cannot be reached: ${cause.message || (cause as NodeJS.ErrnoException).code}`,
      { fix: '`banyan check` tries every database and says what to correct.', cause },
    );
  });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT TABLE_NAME AS name, TABLE_ROWS AS \`rows\`, DATA_LENGTH + INDEX_LENGTH AS bytes
         FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME`,
      [database],
    );
    return rows.map(({ name, rows: count, bytes }) => ({
      ...{ name: String(name), rows: Number(count ?? 0), bytes: Number(bytes ?? 0) },
    }));
  } finally {
    connection.destroy();
  }
}
