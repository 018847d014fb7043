import { checkChange, checkLogIn, checkSignUp } from './account-rules.ts';
import type { Caller } from './database.ts';
import { invalid, Refusal, wrongPassword } from './refusals.ts';
import { cookieOf, noCookie, tokenIn } from './session-cookie.ts';
import type { SessionStore } from './session-store.ts';
import {
  type Browser,
  type ChangeMe,
  type I64,
  type LoggedIn,
  type LoggedOut,
  type LogIn,
  Role,
  type SignUp,
  type User,
  type Whoami,
} from './thrift-types.ts';
import type { UserStore } from './user-store.ts';

const MAX_LIMIT = 100;
const MAX_EXPIRED = 10_000;

/** The methods of UserService. Refusals are thrown as `Refusal`. */
export class UserHandlers {
  readonly #users: UserStore;
  readonly #sessions: SessionStore;

  constructor(users: UserStore, sessions: SessionStore) {
    this.#users = users;
    this.#sessions = sessions;
  }

  async signUp(request: SignUp): Promise<LoggedIn> {
    const user = await this.#users.create(checkSignUp(request));
    return this.#loggedIn(user, request.session);
  }

  async logIn(request: LogIn): Promise<LoggedIn> {
    const { email, password } = checkLogIn(request);
    const user = await this.#users.authenticate(email, password);
    return this.#loggedIn(user, request.session);
  }

  async logOut({ session }: Browser): Promise<LoggedOut> {
    await this.#sessions.close(tokenIn(session));
    return { setCookie: noCookie };
  }

  getMe({ session }: Browser, caller: Caller): Promise<User> {
    return this.#sessions.userOf(tokenIn(session), caller);
  }

  async changeMe(request: ChangeMe, caller: Caller): Promise<User> {
    const token = tokenIn(request.session);
    const user = await this.#sessions.userOf(token, caller);
    const id = databaseId(user.id);
    const { name, password, currentPassword } = checkChange(request);
    if (password !== undefined) {
      await this.#users.authenticate(user.email, currentPassword ?? '').catch((error: unknown) => {
        throw error instanceof Refusal ? wrongPassword() : error;
      });
      await this.#users.setPassword(id, password);
      // Whoever knew the old one is out.
      await this.#sessions.closeOthers(id, token!);
    }
    if (name !== undefined) await this.#users.rename(id, name);
    return { ...user, ...(name !== undefined && { name }) };
  }

  async whoami({ session }: Browser, caller: Caller): Promise<Whoami> {
    const { id, role } = await this.#sessions.userOf(tokenIn(session), caller);
    return { id, role, userId: String(id), userRole: roleName(role) };
  }

  userOf(token: string, caller: Caller): Promise<User> {
    return this.#sessions.userOf(tokenIn(token), caller);
  }

  findUser(id: I64): Promise<User> {
    return this.#users.find({ id: databaseId(id) });
  }

  findByEmail(email: string): Promise<User> {
    return this.#users.find({ email });
  }

  authenticate(email: string, password: string): Promise<User> {
    return this.#users.authenticate(email, password);
  }

  openSession(userId: I64): Promise<string> {
    return this.#sessions.open(databaseId(userId));
  }

  closeSession(token: string): Promise<void> {
    return this.#sessions.close(tokenIn(token));
  }

  async closeExpired(limit: number): Promise<number> {
    return this.#sessions.closeExpired(Math.min(limit, MAX_EXPIRED));
  }

  async listUsers(begins: string, after: I64, limit: number): Promise<User[]> {
    if (limit < 1 || limit > MAX_LIMIT) throw invalid('limit', `from 1 to ${MAX_LIMIT}`);
    return this.#users.page(begins, databaseId(after), limit);
  }

  async setRole(id: I64, role: Role): Promise<void> {
    await this.#users.setRole(databaseId(id), roleName(role));
  }

  makeOwner(id: I64): Promise<void> {
    return this.#users.makeOwner(databaseId(id));
  }

  /** Logs a user in, in place of whoever was. */
  async #loggedIn(user: User, cookie: string | undefined): Promise<LoggedIn> {
    await this.#sessions.close(tokenIn(cookie));
    return { user, setCookie: cookieOf(await this.#sessions.open(databaseId(user.id))) };
  }
}

function roleName(role: Role): keyof typeof Role {
  const [name] = Object.entries(Role).find(([, number]) => number === role) ?? [];
  if (name === undefined) throw new Error(`role ${role} is none of ${Object.keys(Role).join(', ')}.`);
  return name as keyof typeof Role;
}

/** An id for the database: beyond 2^53 it is rounded, and found nowhere, since no row has one so large. */
function databaseId(id: I64): number {
  return Number(id);
}
