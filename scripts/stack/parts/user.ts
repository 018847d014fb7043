import { databaseVariables, localAddress, portOf, type StackPart, serviceDatabase } from './part.ts';

/** The user service: banyan's own server. */
export const user: StackPart = {
  name: 'user',
  ports: [{ name: 'USER', usual: 7422, whose: 'the user service' }],
  database: {
    name: 'user',
    port: { name: 'USER_DB', usual: 7435, whose: "the user service's database" },
    migrations: 'user',
    tables: ['users', 'sessions'],
  },
  processes: (settings) => [
    {
      name: 'user',
      args: ['extracted/user/main.ts'],
      env: {
        PORT: String(portOf(settings, 'USER')),
        ...databaseVariables('USER_DB', serviceDatabase(settings, 'user')),
      },
    },
  ],
  forLegacy: (settings) => ({ USER_SERVICE: localAddress(settings, 'USER') }),
  places: (settings) => ({ user: `Thrift at ${localAddress(settings, 'USER')}` }),
};
