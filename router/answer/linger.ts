import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Exchange } from '../exchange/exchange.ts';

/** An uploader that goes on is read from for so many times as long as one that is silent. */
const longestLingers = 12;

/**
 * Reads on what a client still sends after its answer, for a while: closing at once would reset the connection and could
 * take the answer with it before the client read it. `ms`: how long the client may be silent.
 */
export function linger(request: IncomingMessage, ms: number): void {
  const { socket } = request;
  if (socket.destroyed) return;
  let read = socket.bytesRead;
  // Node reads what comes for nobody, and tells nobody: only the socket's count shows it.
  const silence = setInterval(() => {
    if (socket.bytesRead === read) socket.destroy();
    read = socket.bytesRead;
  }, ms);
  const limit = setTimeout(() => socket.destroy(), ms * longestLingers);
  const done = () => {
    clearInterval(silence);
    clearTimeout(limit);
    // Its answer said that it was the last one.
    if (socket.writableEnded) socket.destroy();
  };
  request.once('end', done).once('close', done);
  request.resume();
}

/** Ends the way to a client, and reads what it still sends for a while, for the same reason. */
export function endAndLinger(socket: Socket, ms: number): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.on('error', () => socket.destroy()).once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  socket.end();
  socket.resume();
}

/**
 * For an answer that says `Connection: close`. What comes behind it is for nobody: it could be anything. While the client still
 * sends, only the way to it ends, where Node would close both and reset the connection; `linger` reads the rest.
 */
export function closeAfter({ request, response, peer }: Exchange): void {
  const { socket } = response;
  // An HTTP/2 stream has none of its own.
  if (socket === null || socket !== request.socket) return;
  peer.closing = true;
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (request.complete) destroySoon();
    else socket.end();
  };
}
