import type { Ask, Asked } from '../../crowd.ts';
import type { Expectation } from '../../expectations.ts';
import type { ShopRequest } from '../../shop-client.ts';
import type { RegisterKind, Registers } from '../registers.ts';

export type SessionRequest = Omit<ShopRequest, 'user'>;

/** One visitor's browser: it keeps the cookies that it is given, and the registers know what it was told. */
export class Session {
  /** Who routers take it for, before any cookie: `customer3`. */
  readonly name: string;
  readonly #ask: Ask;
  readonly #registers: Registers;
  readonly #cookies = new Map<string, string>();

  constructor(name: string, ask: Ask, registers: Registers) {
    this.name = name;
    this.#ask = ask;
    this.#registers = registers;
  }

  get isLoggedIn(): boolean {
    return this.#cookies.has('session');
  }

  async ask(request: SessionRequest, check: Expectation): Promise<Asked | null> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...request.headers, ...(cookie !== '' && { cookie }) };
    const asked = await this.#ask({ ...request, user: this.name, headers }, check);
    for (const line of asked?.answer.cookies ?? []) {
      const at = line.indexOf('=');
      const [name, value] = [line.slice(0, at), line.slice(at + 1)];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return asked;
  }

  /** A write of one register; `right` when it was acknowledged. */
  async write(
    register: { readonly kind: RegisterKind; readonly key: string; readonly value: string },
    request: SessionRequest,
    check: Expectation,
  ): Promise<Asked | null> {
    const { kind, key, value } = register;
    this.#registers.begin(kind, key, value);
    const asked = await this.ask(request, check);
    // A 5xx says no more about whether the write happened than no answer at all.
    if (asked === null || asked.answer.status >= 500) return asked;
    if (asked.answer.status < 400) this.#registers.acknowledge(kind, key, value);
    else this.#registers.refuse(kind, key, value);
    return asked;
  }

  /** With the password that all users of the seed have. */
  logIn(email: string, check: Expectation): Promise<Asked | null> {
    const body = { email, password: 'shop-demo' };
    return this.ask({ method: 'POST', path: '/api/session', body }, check);
  }
}
