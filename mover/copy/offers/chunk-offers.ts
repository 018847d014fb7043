import { databaseTrouble } from '../../../common/database-trouble.ts';
import { pause } from '../../../common/pause.ts';
import type { MoveContext } from '../../move-context.ts';
import type { KeyRange } from '../../plan/key-range.ts';
import type { TablePlan } from '../../plan/table-plan.ts';
import type { Link } from '../../sql/link.ts';
import type { Session } from '../../sql/session.ts';
import { errno, errnoOf } from '../../sql/sql-error.ts';
import type { ChunkMeasure } from '../chunk-size.ts';
import { Turn } from '../turn.ts';
import { type LiveMover, landingLock, OfferBooks, planPrint } from './offer-books.ts';

/** What became of a chunk that was offered. */
export type Offered =
  | { readonly kind: 'landed'; readonly measure: ChunkMeasure; readonly no: string }
  /** Its mover died, or there was none: as if it had never been offered. */
  | { readonly kind: 'lost' }
  /** Its mover could not land it alone. */
  | { readonly kind: 'returned'; readonly reason: ReturnReason };

export type ReturnReason =
  /** No more is in memory than allowed: so many rows fit. */
  | { readonly kind: 'rows'; readonly fitting: number }
  /** Rows of other chunks are in the way, or the mover's plan is another one. */
  | { readonly kind: 'here'; readonly what: string };

/** How often it is asked what became of the chunks that are with movers. */
const askEveryMs = 50;
/** How often it is asked whether there are movers. */
const lookEveryMs = 500;

interface Waiting {
  readonly resolve: (offered: Offered) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gives chunks to other processes (`copyOffered`), whose sessions and whose memory they go through. Everything else stays with the
 * process that has the move: which chunk comes next, the range in flight that its applier leaves alone, the throttle, the progress.
 *
 * A chunk is with its mover until it has landed, was returned, or was taken back; until then its range is in flight. Taking back and
 * landing lock the offer's row, so that one of them wins. A mover that is thought dead and is not finds its offer gone, and its
 * transaction is rolled back; so is that of one that works for an earlier epoch.
 */
export class ChunkOffers {
  readonly #context: MoveContext;
  readonly #books: OfferBooks;
  readonly #link: Link;
  /** One after the other uses its session: some in transactions. */
  readonly #turn = new Turn();
  readonly #waiting = new Map<string, Waiting>();
  #movers: readonly LiveMover[] = [];
  #changed = new AbortController();

  constructor(context: MoveContext) {
    const { spec, tuning } = context;
    this.#context = context;
    this.#books = new OfferBooks(spec.bookkeepingSchema, spec.id, tuning.moverLeaseMs);
    this.#link = context.targetLink();
  }

  async ensureTables(): Promise<void> {
    await this.#use((session) => this.#books.ensureTables(session));
  }

  /** Before the first chunk, and again after one whose end is unknown: no chunk that was offered before can land any more. */
  async begin(): Promise<void> {
    await this.#use(async (session) => {
      await this.#context.guardedBooks(session, () => this.#books.forgetAll(session));
      this.#see(await this.#books.movers(session));
    });
  }

  /** Those that live. */
  get movers(): readonly LiveMover[] {
    return this.#movers;
  }

  /**
   * Where the next chunk goes: to a mover that has a hand free; here, where there is none, unless one copies instead of this process.
   * Waits for such a one; `here` once `signal` aborts.
   */
  async place(signal: AbortSignal): Promise<'mover' | 'here'> {
    while (!signal.aborted) {
      const hands = this.#movers.reduce((sum, { workers }) => sum + workers, 0);
      if (this.#waiting.size < hands) return 'mover';
      if (!this.#movers.some(({ instead }) => instead)) return 'here';
      await pause(lookEveryMs, AbortSignal.any([signal, this.#changed.signal]));
    }
    return 'here';
  }

  /** Resolves once it is settled what became of the chunk. Its range must be in flight until then. */
  async carry(plan: TablePlan, range: KeyRange): Promise<Offered> {
    const { epoch } = this.#context;
    const offer = { epoch, table: plan.name, range, plan: planPrint(plan) };
    const { promise, resolve, reject } = Promise.withResolvers<Offered>();
    const no = await this.#use((session) =>
      this.#context.guardedBooks(session, () => this.#books.offer(session, offer)),
    );
    this.#waiting.set(no, { resolve, reject });
    try {
      return await promise;
    } finally {
      this.#waiting.delete(no);
      this.#announce();
    }
  }

  /** When the copy is over, or given up: whatever is still with a mover cannot land any more. */
  async end(): Promise<void> {
    try {
      await this.#use((session) => this.#context.guardedBooks(session, () => this.#books.forgetAll(session)));
    } catch (error) {
      // The next copy does it before anything else; and whoever has the move by then has another epoch.
      const { logger, spec } = this.#context;
      logger.warn({ err: error, move: spec.id }, 'the chunks that were offered could not be taken back');
    } finally {
      this.#link.close();
    }
  }

  /** With the progress that counts it. */
  async forget(session: Session, no: string): Promise<void> {
    await this.#books.forget(session, no);
  }

  /** Looks after movers and what is with them until `signal` aborts. Whatever is then still with a mover is not waited for. */
  async watch(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        try {
          await this.#use(async (session) => {
            this.#see(await this.#books.movers(session));
            await this.#settle(session);
          });
        } catch (error) {
          if (signal.aborted) break;
          for (const { reject } of this.#waiting.values()) reject(error);
          if (databaseTrouble(error) === null) throw error;
        }
        await pause(this.#waiting.size > 0 ? askEveryMs : lookEveryMs, signal);
      }
    } finally {
      for (const { reject } of this.#waiting.values()) reject(signal.reason);
      this.#see([]);
    }
  }

  async #settle(session: Session): Promise<void> {
    const states = await this.#books.states(session, [...this.#waiting.keys()]);
    for (const [no, { resolve }] of this.#waiting) {
      const now = states.get(no);
      if (now?.state === 'landed') resolve({ kind: 'landed', no, measure: now.measure });
      else if (now?.state === 'returned') {
        await this.#books.forget(session, no);
        resolve({ kind: 'returned', reason: JSON.parse(now.reason) as ReturnReason });
      } else if (now === undefined) resolve({ kind: 'lost' });
      else if (now.state === 'taken' ? !now.alive : this.#movers.length === 0) {
        if (now.state === 'taken') await this.#endLanding(session, no, now.mover);
        if (await this.#books.takeBack(session, no)) resolve({ kind: 'lost' });
      }
    }
  }

  /** A mover that is frozen keeps its locks: its connection is ended, and what it wrote is rolled back. */
  async #endLanding(session: Session, no: string, mover: string): Promise<void> {
    const { logger, spec } = this.#context;
    logger.warn({ move: spec.id, mover }, 'a mover was not heard of: its chunk is copied by another');
    const [row] = await session.texts(`SELECT IS_USED_LOCK(${landingLock(spec.bookkeepingSchema, no)})`);
    if (typeof row?.[0] !== 'string') return;
    await session.run(`KILL ${row[0]}`).catch((error: unknown) => {
      if (errnoOf(error) !== errno.unknownThread) throw error;
    });
  }

  #use<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#turn.run(async () => work(await this.#link.session()));
  }

  #see(movers: readonly LiveMover[]): void {
    const { logger, spec } = this.#context;
    for (const { mover } of movers) {
      if (!this.#movers.some((one) => one.mover === mover))
        logger.info({ move: spec.id, mover }, 'a mover came');
    }
    this.#movers = movers;
    this.#announce();
  }

  #announce(): void {
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
  }
}
