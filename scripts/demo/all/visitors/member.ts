import type { Visitor } from '../../crowd.ts';
import { expectMember, expectOneOf, expectStatus } from '../../expectations.ts';
import type { Session } from './session.ts';

export interface MemberOptions {
  readonly index: number;
  readonly session: Session;
  readonly shop: number;
}

/** Offers a benefit and redeems it, once for each member: what was not answered is sent again with its key. */
export class Member implements Visitor {
  readonly #options: MemberOptions;
  #benefit: string | undefined;
  #turn = 0;
  #unanswered: string | undefined;

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  async next(): Promise<void> {
    const { index, session, shop } = this.#options;
    const turn = ++this.#turn;
    if (this.#benefit !== undefined && turn % 3 === 0) return this.#look(this.#benefit);
    const key = this.#unanswered ?? `story-${index}-${turn}`;
    this.#unanswered = undefined;
    const headers = { 'idempotency-key': key };
    if (this.#benefit === undefined) {
      const body = { name: `두 번째 ${index}`, percentOff: 10, quantity: redemptions };
      const path = `/admin/shops/${shop}/benefits`;
      const asked = await session.ask({ method: 'POST', path, body, headers }, expectStatus(201));
      if (asked?.right) this.#benefit = (asked.answer.body as { id: string }).id;
      else this.#unanswered = key;
      return;
    }
    const path = `/api/shops/${shop}/benefits/${this.#benefit}`;
    const asked = await session.write(
      { kind: 'redemption', key: `${shop}/${this.#benefit}/${key}`, value: 'yes' },
      { method: 'POST', path: `${path}/redemptions`, body: { memberId: key }, headers },
      expectOneOf(expectMember(201, 'memberId', key), expectStatus(409)),
    );
    if (asked === null || asked.answer.status >= 500) this.#unanswered = key;
    // Sold out: the next one.
    else if (asked.answer.status === 409) this.#benefit = undefined;
  }

  async #look(benefit: string): Promise<void> {
    const path = `/api/shops/${this.#options.shop}/benefits/${benefit}`;
    await this.#options.session.ask({ method: 'GET', path }, expectMember(200, 'id', benefit));
  }
}

const redemptions = 200;
