import { fileURLToPath } from 'node:url';
import { loadIdl, registeredTracer, serve, ThriftException } from 'banyan/rpc';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { UserServiceConfig } from './config.ts';
import { isReachable, openDatabase } from './database.ts';
import { UserHandlers } from './handlers.ts';
import { Refusal } from './refusals.ts';
import { SessionStore } from './session-store.ts';
import type { UserServiceHandlers } from './thrift-types.ts';
import { UserStore } from './user-store.ts';

export interface UserServiceOptions {
  readonly config: UserServiceConfig;
  readonly log: Logger;
  readonly clock?: () => Date;
}

export interface RunningUserService {
  /** `host:port` */
  readonly address: string;
  /** `http://host:port` of its probes and metrics, if it has them. */
  readonly healthUrl: string | null;
  /** Fails its readiness, lets calls under way end, then closes the database. */
  stop(): Promise<void>;
}

export const idlFile = fileURLToPath(new URL('user.thrift', import.meta.url));

/** @throws BanyanError when the address cannot be listened on. */
export async function startUserService(options: UserServiceOptions): Promise<RunningUserService> {
  const { config, log, clock = () => new Date() } = options;
  const database = openDatabase(config.database, log);
  const users = new UserHandlers(new UserStore(database, clock), new SessionStore(database, clock));
  const handlers: UserServiceHandlers = {
    signUp: (request) => declared(users.signUp(request)),
    logIn: (request) => declared(users.logIn(request)),
    logOut: (browser) => users.logOut(browser),
    getMe: (browser, context) => declared(users.getMe(browser, context)),
    changeMe: (request, context) => declared(users.changeMe(request, context), 'private, no-cache'),
    whoami: (browser, context) => declared(users.whoami(browser, context)),
    userOf: (token, context) => declared(users.userOf(token, context)),
    findUser: (id) => declared(users.findUser(id)),
    findByEmail: (email) => declared(users.findByEmail(email)),
    authenticate: (email, password) => declared(users.authenticate(email, password)),
    openSession: (userId) => declared(users.openSession(userId)),
    closeSession: (token) => users.closeSession(token),
    closeExpired: (limit) => users.closeExpired(limit),
    listUsers: (begins, after, limit) => declared(users.listUsers(begins, after, limit)),
    setRole: (id, role) => declared(users.setRole(id, role)),
    makeOwner: (id) => declared(users.makeOwner(id)),
  };
  const tracer = registeredTracer();
  try {
    const server = await serve({
      idl: await loadIdl(idlFile),
      service: 'UserService',
      handlers,
      host: config.host,
      port: config.port,
      log,
      metrics: new Registry(),
      ...(tracer !== undefined && { tracer }),
      ...(config.healthPort !== null && {
        health: {
          host: config.host,
          port: config.healthPort,
          drainMs: config.drainMs,
          check: () => isReachable(database),
        },
      }),
    });
    return {
      address: server.address,
      healthUrl: server.healthUrl,
      async stop() {
        await server.stop();
        await database.destroy();
      },
    };
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/**
 * Refusals travel as the exceptions that user.thrift declares.
 * @param cacheControl of those that only somebody who is logged in is told
 */
async function declared<T>(work: Promise<T>, cacheControl?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { exception, code, message } = error;
    throw new ThriftException(exception, {
      error: { code, message },
      ...(cacheControl !== undefined && exception !== 'NotLoggedIn' && { cacheControl }),
    });
  }
}
