import type { Applier, Move } from '../../mover/index.ts';
import type { MoveDirection } from './move-specs.ts';
import { NoTablesMove } from './no-tables-move.ts';
import { OneWayMove } from './one-way-move.ts';
import type { FeatureRunnerOptions } from './run-context.ts';

type OpenMovesOptions = Pick<
  FeatureRunnerOptions,
  'feature' | 'specs' | 'store' | 'door' | 'points' | 'logger'
>;

/** The moves of one feature that this process has open, at most one in each direction, and the applier of one of them. */
export class OpenMoves {
  readonly #options: OpenMovesOptions;
  readonly #assertHeld: () => void;
  readonly #moves = new Map<MoveDirection, Promise<Move>>();
  #applier: { readonly direction: MoveDirection; readonly applier: Applier } | null = null;

  /** `assertHeld` throws while another process has the move's lease. */
  constructor(options: OpenMovesOptions, assertHeld: () => void) {
    this.#options = options;
    this.#assertHeld = assertHeld;
  }

  /** Of the applier that runs. */
  get applying(): MoveDirection | null {
    return this.#applier?.direction ?? null;
  }

  /** The open move of that direction; opens it. */
  async move(direction: MoveDirection): Promise<Move> {
    this.#assertHeld();
    let opening = this.#moves.get(direction);
    if (opening === undefined) {
      const begun = this.#open(direction);
      opening = begun;
      this.#moves.set(direction, begun);
      begun.catch(() => {
        if (this.#moves.get(direction) === begun) this.#moves.delete(direction);
      });
    }
    return opening;
  }

  /** The running applier of that direction; starts it, and stops the other direction’s. */
  async apply(direction: MoveDirection): Promise<Applier> {
    if (this.#applier?.direction === direction) return this.#applier.applier;
    await this.stopApplier();
    const applier = (await this.move(direction)).startApplying();
    this.#applier = { direction, applier };
    return applier;
  }

  async stopApplier(): Promise<void> {
    const running = this.#applier;
    this.#applier = null;
    await running?.applier.stop();
  }

  /** Ends every session at once: what waits for a server that does not answer fails. */
  cutOff(): void {
    this.#applier = null;
    const opened = [...this.#moves.values()];
    this.#moves.clear();
    for (const opening of opened) {
      opening.then((move) => move.close({ atOnce: true })).catch(() => undefined);
    }
  }

  /** `because`: what has gone wrong, for whoever is at work with one of them. */
  async close(because?: unknown): Promise<void> {
    await this.stopApplier();
    const opened = [...this.#moves.values()];
    this.#moves.clear();
    for (const opening of opened) {
      const move = await opening.catch(() => null);
      await move?.close({ because });
    }
  }

  async #open(direction: MoveDirection): Promise<Move> {
    const { feature, specs, store, door, points, logger } = this.#options;
    if (specs === null) return new NoTablesMove(`${feature}:${direction}`);
    const spec = specs[direction];
    if (direction === 'reverse' && spec.oneWay) return new OneWayMove(spec, await this.move('forward'));
    const ledger = store.ledger(feature);
    return door.openMove(spec, { epoch: await door.claimEpoch(spec), ledger, points, logger });
  }
}
