import { BanyanError } from '../../common/errors.ts';
import type { LaneSessions } from '../lanes.ts';
import type { MoveContext } from '../move-context.ts';
import type { KeyValues } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { readTableShape } from '../shape/read-table-shape.ts';
import { serverClockMs } from '../sql/server-clock.ts';
import type { Session } from '../sql/session.ts';
import { FeedBatch } from './feed-batch.ts';
import { FeedBooks, FeedEpochOver } from './feed-books.ts';
import { appendEntries, type FeedEntry } from './feed-entry.ts';
import { FeedTable } from './feed-table.ts';

type Sessions = Pick<LaneSessions, 'source' | 'target'>;

/**
 * The feed of one open move: each change is appended in the transaction that carries it over, so an entry is there exactly if its change
 * has arrived. A relay sends the entries from there; nothing of the move waits for it.
 */
export class Feed {
  /** Where the service's rows are. */
  readonly service: 'source' | 'target';
  readonly #context: MoveContext;
  readonly #here: FeedBooks;
  readonly #there: FeedBooks;
  readonly #tables = new Map<string, Promise<FeedTable>>();
  #epoch: Promise<number> | null = null;

  constructor(context: MoveContext, service: 'source' | 'target') {
    this.service = service;
    this.#context = context;
    this.#here = FeedBooks.of(context.spec, 'target');
    this.#there = FeedBooks.of(context.spec, 'source');
  }

  /** Before rows are read that are carried over. */
  async batch(plan: TablePlan, keys: readonly KeyValues[], sessions: Sessions): Promise<FeedBatch> {
    const table = await this.table(plan, sessions);
    return new FeedBatch({ feed: this, table, plan, keys, epoch: await this.begun(sessions) });
  }

  table(plan: TablePlan, sessions: Sessions): Promise<FeedTable> {
    let table = this.#tables.get(plan.name);
    if (table === undefined) {
      const reading = this.#readTable(plan, sessions[this.service]);
      table = reading;
      this.#tables.set(plan.name, reading);
      reading.catch(() => this.#tables.delete(plan.name));
    }
    return table;
  }

  /** In a transaction of the target, before it writes; `epoch` is of before it began. @throws FeedEpochOver */
  async guard(target: Session, epoch: number): Promise<void> {
    const begun = this.#epoch;
    try {
      await this.#here.guard(target, epoch);
    } catch (error) {
      if (error instanceof FeedEpochOver && this.#epoch === begun && (await begun) === epoch)
        this.#epoch = null;
      throw error;
    }
  }

  append(target: Session, epoch: number, entries: readonly FeedEntry[]): Promise<void> {
    return appendEntries(target, this.#here.entries, epoch, entries);
  }

  /** The epoch under which entries are appended; begins one. Not within a transaction. */
  begun(sessions: Sessions): Promise<number> {
    if (this.#epoch === null) {
      const beginning = this.#begin(sessions);
      this.#epoch = beginning;
      beginning.catch(() => {
        if (this.#epoch === beginning) this.#epoch = null;
      });
    }
    return this.#epoch;
  }

  /** Another epoch for what comes: its beginning waits for transactions of which nobody knows whether they have ended. */
  beginAnew(): void {
    this.#epoch = null;
  }

  /** See `FeedBooks`: first the other side's epoch is ended, then ours begins. */
  async #begin({ source, target }: Sessions): Promise<number> {
    const context = this.#context;
    await context.books.guard(target, context.epoch);
    await this.#here.ensureTables(target);
    await this.#there.ensureTables(source);
    const [before, other] = [await this.#here.epoch(target), await this.#there.epoch(source)];
    const [now] = await target.texts(`SELECT ${serverClockMs}`);
    const epoch = Math.max((before ?? 0) + 1, (other ?? 0) + 1, Number(now?.[0]));
    await this.#there.end(source, epoch);
    await context.points.reach('feed:other-ended', { epoch });
    await context.guardedBooks(target, () => this.#here.begin(target, epoch));
    context.logger.info({ move: context.spec.id, epoch }, 'the change feed begins an epoch');
    return epoch;
  }

  async #readTable(plan: TablePlan, service: Session): Promise<FeedTable> {
    const side = plan[this.service];
    const shape = await readTableShape(service, side.database, side.table);
    if (shape !== null) return new FeedTable(side, shape);
    throw new BanyanError('BANYAN_TABLE_UNMOVABLE', `table ${side.database}.${side.table} does not exist`, {
      fix: 'Run `banyan check`: it lists everything that keeps this table from moving.',
    });
  }
}
