import type { RowDataPacket } from 'mysql2/promise';
import { connectTo } from '../../common/connect-database.ts';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import {
  type BanyanConfig,
  type FeatureConfig,
  type ServiceConfig,
  servicePlace,
} from '../../control/config/index.ts';
import { type Reach, reach, whyNoFunction } from '../../router/index.ts';
import type { CheckLine } from './check-report.ts';

const withinMs = 3000;

/** Signs in to each database of the config, but not to those of other features alone. */
export function checkDatabases(
  config: BanyanConfig,
  features: readonly FeatureConfig[],
): Promise<CheckLine[]> {
  const checked = Object.entries(config.databases).filter(
    ([, endpoint]) => !isForOthersAlone(endpoint, config, features),
  );
  return Promise.all(
    checked.map(async ([name, endpoint]): Promise<CheckLine> => {
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
          fix: fixFor(error as NodeJS.ErrnoException, name),
        };
      }
    }),
  );
}

function isForOthersAlone(
  endpoint: DatabaseEndpoint,
  { features, legacy, state }: BanyanConfig,
  chosen: readonly FeatureConfig[],
): boolean {
  const uses = ({ database }: { readonly database: DatabaseEndpoint | null }) => database === endpoint;
  // The state store has a schema of its own on some database's server.
  const hasState = endpoint.host === state.host && endpoint.port === state.port;
  return !(uses(legacy) || hasState || chosen.some(uses)) && Object.values(features).some(uses);
}

/** ER_ACCESS_DENIED_ERROR says nothing of the server that starting it would mend. */
function fixFor({ code }: NodeJS.ErrnoException, name: string): string {
  if (code === 'ER_SECURE_TRANSPORT_REQUIRED')
    return `That server takes encrypted connections only: give databases.${name} in the config its tls ({ caFile }).`;
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT')
    return `That server encrypts no connections: give it a certificate (ssl_cert, ssl_key), or take tls from databases.${name} in the config.`;
  if (code === 'HANDSHAKE_SSL_ERROR')
    return `Correct tls of databases.${name} in the config: caFile names the authority that signed the server's certificate, serverName the name that stands in it.`;
  if (code === 'ENOENT' || code === 'EACCES')
    return `Correct the files that tls of databases.${name} names in the config: this process must be able to read them.`;
  if (code === 'ER_DBACCESS_DENIED_ERROR')
    return `Grant that account its rights there: \`banyan grants\` prints the statements. Or correct databases.${name} in the config.`;
  return code === 'ER_ACCESS_DENIED_ERROR'
    ? `Make that account (banyan grants prints how), or correct user and password of databases.${name} in the config. An account for just the host that the message names, also the anonymous ''@host of a new MariaDB, goes before one for '%'. MariaDB says no more than this either where it demands TLS: then give databases.${name} its tls.`
    : `Start that server, or correct databases.${name} in the config (host, port, user, password, database).`;
}

async function serverVersion(endpoint: DatabaseEndpoint): Promise<string> {
  const connection = await connectTo(endpoint, withinMs);
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    return String(rows[0]?.version);
  } finally {
    connection.destroy();
  }
}

interface CheckedSide {
  readonly feature: string | null;
  readonly what: string;
  /** How it is told that it is well. */
  readonly well: string;
  readonly reach: Promise<readonly Reach[]>;
}

/** Asks the monolith and these features' services whether they can be reached, and Lambda whether functions may be invoked. */
export async function checkSides(
  config: BanyanConfig,
  features: readonly FeatureConfig[],
): Promise<CheckLine[]> {
  const accepts = 'accepts connections';
  const legacy = reach({ kind: 'http', addresses: config.legacy.addresses }, withinMs);
  const sides: readonly CheckedSide[] = [
    { feature: null, what: 'monolith', well: accepts, reach: legacy },
    ...features.map(({ name, service }) => ({
      feature: name,
      what: 'service',
      ...(service.kind === 'lambda'
        ? { well: 'may be invoked', reach: invocable(service) }
        : { well: accepts, reach: reach(servicePlace(service), withinMs) }),
    })),
  ];
  const lines = await Promise.all(
    sides.map(async ({ feature, what, well, reach: asked }) =>
      (await asked).map(({ address, refused }): CheckLine => {
        const line = { feature, check: what };
        if (refused === null) return { ...line, ok: true, detail: `${address} ${well}` };
        const where = feature === null ? 'legacy.addresses' : `features.${feature}.service`;
        return {
          ...line,
          ok: false,
          detail: `${address} cannot be reached: ${refused}`,
          code: 'BANYAN_SIDE_UNREACHABLE',
          fix: `Start it, or correct ${where} in the config.`,
        };
      }),
    ),
  );
  return lines.flat();
}

async function invocable(service: Extract<ServiceConfig, { kind: 'lambda' }>): Promise<Reach[]> {
  return [{ address: service.function, refused: await whyNoFunction(service, withinMs) }];
}
