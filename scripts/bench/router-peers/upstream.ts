import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The upstream where nginx cannot be had: as many octets as the last segment of the path says. */
const bodies = new Map<string, Buffer>();
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const size = request.url!.slice(request.url!.lastIndexOf('/') + 1);
  const body = bodies.get(size) ?? Buffer.alloc(Number(size), 'x');
  bodies.set(size, body);
  response.writeHead(200, ['Content-Type', 'text/plain', 'Content-Length', size]).end(body);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 });
await once(server, 'listening');
console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`);
process.once('SIGTERM', () => process.exit(0));
