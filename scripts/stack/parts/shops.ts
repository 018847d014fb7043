import { databaseVariables, localAddress, portOf, type StackPart, serviceDatabase } from './part.ts';

/** The shop service, on Apache's Thrift library. */
export const shops: StackPart = {
  name: 'shops',
  ports: [{ name: 'SHOPS', usual: 7421, whose: 'the shop service' }],
  database: {
    name: 'shops',
    port: { name: 'SHOPS_DB', usual: 7433, whose: "the shop service's database" },
    migrations: 'shop',
    tables: ['shops', 'shop_owners'],
  },
  processes: (settings) => [
    {
      name: 'shops',
      args: ['extracted/shop/main.ts'],
      env: {
        PORT: String(portOf(settings, 'SHOPS')),
        ...databaseVariables('SHOPS_DB', serviceDatabase(settings, 'shops')),
      },
    },
  ],
  forLegacy: (settings) => ({ SHOPS_SERVICE: localAddress(settings, 'SHOPS') }),
  places: (settings) => ({ shops: `Thrift at ${localAddress(settings, 'SHOPS')}` }),
};
