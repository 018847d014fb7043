import { BanyanError } from '../../common/errors.ts';
import type { MoveSpec } from '../../mover/index.ts';
import { assertStoreKnown } from '../restored/index.ts';
import type { MoveDirection, MoverDoor } from '../runner/index.ts';
import type { StateStore } from '../store/index.ts';

const askEveryMs = 3_000;

export interface StoreWatchOptions {
  readonly feature: string;
  readonly specs: () => Readonly<Record<MoveDirection, MoveSpec>> | null;
  readonly door: MoverDoor;
  readonly store: StateStore;
}

/** Notices that the state store was restored from a backup: under a running control process, and of features that nothing runs for. */
export class StoreWatch {
  readonly #options: StoreWatchOptions;
  #times: number;
  #askAt = 0;
  #due = true;
  #looking = false;
  #finding: string | null = null;

  constructor(options: StoreWatchOptions) {
    this.#options = options;
    this.#times = options.store.timesBack;
  }

  /** What the last look at the databases found, with what to do about it; null: nothing. */
  get finding(): string | null {
    return this.#finding;
  }

  /** Whether the store was found, since the last time, to lack an entry that this process has seen in it. */
  async wentBack(): Promise<boolean> {
    if (performance.now() < this.#askAt) return false;
    this.#askAt = performance.now() + askEveryMs;
    const times = await this.#options.store.wentBack();
    const back = times > this.#times;
    this.#times = times;
    this.#due ||= back;
    return back;
  }

  /** Asks the databases, beside all else, at the start and when there is reason to: a move that runs asks them by itself. */
  look(): void {
    if (this.#looking || !(this.#due || this.#finding !== null)) return;
    this.#looking = true;
    this.#due = false;
    const { feature, specs, door, store } = this.#options;
    assertStoreKnown({ feature, specs: specs(), door, store })
      .then(() => {
        this.#finding = null;
      })
      .catch((error: unknown) => {
        if (!(error instanceof BanyanError) || error.code !== 'BANYAN_STATE_RESTORED') {
          this.#due = true;
          return;
        }
        this.#finding = `${error.message} ${error.fix}`;
      })
      .finally(() => {
        this.#looking = false;
      });
  }
}
