import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { BookingDesk } from './booking-desk.ts';
import { startBookingService } from './booking-sides.ts';

/** The service as a process of its own, to be killed and frozen: `node booking-service-process.ts JSON`. SIGTERM ends it. */
const { database, port, says } = JSON.parse(process.argv[2]!) as {
  readonly database: DatabaseEndpoint;
  readonly port: number;
  readonly says?: string;
};
const desk = new BookingDesk(database);
const service = await startBookingService(desk, port, says);
process.once('SIGTERM', async () => {
  await service[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});
process.stdout.write(`${JSON.stringify({ ready: true, address: service.address })}\n`);
