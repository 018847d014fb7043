/** Everything the service takes from its environment, read once at the start. */
export interface UserServiceConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Where probes and metrics are answered, on the same host; null: nowhere. 0 lets the system choose. */
  readonly healthPort: number | null;
  /** How long readiness fails before the service stops taking calls, in milliseconds. */
  readonly drainMs: number;
  readonly database: UserDatabaseConfig;
}

export interface UserDatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** @throws Error that names the variable when one is not the number that it should be. */
export function readConfig(env: NodeJS.ProcessEnv): UserServiceConfig {
  return {
    host: env.LISTEN_HOST || '127.0.0.1',
    port: readPort(env, 'PORT', 7422),
    healthPort: env.HEALTH_PORT ? readPort(env, 'HEALTH_PORT', 0) : null,
    drainMs: readMilliseconds(env, 'DRAIN_MS', 0),
    database: {
      host: env.USER_DB_HOST || '127.0.0.1',
      port: readPort(env, 'USER_DB_PORT', 3306),
      user: env.USER_DB_USER || 'user',
      password: env.USER_DB_PASSWORD ?? '',
      database: env.USER_DB_NAME || 'user',
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

function readMilliseconds(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  if (!/^\d{1,6}$/.test(text)) {
    throw new Error(`${name}=${text} is no time: set it to milliseconds from 0 to 999999.`);
  }
  return Number(text);
}
