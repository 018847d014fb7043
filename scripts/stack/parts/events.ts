import { join } from 'node:path';
import { startPrivateNats } from '../../servers/index.ts';
import type { StackSettings } from '../stack-settings.ts';
import { databaseVariables, portOf, type StackPart, serviceDatabase } from './part.ts';

/** What happens to products, told to a NATS server: the service promises events, the relay sends them. */
export const events: StackPart = {
  name: 'events',
  ports: [{ name: 'NATS', usual: 7443, whose: 'NATS' }],
  processes: (settings) => [
    {
      name: 'nats',
      async launch(signal) {
        const dataDir = join(settings.dataDir, 'databases', 'nats');
        const server = await startPrivateNats({ dataDir, port: portOf(settings, 'NATS'), signal });
        const ended = server.ended.then(() => 'the server ended');
        return { pid: server.pid, facts: { url: server.url }, ended, stop: () => server.stop() };
      },
    },
    {
      name: 'relay',
      args: ['extracted/product/outbox.ts', 'relay', '--broker', natsUrl(settings)],
      env: databaseVariables('PRODUCT_DB', serviceDatabase(settings, 'product')),
    },
  ],
  places: (settings) => ({
    nats: natsUrl(settings),
    relay: 'the product service’s events to NATS',
  }),
};

export function natsUrl(settings: StackSettings): string {
  return `nats://127.0.0.1:${portOf(settings, 'NATS')}`;
}
