import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { BanyanError, type Fault } from '../../common/errors.ts';
import { fail } from '../answer/reply.ts';
import { Exchange } from '../exchange.ts';
import { failures } from '../failure.ts';
import { closeServices, createCore, firstTable, startCore, stopCore } from '../life/create-core.ts';
import { type NormalizedOptions, normalizeOptions, type RouterOptions } from '../life/router-options.ts';
import { run } from '../passes.ts';
import { Peers } from '../request/peers.ts';
import { createSides } from '../sides/create-sides.ts';
import type { Ask } from '../sides/side.ts';
import { readTlsFiles } from '../tls/tls-files.ts';
import { type HandedOn, HandOnSide } from './hand-on-side.ts';
import { ProxiedSide } from './proxied-side.ts';

type Next = (error?: unknown) => void;

export interface MiddlewareOptions extends Omit<RouterOptions, 'listen' | 'admin' | 'legacy'> {
  /**
   * Where the monolith is. Left out, the application that mounts the middleware is the monolith: what goes to legacy is
   * handed on to its own routes.
   */
  readonly legacy?: RouterOptions['legacy'];
}

export interface BanyanMiddleware {
  (request: IncomingMessage & { originalUrl?: string }, response: ServerResponse, next: Next): void;
  /** The name this process beats the state store under. */
  readonly replica: string;
  /** Waits for the requests in progress and gives the lease back. */
  stop(): Promise<void>;
}

/**
 * The router as a middleware for an Express application: the same checks, decisions, holds and transcoding; the way to the
 * monolith is http-proxy-middleware, or the application itself. Mount it in front of body parsers: a body that was
 * read can be neither held nor passed on. Rejects with `BANYAN_ROUTER_OPTIONS` or `BANYAN_ROUTER_NO_TABLE`.
 */
export async function banyanMiddleware(options: MiddlewareOptions): Promise<BanyanMiddleware> {
  const { legacy, ...rest } = options;
  checkMount(options);
  const mounted = new WeakMap<Ask, HandedOn>();
  const normalized = normalizeOptions({
    ...rest,
    listen: { port: 0 },
    legacy: legacy ?? { addresses: ['http://127.0.0.1'] },
  });
  const { legacyCa } = await readTlsFiles({ legacy: normalized.legacy.tls });
  const agent = createAgent(normalized, legacyCa);
  const sides = createSides(normalized, legacyCa, (upstream) =>
    legacy === undefined ? new HandOnSide(mounted) : new ProxiedSide(upstream, agent),
  );
  const core = createCore(normalized, sides);
  const peers = new Peers(normalized.isTrusted);
  try {
    await firstTable(core);
  } catch (error) {
    await stopCore(core);
    throw error;
  }
  startCore(core);
  let stopping: Promise<void> | null = null;
  const stop = async () => {
    await core.exchanges.none();
    await stopCore(core);
    agent.destroy();
    await closeServices(normalized);
  };
  const handle = (
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
    next: Next,
  ) => {
    const own = Object.assign(response, {
      exchange: null,
      bodyBegun: false,
      awaitsDrain: false,
      informational: null,
    });
    const exchange = new Exchange(
      core,
      request,
      own,
      peers.of(request.socket),
      request.originalUrl ?? request.url,
    );
    response.on('close', () => exchange.conclude());
    mounted.set(exchange, {
      next,
      onClose: (listener) => response.once('close', listener),
      ended: () => exchange.endWork(),
    });
    if (request.readableEnded && exchange.announcesBody) {
      core.options.logger.error('a body parser in front of banyanMiddleware read a request body');
      fail(exchange, failures.bodyGone());
      return;
    }
    run(exchange);
  };
  return Object.assign(handle, {
    replica: normalized.replica,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  });
}

/** What cannot be done where it is mounted is refused, rather than left undone. */
function checkMount({ legacy, timeouts, retries }: MiddlewareOptions): void {
  const faults: Fault[] = [];
  const refuse = (at: string, what: string, fix: string) =>
    faults.push({ code: 'BANYAN_ROUTER_OPTIONS', at: `router.${at}`, what, fix });
  if (legacy === undefined) {
    const idle = ['connectMs', 'firstByteMs', 'idleMs', 'totalMs'] as const;
    const settings = [
      ...idle.filter((name) => timeouts?.[name] !== undefined).map((name) => `timeouts.${name}`),
      ...(retries?.max === undefined ? [] : ['retries.max']),
    ];
    const what = 'says how the monolith is asked, and the application asks itself';
    for (const at of settings) refuse(at, what, 'Leave it out, or give legacy.addresses.');
  } else if (new Set(legacy.addresses.map((address) => address.split(':', 1)[0])).size > 1) {
    refuse('legacy.addresses', 'are partly http and partly https', 'Make them one or the other.');
  }
  if (faults.length === 0) return;
  const what = faults.map((fault) => `${fault.at} ${fault.what}`).join('; ');
  throw new BanyanError('BANYAN_ROUTER_OPTIONS', `banyanMiddleware cannot be mounted so: ${what}.`, {
    fix: faults[0]!.fix,
    faults,
  });
}

/** Kept connections to the monolith: their number and idle time are the router's settings. */
function createAgent({ legacy }: NormalizedOptions, ca: string | null): Agent {
  const settings = { keepAlive: true, maxSockets: legacy.connections, timeout: legacy.keepAliveMs };
  if (!legacy.addresses[0]!.startsWith('https:')) return new Agent(settings);
  const servername = legacy.tls?.serverName;
  return new TlsAgent({
    ...settings,
    ...(ca !== null && { ca }),
    ...(servername !== undefined && { servername }),
  });
}
