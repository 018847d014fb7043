import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/**
 * The least that a proxy on undici's dispatch can do: no routing, no checks; fields passed as they come, back-pressure
 * honoured, hop-by-hop fields taken off because undici refuses them.
 */
const [upstream = ''] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 512, pipelining: 1 });
const hop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']);

const server = createServer((request, response) => {
  const headers: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (!hop.has(request.rawHeaders[i]!.toLowerCase()))
      headers.push(request.rawHeaders[i]!, request.rawHeaders[i + 1]!);
  }
  const hasBody =
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  pool.dispatch(
    { path: request.url!, method: request.method as 'GET', headers, body: hasBody ? request : null },
    {
      onRequestStart(controller) {
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
        response.writeHead(status, reason, out);
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
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.once('SIGTERM', () => process.exit(0));
