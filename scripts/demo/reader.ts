import type { Ask, Visitor } from './crowd.ts';
import { expectMember, expectPage, expectStatus } from './expectations.ts';

export interface ReaderOptions {
  readonly index: number;
  readonly products: readonly { readonly id: string; readonly sku: string }[];
  readonly shops: readonly string[];
  readonly ask: Ask;
}

/** Looks at products, pages of products and shops. It is fifty people in turn, so that a canary's share of people is one of reads. */
export class Reader implements Visitor {
  readonly #options: ReaderOptions;
  #turn = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  async next(): Promise<void> {
    const { index, products, shops, ask } = this.#options;
    const turn = this.#turn++;
    const user = `u${index}-${turn % 50}`;
    const kind = turn % 10;
    const shop = pick(shops);
    if (kind < 7) {
      const product = pick(products);
      const path = `/api/products/${product?.id}`;
      await ask({ method: 'GET', path, user }, expectMember(200, 'sku', product?.sku));
    } else if (kind < 9) {
      await ask({ method: 'GET', path: `/api/products?shopId=${shop}&limit=20`, user }, expectPage);
    } else {
      await ask({ method: 'GET', path: `/api/shops/${shop}`, user }, expectStatus(200));
    }
  }
}

function pick<T>(from: readonly T[]): T | undefined {
  return from[Math.floor(Math.random() * from.length)];
}
