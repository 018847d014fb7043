import { BanyanError } from '../../common/errors.ts';
import type {
  ClearOptions,
  FenceOptions,
  FenceStanding,
  Move,
  MoveSide,
  MoveSpec,
  WorkOptions,
} from '../../mover/index.ts';
import { IdleMove } from './idle-move.ts';

/**
 * The reverse move of a feature whose rollback is off: nothing is captured on the service and nothing carried to legacy. Only
 * the fences are as ever, since legacy's tables must stay closed; they are those of the forward move, with the sides swapped.
 */
export class OneWayMove extends IdleMove {
  readonly spec: MoveSpec;
  readonly epoch: number;
  readonly #forward: Move;

  /** `forward` is closed by whoever opened it. */
  constructor(spec: MoveSpec, forward: Move) {
    super();
    this.spec = spec;
    this.epoch = forward.epoch;
    this.#forward = forward;
  }

  override prepareFence(side: MoveSide, options: FenceOptions): Promise<void> {
    return this.#forward.prepareFence(swapped(side), options);
  }
  override fence(side: MoveSide, options: FenceOptions): Promise<void> {
    return this.#forward.fence(swapped(side), options);
  }
  override openFence(side: MoveSide, options?: WorkOptions): Promise<void> {
    return this.#forward.openFence(swapped(side), options);
  }
  override clearFence(side: MoveSide, options?: ClearOptions): Promise<readonly string[]> {
    return this.#forward.clearFence(swapped(side), options);
  }
  override async fenceState(): Promise<{ readonly source: FenceStanding; readonly target: FenceStanding }> {
    const { source, target } = await this.#forward.fenceState();
    return { source: target, target: source };
  }
  override refused(side: MoveSide) {
    return this.#forward.refused(swapped(side));
  }
  override refusedStatements(side: MoveSide) {
    return this.#forward.refusedStatements(swapped(side));
  }

  override lackingRights(side: MoveSide) {
    return this.#forward.lackingRights(swapped(side));
  }

  override checkStore(): Promise<void> {
    return this.#forward.checkStore();
  }
  override adoptStore(): Promise<void> {
    return this.#forward.adoptStore();
  }
  override tellStore(): Promise<void> {
    return this.#forward.tellStore();
  }

  override pace() {
    return this.#forward.pace();
  }

  override async verify(): Promise<never> {
    throw rollbackOff(this.spec);
  }
  override async repair(): Promise<never> {
    throw rollbackOff(this.spec);
  }
  override async verifyLastApplied(): Promise<never> {
    throw rollbackOff(this.spec);
  }
  override async takeBack(): Promise<never> {
    throw rollbackOff(this.spec);
  }
}

function swapped(side: MoveSide): MoveSide {
  return side === 'source' ? 'target' : 'source';
}

function rollbackOff({ id }: MoveSpec): BanyanError {
  return new BanyanError(
    'BANYAN_ROLLBACK_OFF',
    `The config says that ${id.replace(/:reverse$/, '')} is never rolled back: legacy is not kept current, and there is nothing to compare.`,
    { fix: 'Nothing to do; `banyan finish` ends the move when you are sure.' },
  );
}
