import { BanyanError } from '../../../common/errors.ts';
import type { Backlog } from '../../move.ts';
import { type KeyRange, type KeyValues, keysCondition, rangeCondition } from '../../plan/key-range.ts';
import type { Session } from '../../sql/session.ts';
import type { CapturedTable } from '../capture.ts';
import type { ChangeLog, TakenKeys, WaitingKey } from '../change-log.ts';
import type { TriggerLog } from '../triggers/trigger-log.ts';
import type { BinlogFollower } from './binlog-follower.ts';
import { KeyQueue, type QueuedKey } from './key-queue.ts';
import { keyOf, keyTextOf } from './key-text.ts';
import { rankKeys } from './rank-keys.ts';
import { typedLiteral } from './typed-literal.ts';

/** Expressions asked of the server in one statement. */
const askedAtOnce = 500;
/** How many keys a take looks through for one outside the ranges in flight. */
const lookedThrough = 5_000;

/**
 * One table's dirty keys: those that the reader of the binary log has noted are in memory, and come again after a restart,
 * since the saved position never passes them; those that were marked are in a table on the source.
 */
export class BinlogLog implements ChangeLog {
  readonly reread = 'locking';
  readonly notedAfter = null;
  readonly queue: KeyQueue;
  readonly marks: TriggerLog;
  readonly #table: CapturedTable;
  readonly #follower: BinlogFollower;

  constructor(table: CapturedTable, marks: TriggerLog, follower: BinlogFollower) {
    this.#table = table;
    this.marks = marks;
    this.#follower = follower;
    this.queue = new KeyQueue(follower.queued);
  }

  async take(source: Session, leaveAlone: readonly KeyRange[], limit: number): Promise<TakenKeys | null> {
    const marked = await this.marks.take(source, leaveAlone, limit);
    if (marked !== null) return marked;
    await this.#follower.start();
    await this.#follower.assertSameServer(source);
    const entries = await this.#outside(source, leaveAlone, limit);
    if (entries.length === 0) return null;
    // Before anything is read: whatever comes from now on is an entry of its own.
    for (const entry of entries) entry.taken = true;
    const keys = entries.map(({ key }) => key);
    const ranks = rankKeys(this.#table.key, keys);
    return {
      keys,
      ...(ranks ? { ranks } : {}),
      forget: async () => {
        this.queue.forget(entries);
        this.#follower.makeRoom();
      },
    };
  }

  async #outside(source: Session, leaveAlone: readonly KeyRange[], limit: number): Promise<QueuedKey[]> {
    if (leaveAlone.length === 0) return this.queue.first(limit);
    const found: QueuedKey[] = [];
    const looked = this.queue.first(lookedThrough);
    for (let from = 0; from < looked.length && found.length < limit; from += askedAtOnce) {
      const some = looked.slice(from, from + askedAtOnce);
      const inside = await this.#ask(source, some, (key) =>
        leaveAlone.map((range) => rangeCondition(key, range)).join(' OR '),
      );
      found.push(...some.filter((_, index) => !inside[index]));
      this.queue.putLast(some.filter((_, index) => inside[index]));
    }
    return found.slice(0, limit);
  }

  mark(source: Session, keys: readonly KeyValues[]): Promise<void> {
    return this.marks.mark(source, keys);
  }

  /** Asks once everything that was committed before the call has been noted. */
  async dirtyAmong(source: Session, keys: readonly KeyValues[]): Promise<KeyValues[]> {
    if (keys.length === 0) return [];
    // What is not read yet may be among them.
    if (!(await this.#follower.sync(source))) return [...keys];
    const dirty = await this.marks.dirtyAmong(source, keys);
    const asked = new Set(keys.map(keyTextOf));
    for (const text of asked) if (this.queue.has(text)) dirty.push(keyOf(text));
    if (!this.#table.key.some(({ shape }) => shape.kind === 'text')) return dirty;
    const rest = [...this.queue.entries()].filter(({ text }) => !asked.has(text));
    for (let from = 0; from < rest.length; from += askedAtOnce) {
      const some = rest.slice(from, from + askedAtOnce);
      const equal = await this.#ask(source, some, (key) => keysCondition(key, keys));
      dirty.push(...some.filter((_, index) => equal[index]).map(({ key }) => key));
    }
    return dirty;
  }

  /** Keys are compared by the servers only, with their collations; these lie in no table. */
  async #ask(
    source: Session,
    entries: readonly QueuedKey[],
    condition: (key: CapturedTable['key']) => string,
  ): Promise<boolean[]> {
    const conditions = entries.map(({ key }) =>
      condition(
        this.#table.key.map(({ shape }, index) => ({ sql: typedLiteral(shape, key[index] ?? null), shape })),
      ),
    );
    const [row] = await source.texts(`SELECT ${conditions.map((sql) => `(${sql})`).join(', ')}`);
    return entries.map((_, index) => row?.[index] === '1');
  }

  async backlog(source: Session): Promise<Backlog> {
    await this.#follower.start();
    const marked = await this.marks.backlog(source);
    const notedAt = this.queue.oldestNotedAt();
    const waitingMs = notedAt === null ? 0 : Date.now() - notedAt;
    return {
      entries: marked.entries + this.queue.size,
      oldestMs: Math.max(marked.oldestMs, waitingMs, this.#follower.lagMs),
    };
  }

  async settled(source: Session): Promise<void> {
    await this.#follower.beat(source);
  }

  /** A key that was marked and read in the log counts twice: it is a bound. */
  async waiting(source: Session, limit: number) {
    if (!(await this.#follower.sync(source))) throw unreadRest();
    const marked = await this.marks.waiting(source, limit);
    const queued = this.queue.first(Math.max(0, limit - marked.keys.length));
    return {
      count: marked.count + this.queue.size,
      keys: [
        ...marked.keys,
        ...queued.map(
          ({ key, notedAt }): WaitingKey => ({ key, firstAt: notedAt / 1_000, lastAt: notedAt / 1_000 }),
        ),
      ],
    };
  }
}

function unreadRest(): BanyanError {
  return new BanyanError(
    'BANYAN_BINLOG_BEHIND',
    'more keys wait than are kept in memory: how many are in the rest of the binary log is not known',
    { fix: 'Wait until the applier has worked off some of them.' },
  );
}
