import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give away unasked (Linux from 32768, macOS from 49152): there, any client's connection and
 * any server that asks for "a port" may take one between the choice and its use.
 */
const first = 20_000;
const beyond = 32_000;

/** Whether nothing listens on a port of 127.0.0.1 right now. */
export async function portIsFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen({ host: '127.0.0.1', port, exclusive: true });
  const free = await Promise.race([
    once(server, 'listening').then(() => true),
    new Promise<boolean>((resolve) => server.once('error', () => resolve(false))),
  ]).catch(() => false);
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

/**
 * Ports of 127.0.0.1 that nothing listens on, all different. No other process that asks here gets them while this one
 * lives: a UDP socket of the same number marks each, in nobody's way, and ends with its process.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = randomInt(first, beyond);
    if ((await mark(port)) && (await portIsFree(port))) ports.push(port);
  }
  return ports;
}

/** False where the port has a mark. */
async function mark(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const marked = once(socket, 'listening').then(
    () => true,
    () => false,
  );
  socket.bind({ address: '127.0.0.1', port, exclusive: true });
  if (await marked) {
    socket.unref();
    return true;
  }
  socket.close();
  return false;
}
