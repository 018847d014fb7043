import { statePrivileges } from '../../control/store/state-privileges.ts';
import { createAccount } from './accounts.ts';
import type { EngineLane, TestDatabase } from './databases.ts';

/** An empty state schema on server A, and an account that may do there what `banyan grants` grants. */
export async function createStateDatabase(lane: EngineLane): Promise<TestDatabase> {
  const database = await lane.createDatabase('a', 'state');
  const account = await createAccount(lane.servers.a, statePrivileges(database.database));
  return {
    ...account.endpoint(database.database),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await account[Symbol.asyncDispose]();
    },
  };
}
