import { randomBytes } from 'node:crypto';
import { BanyanError } from '../../common/errors.ts';
import type { ClearOptions, FenceOptions, FenceStanding, MoveSide } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import { type DatabaseEndpoint, sideTables } from '../move-spec.ts';
import type { Link } from '../sql/link.ts';
import { type AloneLinks, isWait, runAlone } from '../sql/run-alone.ts';
import { runBounded } from '../sql/run-bounded.ts';
import { errno, errnoOf, isConnectionLost } from '../sql/sql-error.ts';
import { type FenceRecord, FenceRow } from './fence-row.ts';
import { FenceTriggers, type StandingTrigger } from './fence-triggers.ts';
import { Refusals, type RefusedStatement, type RefusedWrites, refusedStatements } from './refusals.ts';

/** Before a handover, for the triggers of earlier ones, over all tables. */
const earlierPatienceMs = 1_500;

type DropOptions = Required<Pick<ClearOptions, 'patienceMs' | 'isUrgent'>> & { readonly signal: AbortSignal };

/**
 * The database's own refusal of writes to tables that do not own their rows: BEFORE triggers on every table read one row,
 * `banyan.fences`, with a shared lock, and fail the write when it says closed, unless the session carries its token.
 *
 * - **prepare** makes the triggers while the row says open: table by table, with short waits, before anybody is held.
 *   Every transaction that has touched a table is over when its triggers stand, so whoever writes later holds the row.
 * - **close** is one UPDATE. It waits for exactly the transactions that have written, lets readers pass, and holds for all
 *   tables at one instant: a write is committed, and captured, before it, or refused after it. All locks are InnoDB's, so
 *   transactions in a ring are found at once; where the fence is the victim, it tries again.
 * - **open** is one UPDATE too: no open reader can keep it waiting.
 * - **clear** drops what the owner's tables need no more, in the background.
 *
 * Close and open change the row of the epoch that was read before our own claim was found good. A process that was stopped
 * in between and superseded changes no row.
 */
export class Fence {
  readonly #context: MoveContext;
  readonly #endpoint: DatabaseEndpoint;
  readonly #links: AloneLinks;
  readonly #look: Link;
  readonly #row: FenceRow;
  readonly #refusals: Refusals;
  readonly #tables: readonly string[];
  readonly #triggers: FenceTriggers;
  readonly #assertEpoch: () => Promise<void>;
  /** The connection was lost while the row was being set: the server may set it yet. */
  #unsure = false;
  /** Ends a `clear` that is under way, which uses the same sessions. */
  #clearing: (() => Promise<void>) | null = null;
  /** Of the triggers that were made for the fence that is about to close: it relies on these and no others. */
  #tag: string | null = null;
  /** What triggers of that tag say. */
  #body = '';
  /** The row as it was read before our own claim was last found good, or as we set it since. */
  #known: FenceRecord | null = null;

  /** `look`: for all that waits for nobody, and must not be hit by a kill that comes too late. */
  constructor(
    context: MoveContext,
    side: MoveSide,
    { look, ...links }: AloneLinks & { readonly look: Link },
    assertEpoch: () => Promise<void>,
  ) {
    const { spec } = context;
    this.#context = context;
    this.#endpoint = spec[side];
    this.#links = links;
    this.#look = look;
    this.#row = FenceRow.of(spec, side);
    this.#refusals = Refusals.of(spec, side);
    this.#tables = sideTables(spec, side);
    this.#triggers = new FenceTriggers(this.#endpoint.database, this.#tables, this.#row, this.#refusals);
    this.#assertEpoch = assertEpoch;
  }

