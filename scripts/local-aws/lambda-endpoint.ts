import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What runs when a function is invoked: an event in, what it returns out. */
export type LambdaHandler = (event: never) => Promise<unknown>;

export interface LocalFunction {
  readonly handler: LambdaHandler;
  /** Invocations at once; beyond it Lambda answers 429. Default: no limit. */
  readonly concurrency?: number;
  /** Milliseconds that one may take. Default 3,000, as Lambda's. */
  readonly timeoutMs?: number;
}

export interface LambdaEndpointOptions {
  /** By name. */
  readonly functions: Readonly<Record<string, LocalFunction>>;
  /** Default: any free one. */
  readonly port?: number;
}

export interface LambdaEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

const path = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const maxPayload = 6 * 1024 * 1024;

/**
 * Lambda's Invoke over its own protocol (Lambda API Reference, "Invoke"), for functions of this process: synchronous invocations and dry
 * runs, signed requests only, errors by their names. Whose signature it is, nobody checks. On 127.0.0.1.
 */
export async function startLambdaEndpoint({
  functions,
  port = 0,
}: LambdaEndpointOptions): Promise<LambdaEndpoint> {
  const running = new Map<string, number>();
  const server = createServer((request, response) => {
    invoke(functions, running, request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function invoke(
  functions: LambdaEndpointOptions['functions'],
  running: Map<string, number>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const payload = Buffer.concat(pieces);
  const { pathname } = new URL(request.url!, 'http://local');
  const name = decodeURIComponent(path.exec(pathname)?.[1] ?? '');
  const refuse = (status: number, type: string, message: string, fields: Record<string, string> = {}) => {
    response.writeHead(status, { 'Content-Type': 'application/json', 'x-amzn-ErrorType': type, ...fields });
    response.end(JSON.stringify({ Type: status < 500 ? 'User' : 'Service', Message: message }));
  };
  if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    return refuse(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const known = Object.hasOwn(functions, name) ? functions[name]! : undefined;
  if (request.method !== 'POST' || known === undefined) {
    return refuse(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  }
  if (payload.length > maxPayload) {
    return refuse(413, 'RequestTooLargeException', `Request must be smaller than ${maxPayload} bytes`);
  }
  if (request.headers['x-amz-invocation-type'] === 'DryRun') {
    response.writeHead(204).end();
    return;
  }
  const under = running.get(name) ?? 0;
  if (under >= (known.concurrency ?? Number.POSITIVE_INFINITY)) {
    return refuse(429, 'TooManyRequestsException', 'Rate Exceeded.', { 'Retry-After': '1' });
  }
  running.set(name, under + 1);
  try {
    const returned = await runWithin(known, JSON.parse(payload.toString() || '{}'));
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'X-Amz-Executed-Version': '$LATEST',
      ...(returned.failed ? { 'X-Amz-Function-Error': 'Unhandled' } : {}),
    });
    response.end(JSON.stringify(returned.value) ?? 'null');
  } finally {
    running.set(name, running.get(name)! - 1);
  }
}

async function runWithin(
  { handler, timeoutMs = 3_000 }: LocalFunction,
  event: unknown,
): Promise<{ failed: boolean; value: unknown }> {
  const ended = new AbortController();
  const tooLate = delay(timeoutMs, undefined, { signal: ended.signal }).then(() => {
    const errorMessage = `Task timed out after ${timeoutMs / 1_000} seconds`;
    return { failed: true, value: { errorType: 'Sandbox.Timedout', errorMessage } };
  });
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([handler(event as never).then((value) => ({ failed: false, value })), tooLate]);
  } catch (error) {
    const { name: errorType, message: errorMessage } = error as Error;
    return { failed: true, value: { errorType, errorMessage, trace: [] } };
  } finally {
    ended.abort();
  }
}
