/** Everything the shop takes from its environment, read once at the start. */
export interface ShopConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly database: ShopDatabaseConfig;
  /** What the home page may take in all, milliseconds. */
  readonly homeMs: number;
  /** null: all rows are the shop's own. */
  readonly services: ServicesConfig | null;
}

export interface ShopDatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Features that may have left, by their names in banyan's config. */
export const featureNames = ['product', 'shops', 'user', 'log'] as const;
export type FeatureName = (typeof featureNames)[number];

/** How the shop learns who owns the rows of what may have left, and asks whoever does. */
export interface ServicesConfig {
  /** Banyan's schema. */
  readonly state: ShopDatabaseConfig;
  /** The last that was heard from there, to start by without it; null: then there is no start. */
  readonly snapshotFile: string | null;
  /** `host:port` of each service's instances. Without any, the feature's rows are taken for the shop's own. */
  readonly addresses: Readonly<Partial<Record<FeatureName, readonly string[]>>>;
  /** What one call may take, milliseconds. */
  readonly deadlineMs: number;
}

/** @throws Error that names the variable when one is not the number that it should be. */
export function readConfig(env: NodeJS.ProcessEnv): ShopConfig {
  const database = {
    host: env.SHOP_DB_HOST || '127.0.0.1',
    port: readNumber(env, 'SHOP_DB_PORT', 3306, 65535),
    user: env.SHOP_DB_USER || 'shop',
    password: env.SHOP_DB_PASSWORD ?? '',
    database: env.SHOP_DB_NAME || 'shop',
  };
  return {
    host: env.LISTEN_HOST || '127.0.0.1',
    port: readNumber(env, 'PORT', 7401, 65535),
    database,
    homeMs: readNumber(env, 'HOME_DEADLINE_MS', 800, 600_000),
    services: env.SEAM_DB_NAME ? readServices(env, env.SEAM_DB_NAME, database) : null,
  };
}

/** The schema lies on the shop's own server, and opens to the shop's own account, unless the environment says another. */
function readServices(env: NodeJS.ProcessEnv, name: string, shop: ShopDatabaseConfig): ServicesConfig {
  const addresses = featureNames.map((feature) => {
    const said = env[`${feature.toUpperCase()}_SERVICE`] ?? '';
    return [feature, said.split(',').filter((one) => one !== '')] as const;
  });
  return {
    state: {
      host: env.SEAM_DB_HOST || shop.host,
      port: readNumber(env, 'SEAM_DB_PORT', shop.port, 65535),
      user: env.SEAM_DB_USER || shop.user,
      password: env.SEAM_DB_PASSWORD ?? shop.password,
      database: name,
    },
    snapshotFile: env.SEAM_SNAPSHOT_FILE || null,
    addresses: Object.fromEntries(addresses.filter(([, some]) => some.length > 0)),
    deadlineMs: readNumber(env, 'SERVICE_DEADLINE_MS', 1_000, 600_000),
  };
}

function readNumber(env: NodeJS.ProcessEnv, name: string, fallback: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > max) {
    throw new Error(`${name}=${text}: set it to a whole number from 0 to ${max}.`);
  }
  return number;
}
