import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Failure } from './failure.ts';

/** Answers on a connection that has no response object (an upgrade, CONNECT), and closes it. */
export function refuseConnection(socket: Duplex, failure: Failure): void {
  if (socket.destroyed || !socket.writable) return;
  const body = JSON.stringify({ error: { code: failure.code, message: failure.message } });
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status] ?? ''}\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
