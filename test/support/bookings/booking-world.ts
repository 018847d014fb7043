import type { EngineLane } from '../databases.ts';
import { type Programs, startPrograms, twoDatabases } from '../programs.ts';
import { BookingDesk } from './booking-desk.ts';
import { bookingsIdl, startBookingMonolith, startBookingService } from './booking-sides.ts';

export interface BookingWorld extends AsyncDisposable {
  /** Origin of the monolith. */
  readonly monolith: string;
  readonly desks: { readonly legacy: BookingDesk; readonly service: BookingDesk };
  readonly programs: Programs;
}

/**
 * Both sides of the bookings, and control and a router beside them. `project`: one that has installed the package, whose
 * programs these are then.
 */
export async function startBookings(lane: EngineLane, project?: string): Promise<BookingWorld> {
  await using stack = new AsyncDisposableStack();
  const { schema, databases } = stack.use(await twoDatabases(lane, 'hotel', 'bookings'));
  const desks = { legacy: new BookingDesk(databases.legacy), service: new BookingDesk(databases.service) };
  stack.use(desks.legacy);
  stack.use(desks.service);
  await Promise.all([desks.legacy.createTables(), desks.service.createTables()]);
  const monolith = stack.use(await startBookingMonolith(desks.legacy));
  const service = stack.use(await startBookingService(desks.service));
  const config = {
    databases,
    state: { database: 'legacy', schema },
    router: { identity: ['header:x-client-id', 'address'] },
    legacy: { addresses: [`http://${monolith.address}`], database: 'legacy' },
    features: {
      bookings: {
        service: {
          idl: bookingsIdl,
          name: 'BookingService',
          addresses: [service.address],
          protocol: 'compact' as const,
        },
        database: 'service',
        tables: ['bookings', 'booking_notes'],
      },
    },
  };
  const programs = stack.use(await startPrograms('bookings', config, { project }));
  const kept = stack.move();
  return {
    monolith: `http://${monolith.address}`,
    desks,
    programs,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
