import type { Knex } from 'knex';
import { hashPassword, isPassword } from './password.ts';

export const roles = ['user', 'owner', 'admin'] as const;
export type Role = (typeof roles)[number];

/** A user as the API shows it: never with the password's hash. */
export interface User {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

interface UserRow extends User {
  readonly password_hash: string;
  readonly created_at: Date;
}

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** Users wherever their rows are: the shop's own table, or a service. */
export type Users = Pick<
  UserTable,
  'find' | 'findByEmail' | 'authenticate' | 'setRole' | 'makeOwner' | 'page'
>;

/** All that the shop asks of its `users` table. */
export class UserTable {
  readonly #database: Knex;
  readonly #clock: () => Date;

  constructor(database: Knex, clock: () => Date) {
    this.#database = database;
    this.#clock = clock;
  }

  async find(id: number): Promise<User | undefined> {
    const row = await this.#rows().where({ id }).first();
    return row && toUser(row);
  }

  async findByEmail(email: string): Promise<User | undefined> {
    const row = await this.#rows().where({ email }).first();
    return row && toUser(row);
  }

  /** The user whose email and password these are. */
  async authenticate(email: string, password: string): Promise<User | undefined> {
    const row = await this.#rows().where({ email }).first();
    const right = await isPassword(password, row?.password_hash ?? null);
    return right && row !== undefined ? toUser(row) : undefined;
  }

  /** @throws the driver's duplicate-key error when the email is taken. */
  async insert({ email, name, password }: NewUser, role: Role = 'user'): Promise<User> {
    const password_hash = await hashPassword(password);
    const created_at = new Date(Math.floor(this.#clock().getTime() / 1000) * 1000);
    const [id] = await this.#rows().insert({ email, name, password_hash, role, created_at });
    return { id: id!, email, name, role };
  }

  async rename(id: number, name: string): Promise<void> {
    await this.#rows().where({ id }).update({ name });
  }

  async setPassword(id: number, password: string): Promise<void> {
    await this.#rows()
      .where({ id })
      .update({ password_hash: await hashPassword(password) });
  }

  /** @returns false when there is no such user. */
  async setRole(id: number, role: Role): Promise<boolean> {
    return (await this.#rows().where({ id }).update({ role })) > 0;
  }

  /** Makes an owner of who was no more than a user. */
  async makeOwner(id: number): Promise<void> {
    await this.#rows().where({ id, role: 'user' }).update({ role: 'owner' });
  }

  /** Users by id, of those whose email or name begins so. */
  async page(begins: string, after: number, limit: number): Promise<readonly User[]> {
    const query = this.#rows().where('id', '>', after).orderBy('id').limit(limit);
    if (begins !== '') {
      const pattern = likePattern(begins);
      query.where((either) => either.whereILike('email', pattern).orWhereILike('name', pattern));
    }
    return (await query).map(toUser);
  }

  #rows() {
    return this.#database<UserRow>('users');
  }
}

function toUser({ id, email, name, role }: UserRow): User {
  return { id, email, name, role };
}

function likePattern(begins: string): string {
  return `${begins.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
