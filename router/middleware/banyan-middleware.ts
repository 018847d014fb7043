import type { Agent, IncomingMessage, ServerResponse } from 'node:http';
import { BanyanError, type Fault } from '../../common/errors.ts';
import { failures } from '../answer/failure.ts';
import { fail } from '../answer/reply.ts';
import { foreignResponse } from '../answer/router-response.ts';
import { begin, conclude } from '../exchange/accounting.ts';
import { Exchange } from '../exchange/exchange.ts';
import { run } from '../exchange/run.ts';
import { closeServices, createCore, firstTable, startCore, stopCore } from '../life/create-core.ts';
import { normalizeOptions, type RouterOptions } from '../life/router-options.ts';
import { Peers } from '../request/peers.ts';
import { createSides } from '../sides/create-sides.ts';
import type { Ask } from '../sides/side.ts';
import { readTlsFiles } from '../tls/tls-files.ts';
import { renewLegacyTls } from '../tls/tls-renewal.ts';
import { type HandedOn, HandOnSide } from './hand-on-side.ts';
import { createLegacyAgent } from './legacy-agent.ts';
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
  const legacySettings = normalized.legacy.tls;
  const files = await readTlsFiles({ legacy: legacySettings });
  const tls = renewLegacyTls(legacySettings, files.legacy, normalized.logger);
  let agent: Agent | null = null;
  const sides = createSides(
    normalized,
    () => tls.current,
    (upstream) => {
      if (legacy === undefined) return new HandOnSide(mounted);
      agent = createLegacyAgent(normalized, upstream);
      return new ProxiedSide(upstream, agent);
    },
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
  tls.start();
  let stopping: Promise<void> | null = null;
  const stop = async () => {
    await core.exchanges.none();
    await stopCore(core);
    agent?.destroy();
    await Promise.all([closeServices(core), tls.stop()]);
  };
  const handle = (
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
    next: Next,
  ) => {
    const own = Object.assign(response, foreignResponse);
    const exchange = new Exchange(
      core,
      request,
      own,
      peers.of(request.socket),
      request.originalUrl ?? request.url,
    );
    begin(exchange);
    response.on('close', () => conclude(exchange));
    mounted.set(exchange, {
      next,
      onClose: (listener) => response.once('close', listener),
      ended: () => exchange.work.end(),
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
function checkMount({ legacy, timeouts, retries, identities = {} }: MiddlewareOptions): void {
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
    for (const feature of Object.keys(identities)) {
      const asks = 'asks the monolith over HTTP, and the application asks itself';
      refuse(
        `identities.${feature}`,
        asks,
        'Give legacy.addresses, or leave it out and sign in the application.',
      );
    }
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
