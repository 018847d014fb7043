import { once } from 'node:events';
import { connect } from 'node:net';
import type { DatabaseEndpoint } from '../../mover/index.ts';

const withinMs = 3_000;

/**
 * Which engine a server is, by what it says before anybody signs in (MySQL Internals, "Protocol::HandshakeV10": three octets of length,
 * one of sequence, the version 10, then the server's version up to a NUL). null: it cannot be reached, or says something else.
 */
export async function readGreeting({
  host,
  port,
}: Pick<DatabaseEndpoint, 'host' | 'port'>): Promise<'mysql' | 'mariadb' | null> {
  const socket = connect({ host, port });
  try {
    const [greeting] = (await once(socket, 'data', { signal: AbortSignal.timeout(withinMs) })) as [Buffer];
    const end = greeting.indexOf(0, 5);
    if (greeting[4] !== 10 || end < 0) return null;
    return /mariadb/i.test(greeting.toString('latin1', 5, end)) ? 'mariadb' : 'mysql';
  } catch {
    return null;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
