import type { Server } from 'node:net';

/** Turns of the event loop without another connection, upon which the queue is taken for empty. */
const quietTurns = 2;
/** Where connections never cease to come: as many turns as Node's queue has places, and those quiet ones. */
const mostTurns = 511 + quietTurns;

/**
 * Resolves once the connections that lay in the listening port's queue have been accepted, and what lay in their buffers
 * has been read. A port that is closed before resets them, with the requests that they bring; and on a busy machine the
 * timer that closes it comes late, so that many may lie there. One is accepted in each turn of the event loop.
 */
export async function backlogAccepted(server: Server): Promise<void> {
  let quiet = 0;
  const onConnection = (): void => {
    quiet = 0;
  };
  server.on('connection', onConnection);
  for (let turn = 0; quiet < quietTurns && turn < mostTurns; turn++) {
    quiet++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.off('connection', onConnection);
}
