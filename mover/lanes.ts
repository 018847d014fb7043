import { RowPieces } from './carried/row-pieces.ts';
import type { MoveContext } from './move-context.ts';
import type { Link } from './sql/link.ts';
import type { Session } from './sql/session.ts';

export interface LaneSessions {
  readonly source: Session;
  readonly target: Session;
  /** For the rows that pass through. */
  readonly memory: RowPieces;
}

/** Lanes live as long as an applier does, which may be a year. */
const piecesKept = 8;

interface Lane {
  readonly source: Link;
  readonly target: Link;
  readonly memory: RowPieces;
}

/** So many pairs of sessions, each for one piece of work at a time; connected when they are first needed. */
export class Lanes {
  readonly #all: readonly Lane[];
  readonly #free: Lane[];
  readonly #queue: ((lane: Lane) => void)[] = [];

  /** `rowWaitSeconds`: how long a statement may wait for a row of the target. */
  constructor(
    context: MoveContext,
    size: number,
    { rowWaitSeconds }: { readonly rowWaitSeconds?: number } = {},
  ) {
    this.#all = Array.from({ length: size }, () => ({
      source: context.sourceLink(),
      target: context.targetLink(undefined, rowWaitSeconds),
      memory: new RowPieces(piecesKept),
    }));
    this.#free = this.#all.toReversed();
  }

  get size(): number {
    return this.#all.length;
  }

  /** Runs `work` on a pair that is free, or becomes so. */
  async use<Result>(work: (sessions: LaneSessions) => Promise<Result>): Promise<Result> {
    const lane = this.#free.pop() ?? (await this.#next());
    try {
      const { source, target, memory } = lane;
      return await work({ source: await source.session(), target: await target.session(), memory });
    } finally {
      const waiting = this.#queue.shift();
      if (waiting) waiting(lane);
      else this.#free.push(lane);
    }
  }

  #next(): Promise<Lane> {
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  close(): void {
    for (const { source, target } of this.#all) {
      source.close();
      target.close();
    }
  }
}
