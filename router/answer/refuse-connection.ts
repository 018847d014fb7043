import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Failure } from '../failure.ts';

/**
 * Answers on a connection that Node's server has let go of (CONNECT) and closes it. What the client says meanwhile is read for
 * `lingerMs`, as after every last answer, and no longer: nobody else looks at such a connection any more.
 */
export function refuseConnection(socket: Duplex, failure: Failure, lingerMs: number): void {
  if (socket.destroyed || !socket.writable) return;
  const body = JSON.stringify({ error: { code: failure.code, message: failure.message } });
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.on('error', () => socket.destroy()).once('close', () => clearTimeout(timer));
  socket.resume();
  socket.end(
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status] ?? ''}\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
