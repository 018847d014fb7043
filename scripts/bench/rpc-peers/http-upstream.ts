import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { item } from './items.ts';

/** An HTTP service that answers the same item: what the router forwards to. */
const body = Buffer.from(JSON.stringify(item(7)));
const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => {
  response
    .writeHead(200, [
      'Content-Type',
      'application/json; charset=utf-8',
      'Content-Length',
      String(body.length),
    ])
    .end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.once('SIGTERM', () => process.exit(0));
