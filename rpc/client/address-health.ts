import type { Settings } from './options.ts';

/** How an address stands: calls go to those that stand best. */
export const Standing = {
  /** It refused connections lately. */
  down: 0,
  /** It said that it stops: its port may close over what is on its way there. */
  leaving: 1,
  /** It failed calls: better than nothing. */
  doubtful: 2,
  up: 3,
} as const;

/** What is known of an address from how its connections and calls ended. Times are milliseconds of `performance.now()`. */
export class AddressHealth {
  readonly #settings: Settings;
  #failures = 0;
  #downUntil = 0;
  #firstPauseUntil = 0;
  #backoff = 0;
  #leavingUntil = 0;
  #doubtfulUntil = 0;
  #doubt = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** One of `Standing`. */
  standing(now: number): number {
    if (now < this.#downUntil) return Standing.down;
    if (now < this.#leavingUntil) return Standing.leaving;
    return now < this.#doubtfulUntil ? Standing.doubtful : Standing.up;
  }

  /** False for one that refused a connection a moment ago; any other may be tried where all are down. */
  isWorthTrying(now: number): boolean {
    return now >= this.#firstPauseUntil;
  }

  /** When it is taken for back: of those that leave, the first to leave is the first. */
  get leavingUntil(): number {
    return this.#leavingUntil;
  }

  connected(): void {
    this.#backoff = 0;
  }

  notConnected(): void {
    const now = performance.now();
    this.#backoff = this.#longer(this.#backoff);
    this.#downUntil = now + jittered(this.#backoff);
    this.#firstPauseUntil = now + jittered(this.#settings.backoffMs);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#doubt = 0;
  }

  /** A connection was lost, or a deadline missed that says something of the address. */
  failed(): void {
    this.#failures++;
    if (this.#failures < this.#settings.ejectAfter) return;
    this.#failures = 0;
    this.#doubt = this.#longer(this.#doubt);
    this.#doubtfulUntil = performance.now() + jittered(this.#doubt);
  }

  leaves(): void {
    this.#leavingUntil = performance.now() + this.#settings.backoffMaxMs;
  }

  #longer(pause: number): number {
    const { backoffMs, backoffMaxMs } = this.#settings;
    return Math.min(backoffMaxMs, pause === 0 ? backoffMs : pause * 2);
  }
}

/** So that many clients do not come back in one moment. */
function jittered(pause: number): number {
  return pause * (0.75 + Math.random() / 2);
}
