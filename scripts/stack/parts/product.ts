import { databaseVariables, localAddress, portOf, type StackPart, serviceDatabase } from './part.ts';

/** The product service: banyan's own server. */
export const product: StackPart = {
  name: 'product',
  ports: [{ name: 'PRODUCT', usual: 7402, whose: 'the product service' }],
  database: {
    name: 'product',
    port: { name: 'PRODUCT_DB', usual: 7432, whose: "the product service's database" },
    migrations: 'product',
    tables: ['products'],
  },
  processes: (settings) => [
    {
      name: 'product',
      args: ['extracted/product/main.ts'],
      env: {
        PORT: String(portOf(settings, 'PRODUCT')),
        // Any free one: the ready line says which.
        HEALTH_PORT: '0',
        PRODUCT_EVENTS: settings.parts.some(({ name }) => name === 'events') ? 'on' : 'off',
        ...databaseVariables('PRODUCT_DB', serviceDatabase(settings, 'product')),
      },
    },
  ],
  forLegacy: (settings) => ({ PRODUCT_SERVICE: localAddress(settings, 'PRODUCT') }),
  places: () => ({ product: 'Thrift' }),
};
