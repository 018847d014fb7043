import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Failure, jsonFailureBody } from './failure.ts';

/**
 * Answers on a connection on which there is no request to answer: what came was none, or Node's server has let go of it (CONNECT). Then
 * closes it. What the client says meanwhile is read for `lingerMs`, as after every last answer, and no longer: nobody else looks at
 * such a connection any more. False: the client can be told nothing any more.
 */
export function refuseConnection(
  socket: Duplex,
  failure: Failure,
  requestId: string,
  lingerMs: number,
): boolean {
  if (socket.destroyed || !socket.writable) return false;
  const { contentType, body } = jsonFailureBody(failure, requestId);
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.on('error', () => socket.destroy()).once('close', () => clearTimeout(timer));
  socket.resume();
  socket.end(
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status] ?? ''}\r\n` +
      `Content-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  );
  return true;
}
