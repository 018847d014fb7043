import type { Sessions, SessionTable } from '../models/session-table.ts';
import type { User, Users, UserTable } from '../models/user-table.ts';
import { Role, type User as SentUser, type UserServiceClient } from './contracts/user.ts';
import { absentBy, doneUnless, type FeatureSeams, memberName } from './feature-seams.ts';

export interface UserSeams {
  readonly users: Users;
  readonly sessions: Sessions;
}

/** Users and sessions for the code that no router decides for: staff's and owners' pages, jobs, and who a request is by. */
export function userSeams(
  tables: { readonly users: UserTable; readonly sessions: SessionTable },
  seams: FeatureSeams,
  client: UserServiceClient,
): UserSeams {
  const { users, sessions } = tables;
  const userOf = {
    legacy: (token: string) => sessions.userOf(token),
    service: async (token: string) => toUser(await absentBy('NotLoggedIn', client.call('userOf', [token]))),
  };
  return {
    users: {
      find: seams.read('find', {
        legacy: (id: number) => users.find(id),
        service: async (id) => toUser(await absentBy('NotFound', client.call('findUser', [id]))),
      }),
      findByEmail: seams.read('findByEmail', {
        legacy: (email: string) => users.findByEmail(email),
        service: async (email) => toUser(await absentBy('NotFound', client.call('findByEmail', [email]))),
      }),
      page: seams.read('page', {
        legacy: (begins: string, after: number, limit: number) => users.page(begins, after, limit),
        service: async (...args) => (await client.call('listUsers', args)).map((user) => toUser(user)),
      }),
      // The copy's password may be the one before.
      authenticate: seams.readFresh('authenticate', {
        legacy: (email: string, password: string) => users.authenticate(email, password),
        service: async (...args) => toUser(await absentBy('NotLoggedIn', client.call('authenticate', args))),
      }),
      setRole: seams.write('setRole', {
        legacy: (id: number, role: User['role']) => users.setRole(id, role),
        service: (id, role) => doneUnless('NotFound', client.call('setRole', [id, Role[role]])),
      }),
      makeOwner: seams.write('makeOwner', {
        legacy: (id: number) => users.makeOwner(id),
        service: (id) => client.call('makeOwner', [id]),
      }),
    },
    sessions: {
      // A login of a moment ago: nobody is told to log in who has just done so.
      userOf: seams.read('userOf', userOf, (user) => user !== undefined),
      freshUserOf: seams.readFresh('freshUserOf', userOf),
      open: seams.write('openSession', {
        legacy: (userId: number) => sessions.open(userId),
        service: (userId) => client.call('openSession', [userId]),
      }),
      close: seams.write('closeSession', {
        legacy: (token: string) => sessions.close(token),
        service: (token) => client.call('closeSession', [token]),
      }),
      closeExpired: seams.write('closeExpired', {
        legacy: (limit: number) => sessions.closeExpired(limit),
        service: (limit) => client.call('closeExpired', [limit]),
      }),
    },
  };
}

function toUser(user: SentUser): User;
function toUser(user: SentUser | undefined): User | undefined;
function toUser(user: SentUser | undefined): User | undefined {
  if (user === undefined) return undefined;
  const { id, email, name, role } = user;
  return { id: Number(id), email, name, role: memberName(Role, role) };
}
