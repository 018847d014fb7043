import { createHash, randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { User } from './user-table.ts';

/** How long a login lasts, milliseconds. */
export const SESSION_MS = 14 * 24 * 3_600_000;

/** Sessions wherever their rows are: the shop's own table, or a service. */
export type Sessions = Pick<SessionTable, 'open' | 'userOf' | 'freshUserOf' | 'close' | 'closeExpired'>;

/** All that the shop asks of its `sessions` table. It holds hashes of tokens, so that its rows log nobody in. */
export class SessionTable {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @returns the token for the cookie. */
  async open(userId: number): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const now = this.#clock();
    await this.#database('sessions').insert({
      token_hash: hashOf(token),
      user_id: userId,
      created_at: now,
      expires_at: new Date(now.getTime() + SESSION_MS),
    });
    return token;
  }

  /** Whose session it is, while it lasts. */
  async userOf(token: string): Promise<User | undefined> {
    return this.#database('sessions')
      .join('users', 'users.id', 'sessions.user_id')
      .where({ token_hash: hashOf(token) })
      .andWhere('expires_at', '>', this.#clock())
      .first('users.id', 'users.email', 'users.name', 'users.role');
  }

  /** The same, asked of whoever owns the rows: who does not answer is not replaced by a copy. */
  freshUserOf(token: string): Promise<User | undefined> {
    return this.userOf(token);
  }

  async close(token: string): Promise<void> {
    await this.#database('sessions')
      .where({ token_hash: hashOf(token) })
      .delete();
  }

  /** Deletes at most so many sessions that ran out. @returns how many it deleted. */
  async closeExpired(limit: number): Promise<number> {
    return this.#database('sessions').where('expires_at', '<', this.#clock()).limit(limit).delete();
  }

  /** Ends all logins of a user but one. */
  async closeOthers(userId: number, token: string): Promise<void> {
    await this.#database('sessions')
      .where({ user_id: userId })
      .whereNot({ token_hash: hashOf(token) })
      .delete();
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
