import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import type { ChangeEvent } from '../capture/capture-names.ts';
import type { FenceOptions, FenceStanding } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { DatabaseEndpoint } from '../move-spec.ts';
import { runDdl } from '../sql/ddl.ts';
import type { Link } from '../sql/link.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import { Session } from '../sql/session.ts';
import { errno, errnoOf, isLockConflict } from '../sql/sql-error.ts';
import { createFenceStatement, fenceEvents, fenceTriggerName } from './fence-statements.ts';

/** Left before the deadline, another attempt is not worth its queue of writers. */
const attemptFloorMs = 20;

/**
 * LOCK TABLES is withdrawn and asked for anew so many times within the fence's patience. One transaction may wait for
 * another's row (in InnoDB), that one for a table for which the lock is queued, and the lock for the first one's table:
 * no server finds that ring, because its links lie in two of its parts. A lock that stands aside for a moment undoes it.
 */
const attempts = 4;

/**
 * The database's own refusal of writes to tables that do not own their rows: one BEFORE trigger for each kind of write,
 * which fails it unless the session has set `@banyan_apply`.
 *
 * All tables are locked by one LOCK TABLES … WRITE first. It waits for every transaction that has written to any of
 * them, and holds back every new write; the triggers are made on that same connection, under the lock. So the fence
 * falls at one instant for all tables: a write is committed, and captured, before it, or refused after it. A writer
 * queued behind the lock meets the triggers when the lock goes.
 */
export class Fence {
  readonly #context: MoveContext;
  readonly #endpoint: DatabaseEndpoint;
  readonly #tables: readonly string[];
  readonly #link: Link;

  constructor(context: MoveContext, endpoint: DatabaseEndpoint, link: Link) {
    this.#context = context;
    this.#endpoint = endpoint;
    this.#tables = context.spec.tables.map((table) => table.table);
    this.#link = link;
  }

  async standing(): Promise<FenceStanding> {
    const missing = await this.#missing(await this.#link.session());
    if (missing.length === 0) return 'fenced';
    return missing.length === this.#tables.length * fenceEvents.length ? 'open' : 'partial';
  }

  /** @throws BanyanError BANYAN_FENCE_TIMEOUT; then the tables are open again, or as they were. */
  async close(options: FenceOptions, signal: AbortSignal): Promise<void> {
    const { lockTimeoutMs } = options;
    const session = await this.#link.session();
    const missing = await this.#missing(session);
    if (missing.length === 0) return;
    const deadline = performance.now() + lockTimeoutMs;
    await this.#lockTables(session, deadline, lockTimeoutMs, signal);
    try {
      await this.#context.points.reach('fence:locked', { database: this.#endpoint.database });
      for (const { table, event } of missing) {
        await session.run(createFenceStatement(this.#endpoint.database, table, event));
        await this.#context.points.reach('fence:trigger-created', { table, event });
      }
      await this.#context.points.reach('fence:triggers', { database: this.#endpoint.database });
    } catch (error) {
      // The lock is ours still: nothing was refused yet, and nothing will be.
      await this.#dropTriggers(session).catch(() => session.close());
      throw error;
    } finally {
      await session.run('UNLOCK TABLES').catch(() => session.close());
    }
    await this.#context.points.reach('fence:unlocked', { database: this.#endpoint.database });
  }

  async #lockTables(
    session: Session,
    deadline: number,
    lockTimeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { database } = this.#endpoint;
    const tables = this.#tables.map((table) => `${quoteTable(database, table)} WRITE`).join(', ');
    for (;;) {
      signal.throwIfAborted();
      const left = deadline - performance.now();
      if (left < attemptFloorMs) throw fenceTimeout(database, lockTimeoutMs);
      try {
        const patience = Math.min(left, Math.max(attemptFloorMs, lockTimeoutMs / attempts));
        await this.#interruptedAfter(session, patience, signal, () => session.run(`LOCK TABLES ${tables}`));
        return;
      } catch (error) {
        signal.throwIfAborted();
        const number = errnoOf(error);
        const waited = isLockConflict(error) || number === errno.queryInterrupted;
        if (!waited) throw error;
        if (performance.now() >= deadline - attemptFloorMs)
          throw fenceTimeout(database, lockTimeoutMs, error);
        // The other side goes first.
        await wait(10, undefined, { signal });
      }
    }
  }

  /** lock_wait_timeout counts whole seconds; a fence's patience is shorter. So the statement is killed from outside. */
  async #interruptedAfter<Result>(
    session: Session,
    ms: number,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result> {
    await session.run(`SET SESSION lock_wait_timeout = ${Math.max(1, Math.ceil(ms / 1_000) + 1)}`);
    const killer = await Session.open({ endpoint: this.#endpoint, applies: false, lockWaitSeconds: 1 });
    let over = false;
    let killed = false;
    let killing: Promise<unknown> = Promise.resolve();
    const kill = () => {
      if (over) return;
      over = true;
      killed = true;
      killing = killer.run(`KILL QUERY ${session.connectionId}`).catch(() => session.close());
    };
    const timer = setTimeout(kill, ms);
    signal.addEventListener('abort', kill, { once: true });
    try {
      return await work();
    } finally {
      over = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      await killing;
      killer.close();
      // A kill that came too late hits the next statement: this one.
      if (killed) await session.run('DO 0').catch(() => undefined);
    }
  }

  async open(signal: AbortSignal): Promise<void> {
    const session = await this.#link.session();
    const { database } = this.#endpoint;
    const missing = await this.#missing(session);
    for (const { table, event } of this.#all().filter(
      (one) => !missing.some((gone) => gone.table === one.table && gone.event === one.event),
    )) {
      await runDdl(
        session,
        `DROP TRIGGER IF EXISTS ${quoteTable(database, fenceTriggerName(database, table, event))}`,
        { about: `opening the fence of ${database}.${table}`, tuning: this.#context.tuning, signal },
      );
      await this.#context.points.reach('fence:trigger-dropped', { table, event });
    }
  }

  async #dropTriggers(session: Session): Promise<void> {
    for (const { table, event } of this.#all()) {
      const name = quoteTable(
        this.#endpoint.database,
        fenceTriggerName(this.#endpoint.database, table, event),
      );
      await session.run(`DROP TRIGGER IF EXISTS ${name}`);
    }
  }

  #all(): { table: string; event: ChangeEvent }[] {
    return this.#tables.flatMap((table) => fenceEvents.map((event) => ({ table, event })));
  }

  async #missing(session: Session): Promise<{ table: string; event: ChangeEvent }[]> {
    const { database } = this.#endpoint;
    const rows = await session.texts(
      `SELECT TRIGGER_NAME FROM information_schema.TRIGGERS
        WHERE TRIGGER_SCHEMA = ${quoteText(database)}
          AND EVENT_OBJECT_TABLE IN (${this.#tables.map(quoteText).join(', ')})`,
    );
    const names = new Set(rows.map(([name]) => name));
    return this.#all().filter(({ table, event }) => !names.has(fenceTriggerName(database, table, event)));
  }
}

function fenceTimeout(database: string, lockTimeoutMs: number, cause?: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_FENCE_TIMEOUT',
    `the tables of ${database} could not be locked within ${lockTimeoutMs} ms: a transaction holds one of them`,
    {
      fix: 'Look for a long transaction on these tables (SHOW PROCESSLIST), let it end, and try again. Nothing has changed.',
      cause,
      details: { database, lockTimeoutMs },
    },
  );
}
