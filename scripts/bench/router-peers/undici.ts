import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/**
 * The least that a proxy on undici's dispatch can do: no routing, no checks; fields passed as they come, back-pressure
 * honoured, hop-by-hop fields taken off because undici refuses them: `undici.ts UPSTREAM [KEY CERTIFICATE]`, with these over HTTP/2 too.
 */
const [upstream = '', keyFile, certFile] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 512, pipelining: 1 });
const hop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']);

const handle = (request: IncomingMessage, response: ServerResponse) => {
  const headers: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i]!;
    if (name.startsWith(':')) continue;
    if (!hop.has(name.toLowerCase())) headers.push(request.rawHeaders[i]!, request.rawHeaders[i + 1]!);
  }
  const hasBody =
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  pool.dispatch(
    { path: request.url!, method: request.method as 'GET', headers, body: hasBody ? request : null },
    {
      onRequestStart(controller) {
        // Gone while it waited for a connection: read by nobody, its answer would keep that for ever.
        if (response.destroyed) {
          controller.abort(new Error('client gone'));
          return;
        }
        response.once('close', () => {
          if (!response.writableFinished) controller.abort(new Error('client gone'));
        });
      },
      onResponseStart(controller, status, _headers, reason) {
        const raw = controller.rawHeaders as Buffer[];
        const out: string[] = [];
        for (let i = 0; i < raw.length; i += 2) {
          const name = raw[i]!.toString('latin1');
          if (!hop.has(name.toLowerCase())) out.push(name, raw[i + 1]!.toString('latin1'));
        }
        if (request.httpVersionMajor === 2) response.writeHead(status, out);
        else response.writeHead(status, reason, out);
        response.on('drain', () => controller.resume());
      },
      onResponseData(controller, chunk) {
        if (!response.write(chunk)) controller.pause();
      },
      onResponseEnd() {
        response.end();
      },
      onResponseError() {
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end();
      },
    },
  );
};
const server =
  keyFile === undefined || certFile === undefined
    ? createServer(handle)
    : createSecureServer(
        { key: readFileSync(keyFile), cert: readFileSync(certFile), allowHTTP1: true },
        (request, response) =>
          // Node's compatible classes are near enough to those of HTTP/1.1 for all that is used here.
          handle(request as unknown as IncomingMessage, response as unknown as ServerResponse),
      );
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 });
await once(server, 'listening');
console.log(
  `ready http${keyFile === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
);
process.once('SIGTERM', () => process.exit(0));
