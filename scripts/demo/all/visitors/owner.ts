import type { Visitor } from '../../crowd.ts';
import { expectList, expectMember, expectStatus, expectText } from '../../expectations.ts';
import type { ShopSample } from '../shop-sample.ts';
import type { Session } from './session.ts';

export interface OwnerOptions {
  readonly session: Session;
  readonly shop: ShopSample['forOwners'][number];
}

const states = ['open', 'paused', 'closed'] as const;

/** Opens and closes a shop, by its pages and by its API, counts its stock and looks at its orders. */
export class Owner implements Visitor {
  readonly #options: OwnerOptions;
  #turn = 0;

  constructor(options: OwnerOptions) {
    this.#options = options;
  }

  async next(): Promise<void> {
    const { session, shop } = this.#options;
    const turn = ++this.#turn;
    if (!session.isLoggedIn) return void (await session.logIn(shop.email, expectStatus(200)));
    const page = `/owner/shops/${shop.id}`;
    const state = states[turn % states.length]!;
    const kind = turn % 8;
    if (kind === 0) await session.ask({ method: 'GET', path: '/owner/api/shops' }, expectList('shops'));
    else if (kind === 1) await session.ask({ method: 'GET', path: page }, expectText('Orders'));
    else if (kind === 2 || kind === 5) await this.#stock(turn);
    else if (kind === 3)
      await session.ask({ method: 'GET', path: `/owner/api/shops/${shop.id}/orders` }, expectList('orders'));
    else if (kind === 4) await session.ask({ method: 'GET', path: `${page}/orders.csv` }, expectStatus(200));
    else if (kind === 6) {
      await session.write(
        { kind: 'shop state', key: String(shop.id), value: state },
        { method: 'PATCH', path: `/owner/api/shops/${shop.id}`, body: { state } },
        expectMember(200, 'state', state),
      );
    } else {
      await session.write(
        { kind: 'shop state', key: String(shop.id), value: state },
        { method: 'POST', path: `${page}/state`, form: { state } },
        expectStatus(303),
      );
    }
  }

  async #stock(turn: number): Promise<void> {
    const { session, shop } = this.#options;
    const product = shop.products[turn % shop.products.length]!;
    const quantity = (turn * 7) % 500;
    await session.write(
      { kind: 'stock', key: String(product), value: String(quantity) },
      { method: 'PUT', path: `/owner/api/products/${product}/stock`, body: { quantity } },
      expectMember(200, 'quantity', quantity),
    );
  }
}
