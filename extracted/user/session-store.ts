import { createHash, randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { type Caller, isMissingParent, whileWaiting } from './database.ts';
import { noSuchUser, notLoggedIn } from './refusals.ts';
import type { User } from './thrift-types.ts';
import { toUser, type UserRow } from './user-store.ts';

/** How long a login lasts, milliseconds. */
export const SESSION_MS = 14 * 24 * 3_600_000;

/** The service's `sessions` table. It holds hashes of tokens, so that its rows log nobody in. */
export class SessionStore {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @returns the token for the cookie. @throws Refusal NotFound when there is no such user. */
  async open(userId: number): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const now = this.#clock();
    try {
      await this.#database('sessions').insert({
        token_hash: hashOf(token),
        user_id: userId,
        created_at: now,
        expires_at: new Date(now.getTime() + SESSION_MS),
      });
    } catch (error) {
      throw isMissingParent(error) ? noSuchUser() : error;
    }
    return token;
  }

  /** Whose session it is, while it lasts. @throws Refusal NotLoggedIn */
  async userOf(token: string | undefined, caller: Caller): Promise<User> {
    if (token === undefined) throw notLoggedIn();
    const query = this.#database<UserRow>('sessions')
      .join('users', 'users.id', 'sessions.user_id')
      .where({ token_hash: hashOf(token) })
      .andWhere('expires_at', '>', this.#clock())
      .first('users.id', 'users.email', 'users.name', 'users.role');
    const row: UserRow | undefined = await whileWaiting(query, caller);
    if (row === undefined) throw notLoggedIn();
    return toUser(row);
  }

  async close(token: string | undefined): Promise<void> {
    if (token === undefined) return;
    await this.#database('sessions')
      .where({ token_hash: hashOf(token) })
      .delete();
  }

  /** Ends all logins of a user but one. */
  async closeOthers(userId: number, token: string): Promise<void> {
    await this.#database('sessions')
      .where({ user_id: userId })
      .whereNot({ token_hash: hashOf(token) })
      .delete();
  }

  /** Deletes at most `limit` sessions that ran out. @returns how many it deleted. */
  async closeExpired(limit: number): Promise<number> {
    return this.#database('sessions').where('expires_at', '<', this.#clock()).limit(limit).delete();
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
