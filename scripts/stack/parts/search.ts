import { join } from 'node:path';
import { natsUrl } from './events.ts';
import { localAddress, portOf, type StackPart } from './part.ts';

/** The search service, and what sends it every change of products and shops. */
export const search: StackPart = {
  name: 'search',
  ports: [{ name: 'SEARCH', usual: 7408, whose: 'the search service' }],
  processes: (settings) => [
    ...['product', 'shops'].map((feature) => ({
      name: `${feature}Feed`,
      args: ['scripts/banyan.mjs', 'feed', feature, '--to', natsUrl(settings)],
      env: {},
    })),
    {
      name: 'search',
      args: ['extracted/search/main.ts'],
      env: {
        PORT: String(portOf(settings, 'SEARCH')),
        NATS_URL: natsUrl(settings),
        SEARCH_SHOP_URL: `http://127.0.0.1:${settings.routerPorts[0]}`,
        SEARCH_DATA_DIR: join(settings.dataDir, 'databases', 'search'),
        // As the monolith's own search on that server finds words.
        SEARCH_MATCH: settings.engine === 'mariadb' ? 'beginning' : 'part',
      },
    },
  ],
  places: (settings) => ({
    productFeed: 'every change of products, to NATS',
    shopsFeed: 'every change of shops, to NATS',
    search: `Thrift at ${localAddress(settings, 'SEARCH')}`,
  }),
};
