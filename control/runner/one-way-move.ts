import { BanyanError } from '../../common/errors.ts';
import type {
  Applier,
  Backlog,
  ClearOptions,
  FenceOptions,
  FenceStanding,
  Move,
  MoveSide,
  MoveSpec,
  WorkOptions,
} from '../../mover/index.ts';

const nothing: Backlog = { entries: 0, oldestMs: 0 };

/**
 * The reverse move of a feature whose rollback is off: nothing is captured on the service and nothing carried to legacy. Only
 * the fences are as ever, since legacy's tables must stay closed; they are those of the forward move, with the sides swapped.
 */
export class OneWayMove implements Move {
  readonly spec: MoveSpec;
  readonly epoch: number;
  readonly #forward: Move;

  /** `forward` is closed by whoever opened it. */
  constructor(spec: MoveSpec, forward: Move) {
    this.spec = spec;
    this.epoch = forward.epoch;
    this.#forward = forward;
  }

  prepareFence(side: MoveSide, options: FenceOptions): Promise<void> {
    return this.#forward.prepareFence(swapped(side), options);
  }
  fence(side: MoveSide, options: FenceOptions): Promise<void> {
    return this.#forward.fence(swapped(side), options);
  }
  openFence(side: MoveSide, options?: WorkOptions): Promise<void> {
    return this.#forward.openFence(swapped(side), options);
  }
  clearFence(side: MoveSide, options?: ClearOptions): Promise<readonly string[]> {
    return this.#forward.clearFence(swapped(side), options);
  }
  async fenceState(): Promise<{ readonly source: FenceStanding; readonly target: FenceStanding }> {
    const { source, target } = await this.#forward.fenceState();
    return { source: target, target: source };
  }
  refused(side: MoveSide) {
    return this.#forward.refused(swapped(side));
  }
  refusedStatements(side: MoveSide) {
    return this.#forward.refusedStatements(swapped(side));
  }

  async installCapture() {}
  async dropCapture() {}
  async renewCapture() {}
  async captureState() {
    return 'complete' as const;
  }
  async copy() {}
  async copied() {
    return true;
  }
  async restartCopy() {}
  async restoreIndexes() {}
  throttle() {}
  pace() {
    return this.#forward.pace();
  }
  startApplying(): Applier {
    return {
      backlog: async () => nothing,
      drain: async () => {},
      stop: async () => {},
      failed: new Promise<Error>(() => {}),
    };
  }
  async backlog() {
    return nothing;
  }
  async verify(): Promise<never> {
    throw rollbackOff(this.spec);
  }
  async verified() {
    return { rows: 0, different: 0, oldestMs: 0, tables: [] };
  }
  async forgetVerified() {}
  async repair(): Promise<never> {
    throw rollbackOff(this.spec);
  }
  async verifyLastApplied(): Promise<never> {
    throw rollbackOff(this.spec);
  }
  async raiseAutoIncrement() {}
  async checkAutoIncrement() {}
  async checkFingerprint() {}
  async adoptTarget() {}
  async targetChanged() {
    return [];
  }
  async checkTarget() {}
  async checkPrepared() {}
  async guardTables() {}
  async assertGuarded() {}
  releaseTables() {}
  async close() {}
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
