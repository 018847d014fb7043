import pino from 'pino';
import type { FaceName } from './apps/faces.ts';
import { readConfig } from './config.ts';
import { startShop } from './server.ts';

/** Runs faces of the shop as this process: one ready line on stdout, and a clean end on SIGTERM and SIGINT. */
export async function runShop(faces: readonly FaceName[]): Promise<void> {
  const name = faces.length === 1 ? `shop-${faces[0]}` : 'shop';
  const log = pino({ name, level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));
  try {
    const shop = await startShop({ config: readConfig(process.env), log, faces });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        shop.stop().catch((error: unknown) => {
          log.error({ err: error }, 'The shop did not stop cleanly.');
          process.exitCode = 1;
        });
      });
    }
    process.stdout.write(`${JSON.stringify({ ready: true, url: shop.url, pid: process.pid, faces })}\n`);
  } catch (error) {
    log.fatal({ err: error }, 'The shop could not start.');
    process.exitCode = 1;
  }
}
