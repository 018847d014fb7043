import type { MoveSide } from '../move.ts';
import type { MoveSpec } from '../move-spec.ts';
import type { Link } from '../sql/link.ts';
import { type Count, CountRow } from './count-row.ts';
import { type Restored, restoredError } from './restored.ts';
import { Waves } from './waves.ts';

/**
 * Tells when one side's server was restored from a backup, or a replica took its place that lacked the last transactions.
 *
 * Either server counts, in a row of its own, and remembers the other's count. A server that is older than it was has counted less
 * than the other one knows. What makes that exact, without an interval in which it would go unnoticed:
 *
 * - **Before rows land** on the target, after they were read (`beforeLanding`): the source counts, and the target remembers
 *   that. A source which lacks a change that the target has lacks the count after it too.
 * - **Before the log forgets** that rows were carried over, after they were committed on the target (`beforeForgetting`):
 *   the target counts, and the source remembers that. A target which lacks a row that the log has forgotten lacks that count.
 *
 * A server that has counted too little counts no further, so nothing is written by a mover that meets one. This holds for
 * every way of going back that keeps the order of commits: backups of files, dumps of one snapshot, replicas.
 */
export class Counts {
  readonly #spec: MoveSpec;
  readonly #links: Readonly<Record<MoveSide, Link>>;
  readonly #rows: Readonly<Record<MoveSide, CountRow>>;
  readonly #landing = new Waves(() => this.#pair('source', 'target'));
  readonly #forgetting = new Waves(() => this.#pair('target', 'source'));
  /** The least that either side has counted, as far as this process knows. */
  readonly #known: Record<MoveSide, number> = { source: 0, target: 0 };
  #begun = false;

  /** `links`: for this alone, since a statement here must not wait for long ones. */
  constructor(spec: MoveSpec, links: Readonly<Record<MoveSide, Link>>) {
    this.#spec = spec;
    this.#links = links;
    this.#rows = { source: new CountRow(spec, 'source'), target: new CountRow(spec, 'target') };
  }

  /** Makes the rows where there are none. */
  async ensure(): Promise<void> {
    for (const side of ['source', 'target'] as const) {
      await this.#rows[side].ensure(await this.#links[side].session());
    }
  }

  /** Of the side that is behind; null: neither is. */
  async restored(): Promise<Restored | null> {
    // In this order: while others count, neither look can find too little.
    const target = await this.#read('target');
    const source = await this.#read('source');
    const restored = behind('source', source, target);
    if (restored !== null) return restored;
    const later = await this.#read('target');
    const other = behind('target', later, source);
    if (other !== null) return other;
    this.#know('source', Math.max(source.own, target.seen));
    this.#know('target', Math.max(later.own, source.seen));
    this.#begun = true;
    return null;
  }

  /** @throws BanyanError BANYAN_SOURCE_RESTORED, BANYAN_TARGET_RESTORED */
  async check(): Promise<void> {
    const restored = await this.restored();
    if (restored !== null) throw restoredError(this.#spec, restored);
  }

  /** Call it after rows were read on the source, and await it before they are written. Throws as `check`. */
  beforeLanding(): Promise<void> {
    return this.#landing.run();
  }

  /** Call it after rows were committed on the target, and await it before their log entries go. Throws as `check`. */
  beforeForgetting(): Promise<void> {
    return this.#forgetting.run();
  }

  /** The server of that side, as it is, counts as one that was never restored. */
  async accept(side: MoveSide): Promise<void> {
    const other = side === 'source' ? 'target' : 'source';
    const { seen } = await this.#read(other);
    await this.#rows[side].raise(await this.#links[side].session(), Math.max(seen, this.#known[side]));
  }

  async #pair(first: MoveSide, second: MoveSide): Promise<void> {
    if (!this.#begun) await this.check();
    await this.#next(second, await this.#next(first, 0));
  }

  async #next(side: MoveSide, seen: number): Promise<number> {
    const session = await this.#links[side].session();
    const atLeast = this.#known[side];
    const own = await this.#rows[side].next(session, atLeast, seen);
    if (own !== null) return this.#know(side, own);
    await this.check();
    // By the other server nothing is amiss: only this process knows that there were more.
    const count = await this.#read(side);
    const lost = atLeast - count.own;
    throw restoredError(this.#spec, { side, restoredTo: count.at, knownUntil: null, lost });
  }

  #know(side: MoveSide, own: number): number {
    this.#known[side] = Math.max(this.#known[side], own);
    return own;
  }

  async #read(side: MoveSide): Promise<Count> {
    return this.#rows[side].read(await this.#links[side].session());
  }
}

function behind(side: MoveSide, count: Count, other: Count): Restored | null {
  if (count.own >= other.seen) return null;
  return { side, restoredTo: count.at, knownUntil: other.at, lost: other.seen - count.own };
}
