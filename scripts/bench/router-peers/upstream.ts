import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The upstream where nginx is not installed: 200 with 1 KiB. */
const body = Buffer.alloc(1024, 'x');
const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => {
  response.writeHead(200, ['Content-Type', 'text/plain', 'Content-Length', '1024']).end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.once('SIGTERM', () => process.exit(0));
