import { BanyanError, describeError } from '../../../common/errors.ts';
import { pause } from '../../../common/pause.ts';
import { noStopPoints, type StopPoints } from '../../../common/stop-points.ts';
import { readRows, releaseRows, writeCarried } from '../../carried/carried-rows.ts';
import { DuplicateInLoad } from '../../carried/load-rows.ts';
import { RowPieces } from '../../carried/row-pieces.ts';
import type { MoveLogger } from '../../move.ts';
import { MoveContext } from '../../move-context.ts';
import type { MoveSpec } from '../../move-spec.ts';
import { clearRange } from '../../plan/clear-range.ts';
import { readTablePlan } from '../../plan/read-table-plan.ts';
import type { TablePlan } from '../../plan/table-plan.ts';
import { Link } from '../../sql/link.ts';
import { RowsTooMany } from '../../sql/rows-too-many.ts';
import type { Session } from '../../sql/session.ts';
import { isDuplicate, isLockConflict } from '../../sql/sql-error.ts';
import { defaultTuning, type MoveTuning } from '../../tuning.ts';
import type { ChunkMeasure } from '../chunk-size.ts';
import type { ReturnReason } from './chunk-offers.ts';
import { type LiveMover, landingLock, type Offer, OfferBooks, planPrint } from './offer-books.ts';

/** Between two looks for something to take: longer each time that there was nothing. */
const shortestPauseMs = 25;
const longestPauseMs = 1_000;

const attemptsMax = 20;

export interface CopyOfferedOptions {
  readonly spec: MoveSpec;
  /** Who this process is. */
  readonly mover: LiveMover;
  readonly signal: AbortSignal;
  readonly logger: MoveLogger;
  readonly points?: StopPoints;
  readonly tuning?: Partial<MoveTuning>;
  /** Told of each chunk that has landed. */
  readonly onChunk?: (chunk: { readonly table: string; readonly rows: number }) => void;
}

/**
 * Takes chunks of a move that another process has, reads and writes them, until `signal` aborts: chunks in hand are landed then. Any
 * number of processes may do so, and each may die at any time. A database that is away is asked again and again.
 */
export async function copyOffered(options: CopyOfferedOptions): Promise<void> {
  const { spec, mover, signal, logger } = options;
  const tuning = { ...defaultTuning, ...options.tuning };
  const books = new OfferBooks(spec.bookkeepingSchema, spec.id, tuning.moverLeaseMs);
  const ended = new AbortController();
  const presence = keepPresence(options, books, tuning.moverLeaseMs / 4, ended.signal);
  const work = async () => {
    const hand = new Hand(options, books, tuning);
    try {
      for (let idle = 0; !signal.aborted; ) {
        try {
          idle = (await hand.next()) ? 0 : idle + 1;
        } catch (error) {
          idle += 1;
          logger.warn(
            { err: error, move: spec.id },
            'a chunk could not be copied by this mover, which tries again',
          );
        }
        if (idle > 0) await pause(Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(idle, 6)), signal);
      }
    } finally {
      hand.close();
    }
  };
  try {
    await Promise.all(Array.from({ length: mover.workers }, work));
  } finally {
    ended.abort();
    await presence;
  }
}

/** Says again and again that this mover lives, wherever a copy has made the tables for it; takes leave at the end. */
async function keepPresence(
  { spec, mover, logger }: CopyOfferedOptions,
  books: OfferBooks,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const link = new Link({ endpoint: spec.target, lockWaitSeconds: 20 });
  let known = false;
  try {
    while (!signal.aborted) {
      try {
        const session = await link.session();
        known = await books.present(session);
        if (known) await books.beat(session, mover);
      } catch (error) {
        logger.warn({ err: error, move: spec.id }, 'the target’s server does not hear of this mover');
      }
      await pause(known || !mover.instead ? everyMs : 100, signal);
    }
    const session = await link.session();
    if (await books.present(session)) await books.leave(session, mover.mover);
  } catch (error) {
    logger.warn({ err: error, move: spec.id }, 'this mover could not take leave; its lease runs out');
  } finally {
    link.close();
  }
}

/** One chunk at a time, by sessions of its own. */
class Hand {
  readonly #options: CopyOfferedOptions;
  readonly #books: OfferBooks;
  readonly #tuning: MoveTuning;
  readonly #look: Link;
  /** Of the epoch of the last chunk. */
  #context: MoveContext | null = null;
  #sessions: { readonly source: Link; readonly target: Link } | null = null;
  readonly #memory = new RowPieces();
  readonly #plans = new Map<string, TablePlan>();

  constructor(options: CopyOfferedOptions, books: OfferBooks, tuning: MoveTuning) {
    this.#options = options;
    this.#books = books;
    this.#tuning = tuning;
    this.#look = new Link({ endpoint: options.spec.target, lockWaitSeconds: 20 });
  }

