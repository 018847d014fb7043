import type { Visitor } from '../../crowd.ts';
import { expectCode, expectList, expectMember, expectOneOf, expectStatus } from '../../expectations.ts';
import type { ShopGoods } from '../shop-sample.ts';
import type { Session } from './session.ts';

export interface CustomerOptions {
  readonly index: number;
  readonly session: Session;
  /** Shops that are open, with products that nobody edits. */
  readonly goods: readonly ShopGoods[];
  /** Words of a search, in both languages. */
  readonly words: readonly string[];
}

/** Signs up, looks around, likes, orders, cancels, logs out and in again. */
export class Customer implements Visitor {
  readonly #options: CustomerOptions;
  #account: { readonly email: string; readonly id: number } | undefined;
  #order: { readonly id: number; readonly note: string } | undefined;
  #liked: number | undefined;
  #turn = 0;

  constructor(options: CustomerOptions) {
    this.#options = options;
  }

  async next(): Promise<void> {
    const { session } = this.#options;
    const turn = ++this.#turn;
    if (this.#account === undefined || turn % 120 === 0) return this.#signUp(turn);
    if (!session.isLoggedIn) return void (await session.logIn(this.#account.email, expectStatus(200)));
    const step = steps[turn % steps.length]!;
    await this[step](turn);
  }

  async signOut(): Promise<void> {
    await this.#options.session.ask({ method: 'DELETE', path: '/api/session' }, expectStatus(204));
  }

  async profile(): Promise<void> {
    const { session } = this.#options;
    await session.ask({ method: 'GET', path: '/api/me' }, expectMember(200, 'email', this.#account?.email));
  }

  async home(): Promise<void> {
    const { email } = this.#account!;
    // What is missing is named; what is there must be right.
    const check = expectList('missing', (missing: readonly string[], { user }) =>
      missing.includes('user') || (user as { email?: unknown } | null)?.email === email
        ? null
        : `the user is ${JSON.stringify(user)} instead of ${email}`,
    );
    await this.#options.session.ask({ method: 'GET', path: '/api/home' }, check);
  }

  async search(turn: number): Promise<void> {
    const { session, words } = this.#options;
    const q = encodeURIComponent(words[turn % words.length]!);
    await session.ask({ method: 'GET', path: `/api/search?q=${q}&limit=10` }, expectList('products'));
  }

  async like(turn: number): Promise<void> {
    const product = this.#product(turn);
    if (await this.#setLike(product, true)) this.#liked = product;
  }

  async likes(): Promise<void> {
    const { session } = this.#options;
    const liked = this.#liked;
    const check = expectList('products', (products: readonly { readonly id: number }[]) =>
      liked === undefined || products.some(({ id }) => id === liked)
        ? null
        : `product ${liked} is not among the likes`,
    );
    await session.ask({ method: 'GET', path: '/api/me/likes' }, check);
  }

  async unlike(): Promise<void> {
    const liked = this.#liked;
    this.#liked = undefined;
    if (liked !== undefined) await this.#setLike(liked, false);
  }

  async order(turn: number): Promise<void> {
    const { session, goods, index } = this.#options;
    const shop = goods[(turn + index) % goods.length]!;
    const productId = shop.products[turn % shop.products.length]!;
    const note = `story-${index}-${turn}`;
    const body = { shopId: shop.id, items: [{ productId, quantity: 1 + (turn % 3) }], note };
    // A shop that has sold out its last piece says so, and nothing is wrong with that.
    const check = expectOneOf(expectMember(201, 'note', note), expectCode(409, 'out_of_stock'));
    const asked = await session.write(
      { kind: 'order', key: note, value: 'placed' },
      { method: 'POST', path: '/api/orders', body },
      check,
    );
    this.#order = undefined;
    if (asked?.answer.status === 201) this.#order = { id: (asked.answer.body as { id: number }).id, note };
  }

  async orders(): Promise<void> {
    const { session } = this.#options;
    const order = this.#order;
    const check = expectList('orders', (orders: readonly { readonly id: number }[]) =>
      order === undefined || orders.some(({ id }) => id === order.id)
        ? null
        : `order ${order.id} is not among them`,
    );
    await session.ask({ method: 'GET', path: '/api/me/orders' }, check);
  }

  async ownOrder(): Promise<void> {
    const order = this.#order;
    if (order === undefined) return;
    const path = `/api/orders/${order.id}`;
    await this.#options.session.ask({ method: 'GET', path }, expectMember(200, 'note', order.note));
  }

  async cancel(): Promise<void> {
    const order = this.#order;
    this.#order = undefined;
    if (order === undefined) return;
    // An owner may have sent it off meanwhile.
    const check = expectOneOf(expectMember(200, 'status', 'cancelled'), expectCode(409, 'too_late'));
    await this.#options.session.write(
      { kind: 'order', key: order.note, value: 'cancelled' },
      { method: 'POST', path: `/api/orders/${order.id}/cancel` },
      check,
    );
  }

  async #signUp(turn: number): Promise<void> {
    const { session, index } = this.#options;
    const email = `story-${index}-${turn}@example.com`;
    const body = { email, name: `손님 ${index}`, password: 'shop-demo' };
    const asked = await session.write(
      { kind: 'account', key: email, value: 'user' },
      { method: 'POST', path: '/api/users', body },
      expectMember(201, 'email', email),
    );
    if (!asked?.right) return;
    this.#account = { email, id: (asked.answer.body as { id: number }).id };
    this.#order = undefined;
    this.#liked = undefined;
  }

  async #setLike(product: number, likes: boolean): Promise<boolean> {
    const method = likes ? 'PUT' : 'DELETE';
    const key = `${this.#account?.id}:${product}`;
    const asked = await this.#options.session.write(
      { kind: 'like', key, value: likes ? 'yes' : 'no' },
      { method, path: `/api/me/likes/${product}` },
      expectStatus(204),
    );
    return asked?.right ?? false;
  }

  #product(turn: number): number {
    const { goods } = this.#options;
    const { products } = goods[turn % goods.length]!;
    return products[turn % products.length]!;
  }
}

type Step = Exclude<keyof Customer, 'next'>;

const steps: readonly Step[] = [
  ...(['profile', 'search', 'like', 'likes', 'order', 'orders', 'ownOrder', 'home'] as const),
  ...(['cancel', 'search', 'order', 'likes', 'home', 'unlike', 'orders', 'signOut'] as const),
];
