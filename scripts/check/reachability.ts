import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { BanyanConfig } from '../../control/config/index.ts';
import type { DatabaseEndpoint } from '../../mover/move-spec.ts';
import { reach, type SidePlace } from '../../router/index.ts';
import type { CheckLine } from './check-report.ts';

const withinMs = 3000;

/** Signs in to each database of the config. */
export function checkDatabases(config: BanyanConfig): Promise<CheckLine[]> {
  return Promise.all(
    Object.entries(config.databases).map(async ([name, endpoint]): Promise<CheckLine> => {
      const line = { feature: null, check: `database ${name}` };
      const where = `${endpoint.user}@${endpoint.host}:${endpoint.port}/${endpoint.database}`;
      try {
        return { ...line, ok: true, detail: `${where}, ${await serverVersion(endpoint)}` };
      } catch (error) {
        const why =
          error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : String(error);
        return {
          ...line,
          ok: false,
          detail: `${where} cannot be reached: ${why}`,
          code: 'BANYAN_DATABASE_UNREACHABLE',
          fix: `Start that server, or correct databases.${name} in the config (host, port, user, password, database).`,
        };
      }
    }),
  );
}

async function serverVersion(endpoint: DatabaseEndpoint): Promise<string> {
  const connection = await createConnection({ ...endpoint, connectTimeout: withinMs });
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    return String(rows[0]?.version);
  } finally {
    connection.destroy();
  }
}

/** Asks every side whether it can be reached. */
export async function checkSides(config: BanyanConfig): Promise<CheckLine[]> {
  const sides: readonly (readonly [string | null, string, SidePlace])[] = [
    [null, 'monolith', { kind: 'http', addresses: config.legacy.addresses }],
    ...Object.values(config.features).map(({ name, service }) => [name, 'service', service] as const),
  ];
  const lines = await Promise.all(
    sides.map(async ([feature, what, place]) =>
      (await reach(place, withinMs)).map(({ address, refused }): CheckLine => {
        const line = { feature, check: what };
        if (refused === null) return { ...line, ok: true, detail: `${address} accepts connections` };
        return {
          ...line,
          ok: false,
          detail: `${address} cannot be reached: ${refused}`,
          code: 'BANYAN_SIDE_UNREACHABLE',
          fix: `Start it, or correct ${feature === null ? 'legacy.addresses' : `features.${feature}.service.addresses`} in the config.`,
        };
      }),
    ),
  );
  return lines.flat();
}
