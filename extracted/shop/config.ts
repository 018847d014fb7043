/** Everything the service takes from its environment, read once at the start. */
export interface ShopServiceConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly database: ShopDatabaseConfig;
}

export interface ShopDatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** @throws Error that names the variable when one is not a port. */
export function readConfig(env: NodeJS.ProcessEnv): ShopServiceConfig {
  return {
    host: env.LISTEN_HOST || '127.0.0.1',
    port: readPort(env, 'PORT', 7421),
    database: {
      host: env.SHOPS_DB_HOST || '127.0.0.1',
      port: readPort(env, 'SHOPS_DB_PORT', 3306),
      user: env.SHOPS_DB_USER || 'shops',
      password: env.SHOPS_DB_PASSWORD ?? '',
      database: env.SHOPS_DB_NAME || 'shops',
    },
  };
}

function readPort(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new Error(`${name}=${text} is not a port: set it to a number from 0 to 65535.`);
  }
  return port;
}
