import type { Knex } from 'knex';
import { isDuplicateKey } from './database.ts';
import { hashPassword, isPassword } from './password.ts';
import { emailTaken, noSuchUser, wrongLogin } from './refusals.ts';
import { Role, type User } from './thrift-types.ts';

type RoleName = keyof typeof Role;

export interface UserRow {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string;
  readonly role: RoleName;
  readonly created_at: Date;
}

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** The service's `users` table. */
export class UserStore {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @throws Refusal Conflict when the email is taken. */
  async create({ email, name, password }: NewUser): Promise<User> {
    // Before the password is hashed, which is meant to take long.
    if ((await this.#rows().where({ email }).first('id')) !== undefined) throw emailTaken();
    const password_hash = await hashPassword(password);
    // The column holds whole seconds and MySQL would round up, into the future.
    const created_at = new Date(Math.floor(this.#clock().getTime() / 1000) * 1000);
    const row = { email, name, password_hash, role: 'user' as const, created_at };
    const [id] = await this.#rows()
      .insert(row)
      .catch((error: unknown) => {
        // Two at once.
        throw isDuplicateKey(error) ? emailTaken() : error;
      });
    return toUser({ ...row, id: id! });
  }

  /** @throws Refusal NotFound */
  async find(which: { readonly id: number } | { readonly email: string }): Promise<User> {
    const row = await this.#rows().where(which).first();
    if (row === undefined) throw noSuchUser();
    return toUser(row);
  }

  /** The user whose email and password these are. @throws Refusal NotLoggedIn */
  async authenticate(email: string, password: string): Promise<User> {
    const row = await this.#rows().where({ email }).first();
    const right = await isPassword(password, row?.password_hash ?? null);
    if (!right || row === undefined) throw wrongLogin();
    return toUser(row);
  }

  /** Users by id, of those whose email or name begins so. */
  async page(begins: string, after: number, limit: number): Promise<User[]> {
    const query = this.#rows().where('id', '>', after).orderBy('id').limit(limit);
    if (begins !== '') {
      const pattern = `${begins.replaceAll(/[\\%_]/g, '\\$&')}%`;
      query.where((either) => either.whereILike('email', pattern).orWhereILike('name', pattern));
    }
    return (await query).map(toUser);
  }

  async rename(id: number, name: string): Promise<void> {
    await this.#rows().where({ id }).update({ name });
  }

  async setPassword(id: number, password: string): Promise<void> {
    const password_hash = await hashPassword(password);
    await this.#rows().where({ id }).update({ password_hash });
  }

  /** @throws Refusal NotFound */
  async setRole(id: number, role: RoleName): Promise<void> {
    if ((await this.#rows().where({ id }).update({ role })) === 0) throw noSuchUser();
  }

  /** Makes an owner of who is no more than a user. @throws Refusal NotFound */
  async makeOwner(id: number): Promise<void> {
    const changed = await this.#rows().where({ id, role: 'user' }).update({ role: 'owner' });
    if (changed === 0 && (await this.#rows().where({ id }).first('id')) === undefined) throw noSuchUser();
  }

  #rows() {
    return this.#database<UserRow>('users');
  }
}

export function toUser({ id, email, name, role }: UserRow): User {
  return { id, email, name, role: Role[role] };
}
