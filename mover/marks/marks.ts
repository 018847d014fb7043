import type { MoveSide } from '../move.ts';
import type { MoveSpec } from '../move-spec.ts';
import { ensureSchema } from '../sql/ensure-schema.ts';
import type { Link } from '../sql/link.ts';
import { MarkRow } from './mark-row.ts';
import { type StoreLedger, type StoreMark, storeRestored } from './store-mark.ts';

/**
 * Tells when the state store was restored from a backup that is older than what the databases went by. Either side's server
 * is told of the store's last entry when a run of the move begins, and before any fence is opened: so a side that is open was
 * opened by a store which had the entry that lies beside it.
 */
export class Marks {
  readonly #spec: MoveSpec;
  readonly #links: Partial<Readonly<Record<MoveSide, Link>>>;
  readonly #ledger: StoreLedger;
  #ensured = false;

  /** `links`: of the sides that are there to be asked. */
  constructor(spec: MoveSpec, links: Partial<Readonly<Record<MoveSide, Link>>>, ledger: StoreLedger) {
    this.#spec = spec;
    this.#links = links;
    this.#ledger = ledger;
  }

  /** @throws BanyanError BANYAN_STATE_RESTORED */
  async check(): Promise<void> {
    const found = await this.#each((row, link) => link.session().then((session) => row.read(session)));
    const marks = found.filter((mark) => mark !== null);
    if (marks.length === 0 || (await this.#ledger.has(marks))) return;
    throw storeRestored(this.#spec, latest(marks)!);
  }

  /** Tells both servers of the store's last entry; `instead`: whatever they knew. */
  async tell(instead = false): Promise<void> {
    await this.#write(await this.#ledger.newest(), instead);
  }

  /** Clients may be held meanwhile. Throws as `check`. */
  async beforeOpening(): Promise<void> {
    const [mark] = await Promise.all([this.#ledger.newest(), this.check()]);
    await this.#write(mark, false);
  }

  async #write(mark: StoreMark, instead: boolean): Promise<void> {
    await this.#each(async (row, link) => {
      const session = await link.session();
      if (!this.#ensured) {
        await ensureSchema(session, this.#spec.bookkeepingSchema);
        await row.ensure(session);
      }
      await row.write(session, mark, instead);
    });
    this.#ensured = true;
  }

  #each<Result>(work: (row: MarkRow, link: Link) => Promise<Result>): Promise<Result[]> {
    const sides = (['source', 'target'] as const).flatMap((side) => {
      const link = this.#links[side];
      return link === undefined ? [] : [work(new MarkRow(this.#spec, side), link)];
    });
    return Promise.all(sides);
  }
}

export function latest(marks: readonly StoreMark[]): StoreMark | null {
  return marks.reduce<StoreMark | null>(
    (last, mark) => (last === null || mark.entry > last.entry ? mark : last),
    null,
  );
}
