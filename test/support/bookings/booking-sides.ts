import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type ErrorRequestHandler } from 'express';
import { loadIdl, serve, ThriftException } from '../../../rpc/index.ts';
import type { Booking, BookingDesk, NewBooking } from './booking-desk.ts';

export const bookingsIdl = join(import.meta.dirname, 'bookings.thrift');

export interface Side extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
}

const missing = (number: unknown) => ({ error: `no booking ${number}` });
const full = ({ guest, day }: NewBooking) => ({ error: `${guest} has a booking on ${day}` });

/** The monolith: an Express app over the desk. It also answers routes that no feature has. */
export async function startBookingMonolith(desk: BookingDesk): Promise<Side> {
  const app = express().use(express.json());
  app.get('/v2/bookings', async (request, response) => {
    response.json(await desk.onDay(String(request.query.day)));
  });
  app.get('/v2/bookings/:number', async ({ params }, response) => {
    const found = await desk.find(Number(params.number));
    response.status(found ? 200 : 404).json(found ?? missing(params.number));
  });
  app.post('/v2/bookings', async ({ body }, response) => {
    const made = await desk.book(body);
    response.status(made ? 201 : 409).json(made ?? full(body));
  });
  app.delete('/v2/bookings/:number', async ({ params }, response) => {
    if (await desk.cancel(Number(params.number))) response.status(204).end();
    else response.status(404).json(missing(params.number));
  });
  app.get('/about', (_request, response) => response.json({ by: 'monolith' }));
  app.use(((error, _request, response, _next) => {
    response.status(500).json({ error: String(error.message) });
  }) satisfies ErrorRequestHandler);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The service: the same desk, over Thrift. `port`: where it was before. `says`: whose bookings it says they all are, as a faulty one might. */
export async function startBookingService(desk: BookingDesk, port = 0, says?: string): Promise<Side> {
  const found = (booking: Booking | null, number: unknown) => {
    if (booking === null) throw new ThriftException('Missing', missing(number));
    return says === undefined ? booking : { ...booking, guest: says };
  };
  const server = await serve({
    idl: await loadIdl(bookingsIdl),
    service: 'BookingService',
    host: '127.0.0.1',
    port,
    handlers: {
      onDay: (day: string) => desk.onDay(day),
      find: async (number: bigint) => found(await desk.find(Number(number)), number),
      book: async (guest: string, day: string, seats: number | undefined, notes: string[]) => {
        const asked = { guest, day, notes, seats: seats ?? null };
        const made = await desk.book(asked);
        if (made === null) throw new ThriftException('Full', full(asked));
        return made;
      },
      cancel: async (number: bigint) => {
        if (!(await desk.cancel(Number(number)))) throw new ThriftException('Missing', missing(number));
      },
    },
  });
  return { address: server.address, [Symbol.asyncDispose]: () => server.stop() };
}
