import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SoakContext } from '../soak.ts';

const clients = 16;
/** How often a balancer asks whether the router is ready, milliseconds. */
const askedEveryMs = 50;

export interface StopOutcome {
  readonly answered: number;
  /** What became of each request that got no answer, though its connection was accepted. */
  readonly lost: readonly string[];
}

/**
 * Starts a router, lets clients ask it on a connection of its own for every request, and stops it meanwhile. They go on until nobody
 * accepts their connections any more, or, behind a balancer (`noticeMs` > 0), until that has seen that the router is not ready.
 */
export async function stopUnderConnections(
  context: SoakContext,
  { workers, noticeMs }: { readonly workers: number; readonly noticeMs: number },
): Promise<StopOutcome> {
  const legacy = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(legacy, 'listening');
  const upstream = `http://127.0.0.1:${(legacy.address() as AddressInfo).port}`;
  const script = fileURLToPath(new URL('./router-process.ts', import.meta.url));
  const router = await context.spawn({
    command: process.execPath,
    args: [script, upstream, String(workers), String(noticeMs)],
    ready: /^ready /,
  });
  const [, url = '', adminUrl = ''] = router.ready.split(' ');
  const port = Number(new URL(url).port);
  const lost: string[] = [];
  let answered = 0;
  let open = true;
  const client = async () => {
    while (open) {
      const outcome = await ask(port);
      if (outcome === 'refused') return;
      if (outcome === 'answered') answered += 1;
      else lost.push(outcome);
    }
  };
  const balancer = async () => {
    while (open) {
      const ready = await fetch(`${adminUrl}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (!ready) open = false;
      await delay(askedEveryMs);
    }
  };
  const asking = Array.from({ length: clients }, client);
  if (noticeMs > 0) asking.push(balancer());
  await delay(300 + Math.random() * 100);
  await router.stop();
  await Promise.all(asking);
  legacy.close();
  legacy.closeAllConnections();
  return { answered, lost };
}

/** One request on a connection of its own. */
function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    let connected = false;
    const socket = connect({ port, host: '127.0.0.1' });
    socket
      .setEncoding('latin1')
      .once('connect', () => {
        connected = true;
        socket.write('GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      })
      .on('data', (piece: string) => {
        text += piece;
      })
      .on('error', (error: NodeJS.ErrnoException) =>
        resolve(!connected && error.code === 'ECONNREFUSED' ? 'refused' : (error.code ?? error.message)),
      )
      .once('close', () => resolve(text.endsWith('\r\n\r\nok') ? 'answered' : `closed after "${text}"`));
  });
}