  /** False when there was nothing to take. */
  async next(): Promise<boolean> {
    const { mover, points = noStopPoints } = this.#options;
    const session = await this.#look.session();
    if (!(await this.#books.present(session))) return false;
    const offer = await this.#books.take(session, mover.mover);
    if (offer === null) return false;
    await points.reach('offer:taken', { table: offer.table });
    const reason = await this.#copy(offer);
    if (reason !== null) await this.#books.giveBack(session, offer.no, mover.mover, JSON.stringify(reason));
    return true;
  }

  /** Null when it has landed; else why it has not. */
  async #copy(offer: Offer): Promise<ReturnReason | null> {
    const { spec, logger } = this.#options;
    try {
      return await this.#carry(offer);
    } catch (error) {
      if (error instanceof RowsTooMany) return { kind: 'rows', fitting: error.fitting };
      if (error instanceof DuplicateInLoad || isDuplicate(error)) {
        return { kind: 'here', what: 'rows of other chunks are in the way' };
      }
      if (error instanceof BanyanError && error.code === 'BANYAN_MOVE_SUPERSEDED') {
        logger.info({ move: spec.id, table: offer.table }, 'a chunk is not this mover’s any more');
        return { kind: 'here', what: error.message };
      }
      const { message } = describeError(error);
      logger.warn(
        { err: error, move: spec.id, table: offer.table },
        'a chunk could not be copied by this mover',
      );
      return { kind: 'here', what: message };
    }
  }

  async #carry(offer: Offer): Promise<ReturnReason | null> {
    const { spec, mover, onChunk, points = noStopPoints } = this.#options;
    const { source: from, target: into } = this.#links(offer.epoch);
    const [source, target] = [await from.session(), await into.session()];
    const plan = await this.#plan(offer, source, target);
    if (plan === null)
      return { kind: 'here', what: `the config of ${mover.host} (${mover.pid}) is another one` };
    const began = performance.now();
    const forms = await (this.#context as MoveContext).rowForms(target);
    const select = plan.source.select(plan.source.range(offer.range));
    const read = await readRows(plan, select, {
      ...{ source, target, forms },
      bytesMax: this.#tuning.chunkBytesMax,
      memory: this.#memory,
    });
    const readMs = performance.now() - began;
    await points.reach('offer:read', { table: offer.table });
    const lock = landingLock(spec.bookkeepingSchema, offer.no);
    await target.texts(`SELECT GET_LOCK(${lock}, 10)`);
    try {
      const landed = await this.#land(
        offer,
        plan,
        target,
        () => writeCarried(target, plan, read),
        () => Math.max(readMs, performance.now() - began - readMs),
      );
      releaseRows(read);
      onChunk?.({ table: offer.table, rows: landed.rows });
    } finally {
      await target.texts(`SELECT RELEASE_LOCK(${lock})`).catch(() => target.close());
    }
    return null;
  }

  async #land(
    offer: Offer,
    plan: TablePlan,
    target: Session,
    write: () => Promise<Omit<ChunkMeasure, 'ms'>>,
    ms: () => number,
  ): Promise<ChunkMeasure> {
    const context = this.#context as MoveContext;
    const { mover, points = noStopPoints } = this.#options;
    await context.counts.beforeLanding();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await context.guarded(target, async () => {
          if (!(await this.#books.holds(target, offer.no, mover.mover))) throw takenBack(context, offer);
          await clearRange(target, plan.target, offer.range);
          const measure = { ...(await write()), ms: ms() };
          await this.#books.land(target, offer.no, measure);
          await points.reach('offer:before-commit', { table: offer.table });
          return measure;
        });
      } catch (error) {
        if (!isLockConflict(error) || attempt >= attemptsMax) throw error;
      }
    }
  }

  #links(epoch: number): { readonly source: Link; readonly target: Link } {
    if (this.#sessions !== null && this.#context?.epoch === epoch) return this.#sessions;
    this.#context?.closeLinks();
    const { spec, logger, points = noStopPoints } = this.#options;
    const context = new MoveContext({ spec, epoch, points, logger, tuning: this.#tuning });
    this.#context = context;
    this.#sessions = { source: context.sourceLink(), target: context.targetLink() };
    return this.#sessions;
  }

  /** As the process that offers the chunk has it; null where this one’s config says otherwise. */
  async #plan({ table, plan: print }: Offer, source: Session, target: Session): Promise<TablePlan | null> {
    const known = this.#plans.get(table);
    if (known !== undefined && planPrint(known) === print) return known;
    const { spec } = this.#options;
    for (const one of spec.tables) {
      const plan = await readTablePlan(source, target, spec, one);
      this.#plans.set(plan.name, plan);
    }
    const found = this.#plans.get(table);
    return found !== undefined && planPrint(found) === print ? found : null;
  }

  close(): void {
    this.#look.close();
    this.#context?.closeLinks();
  }
}

function takenBack({ spec, epoch }: MoveContext, { table }: Offer): BanyanError {
  return new BanyanError(
    'BANYAN_MOVE_SUPERSEDED',
    `a chunk of ${table} of ${spec.id} was taken back from this mover, which was not heard of for too long (epoch ${epoch})`,
    { fix: 'Nothing: another process copies it.' },
  );
}