  async standing(): Promise<FenceStanding> {
    const session = await this.#look.session();
    const record = await this.#row.read(session);
    if (record?.closed === false) return 'open';
    const missing = await this.#triggers.missing(session, null);
    if (missing.length === 0) return 'fenced';
    return (await this.#triggers.standing(session)).length === 0 ? 'open' : 'partial';
  }

  /** @throws BanyanError BANYAN_FENCE_TIMEOUT when a table is never free; writes pass then, as before. */
  async prepare({ lockTimeoutMs, signal }: Required<FenceOptions>): Promise<void> {
    const { points } = this.#context;
    const { database } = this.#endpoint;
    await this.#clearing?.();
    await this.#set(false, lockTimeoutMs, signal);
    const { standing, isNeedless } = await this.#standingTriggers();
    await this.#makeTriggers(lockTimeoutMs, signal);
    // Each write goes through every trigger that stands, and each open table keeps them in memory: handovers in a row, between which nobody could clear, do not heap them up.
    if (isNeedless && standing.length > this.#triggers.all.length) {
      const patienceMs = Math.min(lockTimeoutMs, earlierPatienceMs);
      await this.#dropAll(new Set(standing), { patienceMs, isUrgent: false, signal });
    }
    await points.reach('fence:prepared', { database });
  }

  async #makeTriggers(lockTimeoutMs: number, signal: AbortSignal): Promise<void> {
    const tag = randomBytes(4).toString('hex');
    this.#tag = tag;
    // Triggers of an earlier version counted nothing: the table may not be there.
    const look = await this.#look.session();
    await look.run(this.#refusals.creation);
    await this.#refusals.forgetEarlier(look);
    const body = await this.#triggers.body(look);
    this.#body = body;
    for (const trigger of this.#triggers.all) {
      await this.#alone(this.#triggers.create(trigger, tag, body), lockTimeoutMs, signal).catch((error) => {
        // Of an attempt that was killed when it was done: the name is ours alone.
        if (errnoOf(error) !== errno.triggerExists) throw error;
      });
      await this.#context.points.reach('fence:trigger-created', { ...trigger });
    }
  }

  /** @throws BanyanError BANYAN_FENCE_TIMEOUT: nothing has changed; BANYAN_FENCE_BYPASSED: open it or close it again. */
  async close(options: Required<FenceOptions>): Promise<void> {
    const { lockTimeoutMs, signal } = options;
    if (this.#tag === null) {
      await this.#assertEpoch();
      const standing = await this.standing();
      if (standing === 'fenced') return;
      // What is closed in part stays so: it is the side that does not own the rows.
      if (standing === 'partial') await this.#makeTriggers(lockTimeoutMs, signal);
      else await this.prepare(options);
    }
    await this.#set(true, lockTimeoutMs, signal);
    await this.#context.points.reach('fence:closed', { database: this.#endpoint.database });
    const tag = this.#tag;
    this.#tag = null;
    await this.#assertTriggers(tag, this.#body);
    await this.#refusals.mark(await this.#look.session());
  }

  /** Writes that were refused, and whose they were as far as the server still tells. */
  async refused(): Promise<RefusedWrites> {
    return this.#refusals.read(await this.#look.session());
  }

  async refusedStatements(): Promise<readonly RefusedStatement[] | null> {
    return refusedStatements(await this.#look.session(), this.#tables);
  }

  /** @throws BanyanError BANYAN_FENCE_BYPASSED when a trigger that `prepare` made is gone or changed. */
  async assertPrepared(): Promise<void> {
    await this.#assertTriggers(this.#tag);
  }

  /** @throws BanyanError BANYAN_FENCE_BYPASSED */
  async assertClosed(): Promise<void> {
    const record = await this.#readOurs();
    if (record?.closed === false) throw bypassed(this.#endpoint.database, []);
    await this.#assertTriggers(null);
  }

  /** In this order: whoever claims the move claims its row of epochs first, then the fences. */
  async #readOurs(): Promise<FenceRecord | null> {
    const record = await this.#row.read(await this.#look.session());
    await this.#assertEpoch();
    this.#known = record;
    return record;
  }

  async #assertTriggers(tag: string | null, body?: string): Promise<void> {
    const missing = await this.#triggers.missing(await this.#look.session(), tag, body);
    if (missing.length > 0) throw bypassed(this.#endpoint.database, missing);
  }

  async open({ lockTimeoutMs, signal }: Required<FenceOptions>): Promise<void> {
    await this.#set(false, lockTimeoutMs, signal);
    this.#tag = null;
    await this.#context.points.reach('fence:opened', { database: this.#endpoint.database });
  }

  /**
   * Drops the triggers of an open fence, as far as tables are free within `patienceMs`. Returns those that are left:
   * a reader's open transaction is in the way of a DROP TRIGGER, and everybody else would wait behind both. Ends early, with
   * what is left, when a fence is prepared meanwhile.
   */
  async clear({
    patienceMs = 0,
    isUrgent = true,
    signal,
  }: ClearOptions & { readonly signal: AbortSignal }): Promise<readonly string[]> {
    if (this.#tag !== null) return [];
    const stopping = new AbortController();
    const ends = AbortSignal.any([signal, stopping.signal]);
    const left = new Set<StandingTrigger>();
    const clearing = this.#clearNeedless(left, { patienceMs, isUrgent, signal: ends });
    // Before anything is waited for: a fence that is prepared from now on ends this first.
    const stop = async () => {
      stopping.abort();
      await clearing.catch(() => undefined);
    };
    this.#clearing = stop;
    try {
      await clearing;
    } catch (error) {
      if (signal.aborted || !stopping.signal.aborted) throw error;
    } finally {
      if (this.#clearing === stop) this.#clearing = null;
    }
    return [...left].map(({ name }) => name);
  }

  /** `left`: has those that still stand when it is over. */
  async #clearNeedless(left: Set<StandingTrigger>, options: DropOptions): Promise<void> {
    const { standing, isNeedless } = await this.#standingTriggers();
    for (const trigger of standing) left.add(trigger);
    options.signal.throwIfAborted();
    if (isNeedless) await this.#dropAll(left, options);
  }

  /** Every trigger that stands, and whether nobody relies on one: while the fence is open, since whoever closes it makes triggers first. */
  async #standingTriggers(): Promise<{
    readonly standing: readonly StandingTrigger[];
    readonly isNeedless: boolean;
  }> {
    const session = await this.#look.session();
    const standing = await this.#triggers.standing(session);
    await this.#context.points.reach('fence:listed', { database: this.#endpoint.database });
    await this.#assertEpoch();
    return { standing, isNeedless: (await this.#row.read(session))?.closed === false };
  }

  /** Takes those that are dropped out of `left`. First every table that is free, then the others, for as long as patience is left. */
  async #dropAll(left: Set<StandingTrigger>, { patienceMs, isUrgent, signal }: DropOptions): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (const isPatient of patienceMs > 0 ? [false, true] : [false]) {
      const busy = new Set<string>();
      for (const trigger of left) {
        if (busy.has(trigger.table)) continue;
        const leftMs = isPatient ? Math.max(0, deadline - performance.now()) : 0;
        try {
          await this.#alone(this.#triggers.drop(trigger.name), leftMs, signal, isUrgent);
        } catch (error) {
          if (!(error instanceof BanyanError && error.code === 'BANYAN_FENCE_TIMEOUT')) throw error;
          busy.add(trigger.table);
          continue;
        }
        left.delete(trigger);
        await this.#context.points.reach('fence:trigger-dropped', { name: trigger.name });
      }
    }
  }

  /** Sets the row, unless somebody else has claimed it; tries again where its transaction was the victim of a deadlock. */
  async #set(closed: boolean, patienceMs: number, signal: AbortSignal): Promise<void> {
    const { points } = this.#context;
    const { database } = this.#endpoint;
    const deadline = performance.now() + patienceMs;
    for (;;) {
      let record = this.#known;
      // Clients are held: what was read before they were is tried first, and changes no row when somebody has claimed it since.
      if (record === null || record.closed === closed) {
        await this.#row.ensure(await this.#look.session());
        record = await this.#readOurs();
        // Where closing timed out, a writer holds the row of an open fence: opening it once more would wait for him too.
        if (record?.closed === closed && !this.#unsure) return;
      }
      this.#known = null;
      const epoch = record?.epoch ?? '0';
      await points.reach(closed ? 'fence:closing' : 'fence:opening', { database });
      const left = deadline - performance.now();
      const session = await this.#links.work.session();
      const killer = await this.#links.kill.session();
      try {
        const ours = await runBounded(session, killer, { ms: Math.max(1, left), signal }, () =>
          this.#row.set(session, closed, epoch),
        );
        if (ours) {
          this.#unsure = false;
          this.#known = { closed, epoch };
          return;
        }
        // The other direction of the same move was opened meanwhile; or we are superseded, which the next look tells.
        if (performance.now() >= deadline) throw fenceTimeout(database, patienceMs, undefined);
      } catch (error) {
        signal.throwIfAborted();
        if (!isWait(error)) {
          this.#unsure ||= isConnectionLost(error);
          throw error;
        }
        if (performance.now() >= deadline) throw fenceTimeout(database, patienceMs, error);
      }
    }
  }

  async #alone(sql: string, patienceMs: number, signal: AbortSignal, isUrgent = true): Promise<void> {
    const timedOut = (cause: unknown) => fenceTimeout(this.#endpoint.database, patienceMs, cause);
    await runAlone(this.#links, sql, { patienceMs, isUrgent, signal, timedOut });
  }
}

function fenceTimeout(database: string, lockTimeoutMs: number, cause: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_FENCE_TIMEOUT',
    `the tables of ${database} were not free within ${lockTimeoutMs} ms: a transaction that touched them is open`,
    {
      fix: 'Look for a long transaction on these tables (SHOW PROCESSLIST), let it end, and try again. Nothing has changed.',
      cause,
      details: { database, lockTimeoutMs },
    },
  );
}

function bypassed(database: string, missing: readonly { table: string; event: string }[]): BanyanError {
  const names = missing.map(({ table, event }) => `${event} on ${table}`).join(', ');
  const what = missing.length === 0 ? 'was opened' : `lost triggers, or they were changed (${names})`;
  return new BanyanError(
    'BANYAN_FENCE_BYPASSED',
    `the fence of ${database} ${what} while a handover was under way`,
    { fix: 'Find out who does that, then try again.', details: { database } },
  );
}
