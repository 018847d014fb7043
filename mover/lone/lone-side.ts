import { noStopPoints, type StopPoints } from '../../common/stop-points.ts';
import { withBooksLock } from '../bookkeeping/books-lock.ts';
import { Fence } from '../fence/fence.ts';
import { FenceRow } from '../fence/fence-row.ts';
import { skipIds } from '../fence/raise-auto-increment.ts';
import { MarkRow } from '../marks/mark-row.ts';
import { Marks } from '../marks/marks.ts';
import type { StoreLedger, StoreMark } from '../marks/store-mark.ts';
import type { FenceOptions, FenceStanding, MoveLogger } from '../move.ts';
import { MoveContext } from '../move-context.ts';
import { type MoveSpec, sideTables, targetTable } from '../move-spec.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import type { AloneLinks } from '../sql/run-alone.ts';
import { defaultTuning } from '../tuning.ts';

export interface LoneSideOptions {
  /**
   * Throws where whoever asks may not touch the fence any more. Asked after the fence's row was read and before it is changed: a
   * process that was stopped in between and superseded by one that claimed the fence changes no row.
   */
  readonly assertMine: () => Promise<void>;
  /** The state store that this goes by: no fence is opened where it is older than what this side was told of it. */
  readonly ledger: StoreLedger;
  readonly points?: StopPoints;
  readonly logger?: MoveLogger;
}

/** `absent`: none of the tables is there. */
export type LoneStanding = FenceStanding | 'absent';

/** One side of a feature without the other, whose server may be lost. */
export interface LoneSide {
  standing(): Promise<LoneStanding>;
  /** None of its tables holds a row. */
  isEmpty(): Promise<boolean>;
  /** The database refuses every write to those tables that are there. */
  fence(options: Required<FenceOptions>): Promise<void>;
  openFence(options: Required<FenceOptions>): Promise<void>;
  /** Every mover that was bringing rows to this side is refused from here on. Waits for commits under way. */
  claim(): Promise<void>;
  /** Lifts AUTO_INCREMENT of its tables by `room`: for ids that the other side gave out and nobody here knows of. */
  skipIds(options: {
    readonly room: number;
    readonly patienceMs: number;
    readonly signal: AbortSignal;
  }): Promise<void>;
  /** What its server was told of the state store; null: nothing. */
  mark(): Promise<StoreMark | null>;
  /** Tells it how far the state store is, whatever it knew. */
  tellStore(): Promise<void>;
  close(): void;
}

/** Opens the side that is `spec`'s target. The other side's server is not asked. */
export async function openSide(spec: MoveSpec, options: LoneSideOptions): Promise<LoneSide> {
  const context = new MoveContext({
    ...{ spec, epoch: 0, tuning: defaultTuning },
    points: options.points ?? noStopPoints,
    logger: options.logger ?? { info() {}, warn() {} },
  });
  try {
    const session = await context.targetLink().session();
    const found = await session.texts(
      `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoteText(spec.target.database)}
          AND TABLE_NAME IN (${sideTables(spec, 'target').map(quoteText).join(', ')})`,
    );
    const there = new Set(found.map(([name]) => name));
    const tables = spec.tables.filter((one) => there.has(targetTable(one)));
    return new TargetAlone(context, { ...spec, tables }, options);
  } catch (error) {
    context.closeLinks();
    throw error;
  }
}

class TargetAlone implements LoneSide {
  readonly #context: MoveContext;
  readonly #spec: MoveSpec;
  readonly #links: AloneLinks;
  readonly #fence: Fence;
  readonly #marks: Marks;

  /** `spec`: with the tables that are there. */
  constructor(context: MoveContext, spec: MoveSpec, { assertMine, ledger }: LoneSideOptions) {
    this.#context = context;
    this.#spec = spec;
    this.#links = { work: context.targetLink(), kill: context.targetLink() };
    const look = context.targetLink();
    const { points, logger, tuning } = context;
    const named = new MoveContext({ spec, epoch: 0, points, logger, tuning });
    this.#marks = new Marks(spec, { target: look }, ledger);
    this.#fence = new Fence(named, 'target', { ...this.#links, look }, assertMine);
  }

  async standing(): Promise<LoneStanding> {
    return this.#spec.tables.length === 0 ? 'absent' : this.#fence.standing();
  }

  async isEmpty(): Promise<boolean> {
    const session = await this.#context.targetLink().session();
    const { database } = this.#spec.target;
    for (const table of sideTables(this.#spec, 'target')) {
      const [row] = await session.rows(`SELECT 1 FROM ${quoteTable(database, table)} LIMIT 1`);
      if (row !== undefined) return false;
    }
    return true;
  }

  async fence(options: Required<FenceOptions>): Promise<void> {
    if (this.#spec.tables.length > 0) await this.#fence.close(options);
  }

  async openFence(options: Required<FenceOptions>): Promise<void> {
    if (this.#spec.tables.length === 0) return;
    await this.#marks.beforeOpening();
    await this.#fence.open(options);
  }

  async mark(): Promise<StoreMark | null> {
    return new MarkRow(this.#spec, 'target').read(await this.#context.targetLink().session());
  }

  async tellStore(): Promise<void> {
    await this.#marks.tell(true);
  }

  async claim(): Promise<void> {
    const { books, spec } = this.#context;
    const row = FenceRow.of(spec, 'target');
    const session = await this.#context.targetLink().session();
    await withBooksLock(session, spec.bookkeepingSchema, () => row.ensure(session));
    await books.ensureTables(session);
    await books.claimEpoch(session);
    await row.claim(session);
  }

  async skipIds(options: Parameters<LoneSide['skipIds']>[0]): Promise<void> {
    await skipIds(this.#context, await this.#context.targetLink().session(), this.#links, options);
  }

  close(): void {
    this.#context.closeLinks();
  }
}
