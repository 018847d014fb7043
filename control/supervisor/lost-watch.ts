import { describeError } from '../../common/errors.ts';
import type { MoveLogger, MoveSpec, WaitingKeys } from '../../mover/index.ts';
import type { FeatureState, LostService } from '../feature/index.ts';
import { keysKept, reachSide } from '../loss/index.ts';
import type { MoveDirection, MoverDoor } from '../runner/index.ts';
import type { LeaseGrant, StateStore } from '../store/index.ts';

const lockTimeoutMs = 10_000;
/** Taking triggers off a table that a reader has open is tried again after that. */
const clearEveryMs = 10_000;

export interface LostWatchOptions {
  readonly feature: string;
  /** Of the config that is in force. */
  readonly specs: () => Readonly<Record<MoveDirection, MoveSpec>> | null;
  readonly door: MoverDoor;
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly logger: MoveLogger;
  readonly signal: AbortSignal;
}

/**
 * Looks after a service that a rollback with a loss has left: its tables are closed as soon as its server is seen, and looked at for as long as the
 * feature stays so; what was written there until then is kept with the keys of the rollback; what moves had put on legacy's tables goes.
 */
export class LostWatch {
  readonly #options: LostWatchOptions;
  #looking = false;
  #clearAt = 0;
  #finding: string | null = null;

  constructor(options: LostWatchOptions) {
    this.#options = options;
  }

  /** What the last look found; null: the tables are closed, or there is nothing to look after. */
  get finding(): string | null {
    return this.#finding;
  }

  /** Begins a look, unless the last one is still under way: a server that hangs keeps nobody waiting. */
  begin(state: FeatureState): void {
    const { lost } = state;
    if (lost === null || state.stage !== 'legacy') {
      this.#finding = null;
      return;
    }
    if (this.#looking) return;
    this.#looking = true;
    this.#look(lost)
      .catch((error: unknown) => {
        this.#finding = `the service's tables (${lost.place}) are not known to be closed: ${describeError(error).message}`;
      })
      .finally(() => {
        this.#looking = false;
      });
  }

  async #look(lost: LostService): Promise<void> {
    const specs = this.#options.specs();
    if (specs === null) return;
    if (!lost.cleared) await this.#clearLegacy(lost, specs.forward);
    const { host, port, database } = specs.forward.target;
    if (`${host}:${port}/${database}` !== lost.place) {
      // The config names another database by now, and nobody has an account on the lost one.
      this.#finding = null;
      return;
    }
    const { door, store, signal, logger, feature } = this.#options;
    const service = await reachSide(door, store.ledger(feature), specs.forward, () => this.#assertMine(lost));
    try {
      const standing = await service.standing();
      if (standing === 'absent') {
        this.#finding = null;
        return;
      }
      if (standing !== 'fenced') {
        logger.warn(
          { feature, place: lost.place },
          'a service that was given up is seen: its tables are closed',
        );
        await service.fence({ lockTimeoutMs, signal });
      }
      if (standing !== 'fenced' || !lost.closed) await this.#noteClosed(lost, specs.reverse);
      this.#finding = null;
    } finally {
      service.close();
    }
  }

  /** Of the rollback, and of this process: asked right before a fence is touched. */
  async #assertMine(lost: LostService): Promise<void> {
    await this.#change(lost, 'check', (state) => {
      if (state.lost?.id !== lost.id || state.stage !== 'legacy')
        throw new Error('the service is looked after no more');
      return state;
    });
  }

  /** What its log holds now is all that legacy can lack. */
  async #noteClosed(lost: LostService, reverse: MoveSpec): Promise<void> {
    const { store, feature, logger } = this.#options;
    const tables = await this.#waiting(reverse).catch((error: unknown) => {
      logger.warn({ feature, err: error }, 'which keys were lost cannot be read');
      return null;
    });
    const keys = tables?.reduce((sum, one) => sum + one.keys, 0) ?? lost.keys;
    if (tables !== null) await store.keepLostKeys(feature, lost.id, tables);
    await this.#change(lost, 'closed the service', (state) =>
      state.lost?.id === lost.id ? { ...state, lost: { ...state.lost, closed: true, keys } } : state,
    );
  }

  async #waiting(reverse: MoveSpec): Promise<readonly WaitingKeys[] | null> {
    if (reverse.oneWay) return null;
    const { door, logger } = this.#options;
    const move = await door.openMove(reverse, { epoch: await door.claimEpoch(reverse), logger });
    try {
      // Also where the server is an older one by now: what its log has is what there is.
      return await move.waiting(keysKept);
    } finally {
      await move.close({ atOnce: true });
    }
  }

  async #clearLegacy(lost: LostService, forward: MoveSpec): Promise<void> {
    if (performance.now() < this.#clearAt) return;
    const { door, logger, feature, signal } = this.#options;
    try {
      await this.#assertMine(lost);
      await door.clearSide(forward, 'source', { patienceMs: 2_000, signal });
      await this.#change(lost, 'cleared legacy', (state) =>
        state.lost?.id === lost.id ? { ...state, lost: { ...state.lost, cleared: true } } : state,
      );
    } catch (error) {
      this.#clearAt = performance.now() + clearEveryMs;
      if (!signal.aborted) logger.warn({ feature, err: error }, 'legacy’s tables could not be cleared yet');
    }
  }

  async #change(
    lost: LostService,
    action: string,
    change: (state: FeatureState) => FeatureState,
  ): Promise<void> {
    const { store, feature, lease } = this.#options;
    const why = `after a rollback with a loss of ${lost.at}`;
    await store.change({ feature, action, who: 'banyan', why, lease, change: ({ state }) => change(state) });
  }
}
