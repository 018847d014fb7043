import type { Visitor } from '../../crowd.ts';
import { expectList, expectMember, expectStatus, expectText } from '../../expectations.ts';
import type { Session } from './session.ts';

export interface StaffOptions {
  readonly session: Session;
  /** Shops whose state this one sees to. */
  readonly shops: readonly number[];
}

const states = ['paused', 'open'] as const;

/** Looks at the pages of the company's own staff, and closes and opens shops. */
export class Staff implements Visitor {
  readonly #options: StaffOptions;
  #turn = 0;

  constructor(options: StaffOptions) {
    this.#options = options;
  }

  async next(): Promise<void> {
    const { session, shops } = this.#options;
    const turn = ++this.#turn;
    if (!session.isLoggedIn) return void (await session.logIn('admin@example.com', expectStatus(200)));
    const page = pages[turn % pages.length]!;
    const shop = shops[turn % Math.max(1, shops.length)];
    if (turn % 4 !== 0 || shop === undefined) {
      await session.ask({ method: 'GET', path: page.path }, page.check);
      return;
    }
    const state = states[Math.floor(turn / 4 / shops.length) % states.length]!;
    await session.write(
      { kind: 'shop state', key: String(shop), value: state },
      { method: 'PATCH', path: `/admin/api/shops/${shop}`, body: { state } },
      expectMember(200, 'state', state),
    );
  }
}

const pages = [
  { path: '/admin', check: expectText('How much there is') },
  { path: '/admin/logs', check: expectText('Requests') },
  { path: '/admin/shops', check: expectText('A new shop') },
  { path: '/admin/api/logs?path=/api', check: expectList('logs') },
  { path: '/admin/orders', check: expectStatus(200) },
  { path: '/admin/api/users?q=story', check: expectList('users') },
  { path: '/admin/users', check: expectStatus(200) },
];
