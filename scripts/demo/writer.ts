import type { Ask, Asked, Visitor } from './crowd.ts';
import { expectMember, expectStatus } from './expectations.ts';
import { type Ledger, withToken } from './ledger.ts';
import { sampleProduct } from './sample-products.ts';

export interface WriterOptions {
  readonly index: number;
  /** Rows that nobody else writes to. */
  readonly seeded: readonly Row[];
  readonly shops: readonly string[];
  readonly ledger: Ledger;
  readonly ask: Ask;
}

interface Row {
  readonly id: string;
  readonly sku: string;
}

/** Creates, replaces, changes and deletes products, one write at a time, each with a token that the ledger knows. */
export class Writer implements Visitor {
  readonly #options: WriterOptions;
  /** Products it created and has not deleted. */
  readonly #own: Row[] = [];
  #turn = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  async next(): Promise<void> {
    const { index, seeded } = this.#options;
    const own = this.#own;
    const n = ++this.#turn;
    const token = `w${index}-${n}`;
    const kind = n % 8;
    if (kind === 0 && own.length > 0) await this.#delete(token, own.shift());
    else if (kind === 3 && own.length > 2) await this.#delete(token, own.pop());
    else if (kind === 1 || kind === 4) await this.#create(token, n);
    else if (kind === 5 || kind === 6) await this.#change(token, n, seeded[n % Math.max(1, seeded.length)]);
    else await this.#replace(token, n, own[n % Math.max(1, own.length)]);
  }

  async #create(token: string, n: number): Promise<void> {
    const sku = `W${this.#options.index}-${n}`;
    const body = { ...this.#whole(token, n), sku };
    this.#options.ledger.begin(sku, token);
    const asked = await this.#ask('POST', '/admin/products', body, expectMember(201, 'name', body.name));
    const id = this.#settleStored(asked, sku, token);
    if (id !== null) this.#own.push({ id, sku });
  }

  async #replace(token: string, n: number, row: Row | undefined): Promise<void> {
    if (row === undefined) return;
    const body = { ...this.#whole(token, n + 3), sku: row.sku };
    this.#options.ledger.begin(row.sku, token);
    const path = `/admin/products/${row.id}`;
    const asked = await this.#ask('PUT', path, body, expectMember(200, 'name', body.name));
    this.#settleStored(asked, row.sku, token);
  }

  async #change(token: string, n: number, row: Row | undefined): Promise<void> {
    if (row === undefined) return;
    const { name, price } = sampleProduct(n + 5);
    const body = { name: withToken(name, token), price };
    this.#options.ledger.begin(row.sku, token);
    const path = `/admin/products/${row.id}`;
    const asked = await this.#ask('PATCH', path, body, expectMember(200, 'name', body.name));
    this.#settleStored(asked, row.sku, token);
  }

  async #delete(token: string, row: Row | undefined): Promise<void> {
    if (row === undefined) return;
    const { ledger } = this.#options;
    ledger.begin(row.sku, token);
    const asked = await this.#ask('DELETE', `/admin/products/${row.id}`, undefined, expectStatus(204));
    if (!isAnswered(asked)) ledger.lose(row.sku, token);
    else if (asked.right) ledger.acknowledgeDeleted(row.sku, token, row.id);
    else ledger.refuse(token);
  }

  #whole(token: string, n: number) {
    const { shops } = this.#options;
    const product = sampleProduct(n);
    return { ...product, name: withToken(product.name, token), shopId: Number(shops[n % shops.length]) };
  }

  #ask(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown, check: Parameters<Ask>[1]) {
    const user = `staff${this.#options.index}`;
    return this.#options.ask(
      body === undefined ? { method, path, user } : { method, path, user, body },
      check,
    );
  }

  /** Notes how a create or change was answered; the row's id when it is stored. */
  #settleStored(asked: Asked | null, sku: string, token: string): string | null {
    const { ledger } = this.#options;
    if (!isAnswered(asked)) {
      ledger.lose(sku, token);
      return null;
    }
    if (asked.answer.status >= 300) {
      ledger.refuse(token);
      return null;
    }
    const id = String((asked.answer.body as { id?: unknown } | undefined)?.id);
    ledger.acknowledgeStored(sku, token, id);
    return id;
  }
}

/** A 5xx says no more about whether the write happened than no answer at all. */
function isAnswered(asked: Asked | null): asked is Asked {
  return asked !== null && asked.answer.status < 500;
}
