import type { Socket } from 'node:net';
import type { Peers } from '../request/peers.ts';
import { type Failure, failures, RequestFault } from './failure.ts';
import { endAndLinger } from './linger.ts';

/**
 * For what Node's parser cannot read on a client's connection. Left to itself Node writes 400, 408 or 431 at once, in place of the
 * answer that a request in front of it is waiting for: a write that is executed would be reported as refused. Here requests in front
 * are answered first and then the connection ends; a request whose own body is broken is answered as such; and only where
 * nothing is asked the answer is about the octets themselves.
 */
export function createMalformedHandler(
  peers: Peers,
  lingerMs: number,
  refuse: (socket: Socket, failure: Failure) => void,
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    const failure = failureOf(error);
    // The connection broke, or TLS did: there is nobody to tell.
    if (failure === null || !socket.writable) {
      socket.destroy();
      return;
    }
    const peer = peers.of(socket);
    // What else comes is no request either.
    if (peer.broken) return;
    peer.broken = true;
    const { last } = peer;
    if (last !== null && !last.request.complete) {
      last.breakBody(new RequestFault(failure));
    } else if (peer.open === 0) {
      if (peer.closing) endAndLinger(socket, lingerMs);
      else refuse(socket, failure);
    }
  };
}

function failureOf({ code = '' }: NodeJS.ErrnoException): Failure | null {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return failures.refused('its header section is too long', 431);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return failures.refused('its chunk extensions are too long', 413);
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return failures.requestStalled('The header section did not come in time.');
    default:
      return code.startsWith('HPE_') ? failures.refused('it is not HTTP/1.1', 400) : null;
  }
}
