import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { type Engine, freePorts } from '../servers/index.ts';

/** The repository: where `banyan.config.ts` and the programs are. */
export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

export interface StackOptions {
  readonly engine: Engine;
  /** Products that the legacy database is filled with. */
  readonly rows: number;
  /** Router replicas, from 1. */
  readonly routers: number;
  /** Start a process that dies again. */
  readonly restart: boolean;
  /** Start the benefits function too, with a DynamoDB of its own. */
  readonly benefits?: boolean;
  /** Have the product service promise events, and send them to a NATS server of its own. */
  readonly events?: boolean;
  /** Share of ordinary requests in the routers' access logs, 0 to 1. Left out: what the config says. */
  readonly accessLog?: number;
}

/** Everything that is fixed before the first process starts. */
export interface StackSettings extends StackOptions {
  /** Absolute. */
  readonly dataDir: string;
  /** One for each replica. */
  readonly routerPorts: readonly number[];
  readonly legacyPort: number;
  readonly productPort: number;
  readonly controlPort: number;
  /** Of what stands in for AWS; null: nothing does. */
  readonly localAws: { readonly lambdaPort: number; readonly dynamodbPort: number } | null;
  /** Of NATS; null: no events. */
  readonly natsPort: number | null;
  /** As their administrator. */
  readonly databases: { readonly legacy: DatabaseEndpoint; readonly product: DatabaseEndpoint };
  /** Who the stack's programs sign in as; all have the administrator's password. */
  readonly accounts: { readonly banyan: string; readonly shop: string; readonly product: string };
  /** What every process of the stack gets, so that each reads the same config. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Reads the environment: the same variables, with the same defaults, as `banyan.config.ts`. */
export async function stackSettings(options: StackOptions, env: NodeJS.ProcessEnv): Promise<StackSettings> {
  const port = (value: string | undefined, usual: number) => Number(value ?? usual);
  const routerPort = port(env.BANYAN_ROUTER_PORT, 7400);
  const legacyPort = port(env.BANYAN_LEGACY_PORT, 7401);
  const productPort = port(env.BANYAN_PRODUCT_PORT, 7402);
  const controlPort = port(env.BANYAN_CONTROL_PORT, 7410);
  const legacyDbPort = port(env.BANYAN_LEGACY_DB_PORT, 7431);
  const productDbPort = port(env.BANYAN_PRODUCT_DB_PORT, 7432);
  const password = env.BANYAN_DB_PASSWORD ?? 'banyan';
  const dataDir = resolve(repositoryRoot, env.BANYAN_DATA_DIR ?? '.banyan');
  const replicas = await replicaPorts(options.routers - 1, routerPort);
  const localAws = options.benefits
    ? {
        lambdaPort: port(env.BANYAN_LAMBDA_PORT, 7441),
        dynamodbPort: port(env.BANYAN_DYNAMODB_PORT, 7442),
      }
    : null;
  const account = { host: '127.0.0.1', user: 'administrator', password };
  return {
    ...options,
    dataDir,
    routerPorts: [routerPort, ...replicas],
    legacyPort,
    productPort,
    controlPort,
    localAws,
    natsPort: options.events ? port(env.BANYAN_NATS_PORT, 7443) : null,
    databases: {
      legacy: { ...account, port: legacyDbPort, database: 'shop' },
      product: { ...account, port: productDbPort, database: 'product' },
    },
    accounts: { banyan: 'banyan', shop: 'shop', product: 'product' },
    environment: {
      BANYAN_ROUTER_PORT: String(routerPort),
      BANYAN_LEGACY_PORT: String(legacyPort),
      BANYAN_PRODUCT_PORT: String(productPort),
      BANYAN_CONTROL_PORT: String(controlPort),
      BANYAN_LEGACY_DB_PORT: String(legacyDbPort),
      BANYAN_PRODUCT_DB_PORT: String(productDbPort),
      BANYAN_DB_PASSWORD: password,
      BANYAN_DATA_DIR: dataDir,
      ...(localAws !== null && {
        BANYAN_BENEFITS_ENDPOINT: `http://127.0.0.1:${localAws.lambdaPort}`,
        // Nobody checks them; no real ones are to go to what only stands in.
        ...{ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'ap-northeast-2' },
      }),
    },
  };
}

/** Beside the usual 7400: 7403, 7404, …. Beside any other port: whatever is free, since its neighbours may not be. */
function replicaPorts(count: number, first: number): Promise<number[]> | number[] {
  if (count <= 0) return [];
  return first === 7400 ? Array.from({ length: count }, (_, index) => 7403 + index) : freePorts(count);
}
