import type { DatabaseEndpoint } from '../common/database-endpoint.ts';
import type { StopPoints } from '../common/stop-points.ts';
import { TargetBooks } from './bookkeeping/target-books.ts';
import { type RowForms, rowForms } from './carried/row-forms.ts';
import { Counts } from './counts/counts.ts';
import { Feed } from './feed/feed.ts';
import { FenceRow } from './fence/fence-row.ts';
import type { MoveLogger } from './move.ts';
import type { MoveSpec } from './move-spec.ts';
import { Link } from './sql/link.ts';
import type { Session } from './sql/session.ts';
import { isConnectionLost } from './sql/sql-error.ts';
import { inTransaction } from './sql/transaction.ts';
import { CommitTimes } from './throttle/commit-times.ts';
import { Pace } from './throttle/pace.ts';
import type { MoveTuning } from './tuning.ts';

export interface MoveContextOptions {
  readonly spec: MoveSpec;
  readonly epoch: number;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
  readonly tuning: MoveTuning;
}

/** What every part of one open move shares. */
export class MoveContext {
  readonly spec: MoveSpec;
  readonly epoch: number;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
  readonly tuning: MoveTuning;
  readonly books: TargetBooks;
  readonly pace: Pace;
  /** Of chunks and batches on the target. */
  readonly commits = new CommitTimes();
  readonly counts: Counts;
  /** Null where nobody wants one: then nothing is asked of a server for it. */
  readonly feed: Feed | null;
  /** Aborted when the move is closed. */
  readonly closing = new AbortController();
  readonly #targetFence: FenceRow;
  /** Guarded transactions; each resolves however its transaction ends. */
  readonly #underWay = new Set<Promise<void>>();
  /** Those that are not closed. */
  readonly #links = new Set<Link>();
  #rowForms: Promise<RowForms> | null = null;

  constructor(options: MoveContextOptions) {
    this.spec = options.spec;
    this.epoch = options.epoch;
    this.points = options.points;
    this.logger = options.logger;
    this.tuning = options.tuning;
    this.pace = new Pace({ workers: options.tuning.copyWorkers, share: 1 });
    this.books = new TargetBooks(options.spec.bookkeepingSchema, options.spec.id);
    this.#targetFence = FenceRow.of(options.spec, 'target');
    this.feed = options.spec.feed === undefined ? null : new Feed(this, options.spec.feed.service);
    this.counts = new Counts(options.spec, { source: this.sourceLink(), target: this.targetLink() });
  }

  sourceLink(lockWaitSeconds = 20): Link {
    return this.#link(this.spec.source, lockWaitSeconds);
  }

  targetLink(lockWaitSeconds = 20, rowWaitSeconds?: number): Link {
    return this.#link(this.spec.target, lockWaitSeconds, rowWaitSeconds);
  }

  /** A transaction on banyan's own tables on the target, for the mover whose epoch holds. */
  guardedBooks<Result>(session: Session, work: () => Promise<Result>): Promise<Result> {
    return inTransaction(session, async () => {
      await this.books.guard(session, this.epoch);
      return work();
    });
  }

  /**
   * A transaction on the target that fails with BANYAN_MOVE_SUPERSEDED unless our epoch still holds. Its writes pass the
   * target's fence and are not captured there.
   */
  guarded<Result>(session: Session, work: () => Promise<Result>): Promise<Result> {
    const guardedWork = async () => {
      await this.books.guard(session, this.epoch);
      await this.#targetFence.pass(session);
      return work();
    };
    const running = inTransaction(session, guardedWork, (ms) => this.commits.note(ms));
    const over = running.then(
      () => undefined,
      (error: unknown) => {
        if (isConnectionLost(error)) this.feed?.beginAnew();
      },
    );
    this.#underWay.add(over);
    over.then(() => this.#underWay.delete(over));
    return running;
  }

  /** Resolves when the guarded transactions have ended that are under way at the call. */
  async transactionsOver(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** How rows go to the target; asked once. */
  rowForms(target: Session): Promise<RowForms> {
    this.#rowForms ??= rowForms(this.tuning, this.logger, target).catch((error: unknown) => {
      this.#rowForms = null;
      throw error;
    });
    return this.#rowForms;
  }

  /** Runs `work` with a session of its own on either side. */
  async withBothSides<Result>(work: (source: Session, target: Session) => Promise<Result>): Promise<Result> {
    const source = this.sourceLink();
    const target = this.targetLink();
    try {
      return await work(await source.session(), await target.session());
    } finally {
      source.close();
      target.close();
    }
  }

  /** The caller's signal and the move's own. */
  signal(given: AbortSignal | undefined): AbortSignal {
    return given ? AbortSignal.any([given, this.closing.signal]) : this.closing.signal;
  }

  closeLinks(): void {
    for (const link of this.#links) link.close();
  }

  #link(endpoint: DatabaseEndpoint, lockWaitSeconds: number, rowWaitSeconds?: number): Link {
    const link: Link = new Link({
      endpoint,
      lockWaitSeconds,
      ...(rowWaitSeconds === undefined ? {} : { rowWaitSeconds }),
      // A feature lives for a year, and so does its move: a link that nobody can use any more is not kept.
      onClose: () => this.#links.delete(link),
      whyClosed: () => this.closing.signal.reason,
    });
    this.#links.add(link);
    return link;
  }
}
