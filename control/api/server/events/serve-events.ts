import type { Request, Response } from 'express';
import type { Newsroom } from './newsroom.ts';

const beatEveryMs = 15_000;
/** A client that does not read loses its connection, and comes back with the id of what it has read. */
const mostUnreadBytes = 1024 * 1024;

/** Answers with server-sent events until the client goes away or `signal` aborts. */
export async function serveEvents(
  newsroom: Newsroom,
  request: Request,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  response.on('close', ended.resolve);
  response.on('error', ended.resolve);
  const write = (text: string) => {
    if (response.destroyed || response.writableEnded) return;
    if (response.writableLength > mostUnreadBytes) response.destroy();
    else response.write(text);
  };
  const lastId = Number.parseInt(request.get('last-event-id') ?? '', 10);
  const begin = () => {
    response.status(200).type('text/event-stream').setHeader('cache-control', 'no-store');
    // For proxies that would gather an answer before they pass it on.
    response.setHeader('x-accel-buffering', 'no');
    response.flushHeaders();
    write('retry: 1000\n\n');
  };
  const unsubscribe = await newsroom.subscribe(
    {
      figures: request.query.figures === 'true',
      tell(event, data, id) {
        if (!response.headersSent) begin();
        write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      },
    },
    Number.isNaN(lastId) ? null : lastId,
  );
  const beat = setInterval(() => write(': beat\n\n'), beatEveryMs);
  const end = () => response.end();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    // Gone before it was subscribed: its close was told then.
    if (!response.destroyed) await ended.promise;
  } finally {
    signal.removeEventListener('abort', end);
    clearInterval(beat);
    unsubscribe();
  }
}
