import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { RouterResponse } from '../answer/router-response.ts';
import { Handshake } from './handshake.ts';

export interface UpgradeProxy {
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Connections whose clients offered another protocol, switched or about to be. */
  readonly open: ReadonlySet<Duplex>;
  closeAll(): void;
}

/**
 * Requests that offer another protocol travel as all others do: the same checks, decision, hold, failure policy and log. Node
 * hands their connections over without a response; they get one here, the last on its connection unless legacy
 * answers 101 and the connection goes on as a tunnel.
 */
export function createUpgradeProxy(
  serve: (request: IncomingMessage, response: RouterResponse, handshake: Handshake) => void,
): UpgradeProxy {
  const open = new Set<Duplex>();
  return {
    open,
    handle(request, duplex, head) {
      const socket = duplex as Socket;
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      // What breaks a connection shows in 'close'; Node's own listener is gone.
      socket.on('error', () => socket.destroy());
      const response = new RouterResponse(request);
      response.shouldKeepAlive = false;
      response.assignSocket(socket);
      // Node's server did these for the response, as long as the connection was its own.
      const onDrain = () => response.emit('drain');
      const onTimeout = () => response.emit('timeout', socket);
      socket.on('drain', onDrain).on('timeout', onTimeout);
      response.once('finish', () => {
        socket.off('drain', onDrain).off('timeout', onTimeout);
        response.detachSocket(socket);
        response.emit('close');
        if (response.statusCode !== 101) socket.destroySoon();
      });
      serve(request, response, new Handshake(request, socket, head));
    },
    closeAll() {
      for (const socket of open) socket.destroy();
    },
  };
}
