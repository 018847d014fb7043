import { type KeyValues, keyId } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import type { Feed } from './feed.ts';
import type { FeedEntry } from './feed-entry.ts';
import type { FeedRow, FeedTable } from './feed-table.ts';

export interface FeedBatchOptions {
  readonly feed: Feed;
  readonly table: FeedTable;
  readonly plan: TablePlan;
  /** As the log has them. */
  readonly keys: readonly KeyValues[];
  readonly epoch: number;
}

/** What one batch of the applier tells the feed: read before it writes, appended when it has, in its transaction. */
export class FeedBatch {
  readonly #options: FeedBatchOptions;
  #rows: readonly FeedRow[] | null = null;
  #held: readonly KeyValues[] = [];

  constructor(options: FeedBatchOptions) {
    this.#options = options;
  }

  /** Where the service owns the rows they are read there, as the rows that are carried over are. @throws RowsTooMany */
  async read(source: Session, { lock, bytesMax }: { readonly lock: string; readonly bytesMax: number }) {
    const { feed, table, keys } = this.#options;
    if (feed.service !== 'source') return;
    const found = await source.rowsWithin(table.select(table.keys(keys)) + lock, bytesMax);
    this.#rows = found.map((row) => table.row(row));
  }

  /**
   * In the transaction, before it writes. A key that the other side spells in another way, which its collation calls the same, leaves
   * under that spelling.
   *
   * @throws FeedEpochOver
   */
  async beforeWriting(target: Session): Promise<void> {
    const { feed, plan, keys, epoch } = this.#options;
    await feed.guard(target, epoch);
    this.#held = await target.rows(plan.target.selectKeys(plan.target.keys(keys)));
  }

  /** In the transaction, when the rows are written. What is gone goes first: a key may be there again in another spelling. */
  async afterWriting(target: Session): Promise<void> {
    const { feed, table, keys, epoch } = this.#options;
    const rows =
      this.#rows ?? (await target.rows(table.select(table.keys(keys)))).map((row) => table.row(row));
    const there = new Set(rows.map(({ id }) => id));
    const held = new Set(this.#held.map(keyId));
    const gone = new Map([...keys, ...this.#held].map((key) => [keyId(key), key]));
    for (const id of there) gone.delete(id);
    const common = { table: table.table, snapshot: 'false' } as const;
    const entries: FeedEntry[] = [
      ...(await table.goneKeys(target, [...gone.values()])).map(
        (key): FeedEntry => ({ ...common, key, op: 'd', after: null }),
      ),
      ...rows.map(
        ({ id, key, after }): FeedEntry => ({ ...common, key, op: held.has(id) ? 'u' : 'c', after }),
      ),
    ];
    await feed.append(target, epoch, entries);
  }
}
