import { connect } from 'node:net';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { BanyanConfig } from '../../control/config/index.ts';
import type { DatabaseEndpoint } from '../../mover/move-spec.ts';
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

/** Connects to every address of the monolith and of the services. */
export function checkSides(config: BanyanConfig): Promise<CheckLine[]> {
  const addresses: readonly (readonly [string | null, string, string])[] = [
    ...config.legacy.addresses.map((address) => [null, 'monolith', address] as const),
    ...Object.values(config.features).flatMap((feature) =>
      feature.service.addresses.map((address) => [feature.name, 'service', address] as const),
    ),
  ];
  return Promise.all(
    addresses.map(async ([feature, what, address]): Promise<CheckLine> => {
      const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
      const refused = await refusal(hostname.replace(/^\[|\]$/g, ''), Number(port) || 80);
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
  );
}

/** Why nobody accepts a connection there; null when somebody does. */
function refusal(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: string | null) => {
      socket.destroy();
      resolve(answer);
    };
    // A process that a busy machine left standing hears of its timers before it hears of its connections.
    socket.setTimeout(withinMs, () => setImmediate(end, `no answer within ${withinMs} ms`));
    socket.once('connect', () => end(null));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'connection refused' : error.message),
    );
  });
}
