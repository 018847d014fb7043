import { setTimeout as wait } from 'node:timers/promises';
import { Latencies, type TrafficPeriod } from './latencies.ts';
import { Ledger, withToken } from './ledger.ts';
import { sampleProduct } from './sample-products.ts';
import { type ShopAnswer, ShopClient, type ShopRequest } from './shop-client.ts';

export interface TrafficOptions {
  readonly routers: readonly string[];
  readonly readers: number;
  readonly writers: number;
  /** Rows that stand in the database when traffic begins. Writers change some of them, readers read all. */
  readonly products: readonly { readonly id: string; readonly sku: string }[];
  readonly shops: readonly string[];
  /** Mean pause of one client between two requests, milliseconds. */
  readonly pauseMs: number;
}

export interface Failure {
  readonly at: string;
  readonly request: string;
  readonly what: string;
}

/** Rows of the seed that each writer has for itself. */
const seededRowsPerWriter = 40;
/** Only the first failures are kept word by word; all are counted. */
const failuresKept = 20;

/**
 * Readers and writers that never stop until they are told to. Every answer is checked for what was asked: a wrong
 * answer is a failed request like a missing one.
 */
export class Traffic {
  readonly ledger = new Ledger();
  readonly latencies = new Latencies();
  readonly failures: Failure[] = [];
  period: TrafficPeriod = 'warm-up';
  #total = 0;
  #failed = 0;
  readonly #options: TrafficOptions;
  readonly #clients: readonly ShopClient[];
  readonly #stop = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#clients = options.routers.map((url) => new ShopClient(url, options.readers + options.writers));
  }

  get total(): number {
    return this.#total;
  }

  get failed(): number {
    return this.#failed;
  }

  start(): void {
    const { readers, writers } = this.#options;
    this.#loops = Promise.all([
      ...Array.from({ length: readers }, (_, index) => this.#read(index)),
      ...Array.from({ length: writers }, (_, index) => this.#write(index)),
    ]);
  }

  /** Lets every request under way end. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    await this.#loops;
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #pause(): Promise<void> {
    const ms = this.#options.pauseMs * (0.5 + Math.random());
    await wait(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** Sends, measures and checks. Null when the answer is missing or wrong. */
  async #ask(client: number, request: ShopRequest, check: (answer: ShopAnswer) => string | null) {
    const { period } = this;
    this.#total++;
    const fail = (what: string) => {
      this.#failed++;
      const { method, path } = request;
      if (this.failures.length < failuresKept) {
        this.failures.push({ at: new Date().toISOString(), request: `${method} ${path}`, what });
      }
    };
    try {
      const router = this.#clients[client % this.#clients.length] as ShopClient;
      const answer = await router.send(request);
      this.latencies.add(period, answer.ms);
      const wrong = check(answer);
      if (wrong !== null) fail(wrong);
      return { answer, right: wrong === null };
    } catch (error) {
      fail(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      return null;
    }
  }

  async #read(index: number): Promise<void> {
    const { products, shops } = this.#options;
    // Each reader is many visitors, so that a canary's share of them is a share of the reads.
    for (let turn = 0; !this.#stop.signal.aborted; turn++) {
      const user = `u${index}-${turn % 50}`;
      const kind = turn % 10;
      if (kind < 7) {
        const product = products[Math.floor(Math.random() * products.length)];
        const path = `/api/products/${product?.id}`;
        await this.#ask(index, { method: 'GET', path, user }, expectMember(200, 'sku', product?.sku));
      } else {
        const shop = shops[Math.floor(Math.random() * shops.length)];
        if (kind < 9) {
          const path = `/api/products?shopId=${shop}&limit=20`;
          await this.#ask(index, { method: 'GET', path, user }, expectPage);
        } else {
          await this.#ask(index, { method: 'GET', path: `/api/shops/${shop}`, user }, expectStatus(200));
        }
      }
      await this.#pause();
    }
  }

  async #write(index: number): Promise<void> {
    const { products } = this.#options;
    const first = index * seededRowsPerWriter;
    const seeded = products.slice(first, first + seededRowsPerWriter);
    const own: { id: string; sku: string }[] = [];
    const user = `staff${index}`;
    let turn = 0;
    while (!this.#stop.signal.aborted) {
      const n = ++turn;
      const token = `w${index}-${n}`;
      const kind = n % 8;
      if (kind === 0 && own.length > 0) await this.#remove(index, user, token, own.shift());
      else if (kind === 3 && own.length > 2) await this.#remove(index, user, token, own.pop());
      else if (kind === 1 || kind === 4) await this.#create(index, user, token, n, own);
      else if (kind === 5 || kind === 6)
        await this.#change(index, user, token, n, seeded[n % Math.max(1, seeded.length)]);
      else await this.#replace(index, user, token, n, own[n % Math.max(1, own.length)]);
      await this.#pause();
    }
  }

  async #create(index: number, user: string, token: string, n: number, own: { id: string; sku: string }[]) {
    const sku = `W${index}-${n}`;
    const product = sampleProduct(n);
    const body = { ...product, name: withToken(product.name, token), sku, shopId: Number(this.#shop(n)) };
    this.ledger.begin(sku, token);
    const path = '/admin/products';
    const asked = await this.#ask(
      index,
      { method: 'POST', path, user, body },
      expectMember(201, 'name', body.name),
    );
    const id = this.#settleStored(asked, sku, token);
    if (id !== null) own.push({ id, sku });
  }

  async #replace(
    index: number,
    user: string,
    token: string,
    n: number,
    row: { id: string; sku: string } | undefined,
  ) {
    if (row === undefined) return;
    const product = sampleProduct(n + 3);
    const body = {
      ...product,
      name: withToken(product.name, token),
      sku: row.sku,
      shopId: Number(this.#shop(n)),
    };
    this.ledger.begin(row.sku, token);
    const path = `/admin/products/${row.id}`;
    const asked = await this.#ask(
      index,
      { method: 'PUT', path, user, body },
      expectMember(200, 'name', body.name),
    );
    this.#settleStored(asked, row.sku, token);
  }

  async #change(
    index: number,
    user: string,
    token: string,
    n: number,
    row: { id: string; sku: string } | undefined,
  ) {
    if (row === undefined) return;
    const { name, price } = sampleProduct(n + 5);
    const body = { name: withToken(name, token), price };
    this.ledger.begin(row.sku, token);
    const path = `/admin/products/${row.id}`;
    const asked = await this.#ask(
      index,
      { method: 'PATCH', path, user, body },
      expectMember(200, 'name', body.name),
    );
    this.#settleStored(asked, row.sku, token);
  }

  async #remove(index: number, user: string, token: string, row: { id: string; sku: string } | undefined) {
    if (row === undefined) return;
    this.ledger.begin(row.sku, token);
    const path = `/admin/products/${row.id}`;
    const asked = await this.#ask(index, { method: 'DELETE', path, user }, expectStatus(204));
    if (asked === null || asked.answer.status >= 500) this.ledger.lose(row.sku, token);
    else if (asked.right) this.ledger.acknowledgeDeleted(row.sku, token, row.id);
    else this.ledger.refuse(token);
  }

  /** Notes how a create or change was answered; the row's id when it is stored. */
  #settleStored(
    asked: { answer: ShopAnswer; right: boolean } | null,
    sku: string,
    token: string,
  ): string | null {
    // A 5xx says nothing about whether the write happened: neither does no answer at all.
    if (asked === null || asked.answer.status >= 500) {
      this.ledger.lose(sku, token);
      return null;
    }
    if (asked.answer.status >= 300) {
      this.ledger.refuse(token);
      return null;
    }
    const id = String((asked.answer.body as { id?: unknown } | undefined)?.id);
    this.ledger.acknowledgeStored(sku, token, id);
    return id;
  }

  #shop(n: number): string {
    return this.#options.shops[n % this.#options.shops.length] ?? '1';
  }
}

function expectStatus(status: number) {
  return (answer: ShopAnswer): string | null =>
    answer.status === status ? null : `${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`;
}

function expectMember(status: number, member: string, value: unknown) {
  return (answer: ShopAnswer): string | null => {
    const wrong = expectStatus(status)(answer);
    if (wrong !== null) return wrong;
    const got = (answer.body as Record<string, unknown> | undefined)?.[member];
    return got === value ? null : `${member} is ${JSON.stringify(got)} instead of ${JSON.stringify(value)}`;
  };
}

function expectPage(answer: ShopAnswer): string | null {
  const wrong = expectStatus(200)(answer);
  if (wrong !== null) return wrong;
  const page = answer.body as { products?: unknown } | undefined;
  return Array.isArray(page?.products) ? null : 'the page has no products';
}
