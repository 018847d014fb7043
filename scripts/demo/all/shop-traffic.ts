import { Crowd, type FailedRequest } from '../crowd.ts';
import { Ledger } from '../ledger.ts';
import { Reader } from '../reader.ts';
import { seededRows } from '../traffic.ts';
import { Writer } from '../writer.ts';
import { FaceLatencies } from './face-latencies.ts';
import { Registers } from './registers.ts';
import type { ShopSample } from './shop-sample.ts';
import { Customer } from './visitors/customer.ts';
import { Member } from './visitors/member.ts';
import { Owner } from './visitors/owner.ts';
import { Session } from './visitors/session.ts';
import { Staff } from './visitors/staff.ts';

export interface ShopTrafficOptions {
  readonly routers: readonly string[];
  /** Mean pause of one visitor between two requests, milliseconds. */
  readonly pauseMs: number;
  readonly products: readonly { readonly id: string; readonly sku: string }[];
  readonly shops: readonly string[];
  readonly sample: ShopSample;
}

/** How many of each kind of visitor. */
export const visitors = { readers: 8, writers: 3, customers: 4, owners: 2, staff: 1, members: 1 } as const;

const words = ['lamp', '머그컵', 'tea', '담요', 'bag', '우산'];

/** Visitors of all kinds, through all three faces: readers and staff who edit products, customers, owners, and members once there are benefits. */
export class ShopTraffic {
  readonly ledger = new Ledger();
  readonly registers = new Registers();
  readonly latencies = new FaceLatencies();
  readonly failures: FailedRequest[] = [];
  readonly #options: ShopTrafficOptions;
  readonly #crowd: Crowd;
  #entered = 0;

  constructor(options: ShopTrafficOptions) {
    this.#options = options;
    this.#crowd = new Crowd({
      ...{ routers: options.routers, pauseMs: options.pauseMs, connections: 32 },
      onAnswer: ({ path }, { ms }) => this.latencies.add(path, ms),
      onFailure: (failed) => this.failures.push(failed),
    });
  }

  get total(): number {
    return this.#crowd.total;
  }

  get failed(): number {
    return this.failures.length;
  }

  /** Writes that were answered with success. */
  get acknowledged(): number {
    return this.ledger.acknowledged + this.registers.acknowledged;
  }

  start(): void {
    const { products, shops, sample } = this.#options;
    const crowd = this.#crowd;
    for (let index = 0; index < visitors.readers; index++) {
      crowd.enter(new Reader({ index, products, shops, ask: this.#asker() }));
    }
    for (let index = 0; index < visitors.writers; index++) {
      const seeded = seededRows(products, index);
      crowd.enter(new Writer({ index, seeded, shops, ledger: this.ledger, ask: this.#asker() }));
    }
    for (let index = 0; index < visitors.customers; index++) {
      const goods = sample.forCustomers;
      crowd.enter(new Customer({ index, goods, words, session: this.#session(`customer${index}`) }));
    }
    for (const [index, shop] of sample.forOwners.entries()) {
      crowd.enter(new Owner({ shop, session: this.#session(`owner${index}`) }));
    }
    crowd.enter(new Staff({ shops: sample.forStaff, session: this.#session('staff') }));
  }

  /** From now on benefits are offered and redeemed. */
  admitMembers(): void {
    const { id: shop } = this.#options.sample.forCustomers[0]!;
    for (let index = 0; index < visitors.members; index++) {
      this.#crowd.enter(new Member({ index, shop, session: this.#session(`member${index}`) }));
    }
  }

  /** Lets every request under way end. Idempotent. */
  stop(): Promise<void> {
    return this.#crowd.stop();
  }

  #session(name: string): Session {
    return new Session(name, this.#asker(), this.registers);
  }

  #asker() {
    return this.#crowd.asker(this.#entered++);
  }
}

/** Products that the writers edit: nobody orders these. */
export function editedProducts(products: readonly { readonly id: string }[]): readonly string[] {
  return Array.from({ length: visitors.writers }, (_, index) => seededRows(products, index))
    .flat()
    .map(({ id }) => id);
}
