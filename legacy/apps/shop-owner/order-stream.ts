import { setTimeout as wait } from 'node:timers/promises';
import type { Response } from 'express';
import type { Models } from '../../models/models.ts';

export interface OrderStreamOptions {
  readonly models: Models;
  readonly shopId: number;
  /** The id of the last order that the client has. */
  readonly after: number;
  readonly stopping: AbortSignal;
}

const POLL_MS = 1_000;
/** Orders of one look; the rest comes with the next. */
const AT_ONCE = 100;
/** An order whose id is smaller than one that was seen may be committed later than it, by about so much. */
const LOOK_BACK_MS = 60_000;
/** So that no proxy takes a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000;

/**
 * Server-sent events: each new order of a shop, once. The orders come from other processes, so the table is asked every
 * second; a client that was away says the last id that it has.
 */
export async function streamOrders(
  response: Response,
  { models, shopId, after, stopping }: OrderStreamOptions,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([stopping, gone.signal]);
  // It ends with the shop or with the client: who would use its connection again would keep a stopping shop waiting.
  response.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no', Connection: 'close' });
  response.type('text/event-stream');
  response.write('retry: 2000\n\n');
  const from = models.clock().getTime() - LOOK_BACK_MS;
  const sent = new Set<number>();
  let quietSince = performance.now();
  while (!signal.aborted) {
    const since = new Date(Math.max(from, models.clock().getTime() - LOOK_BACK_MS));
    const ids = await models.orders.idsSince(shopId, since, after);
    const fresh = ids.filter((id) => !sent.has(id)).slice(0, AT_ONCE);
    for (const order of await models.orders.findMany(fresh)) {
      sent.add(order.id);
      response.write(`event: order\nid: ${order.id}\ndata: ${JSON.stringify(order)}\n\n`);
      quietSince = performance.now();
    }
    if (performance.now() - quietSince > HEARTBEAT_MS) {
      response.write(': still here\n\n');
      quietSince = performance.now();
    }
    await wait(POLL_MS, undefined, { signal }).catch(() => {});
  }
  response.end();
}
