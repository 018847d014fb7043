export interface StepTime {
  readonly step: string;
  readonly ms: number;
}

/** Takes the time of one step after the other, from the moment it is made. */
export class StepClock {
  #beganAt = performance.now();
  #times: StepTime[] = [];
  #step: string;
  #stepAt = this.#beganAt;

  constructor(first: string) {
    this.#step = first;
  }

  /** Another clock that has come as far, for one of several that go on by themselves. */
  fork(): StepClock {
    const clock = new StepClock(this.#step);
    clock.#beganAt = this.#beganAt;
    clock.#times = [...this.#times];
    clock.#stepAt = this.#stepAt;
    return clock;
  }

  /** The step under way is over, and `step` begins. */
  next(step: string): void {
    this.#times.push(this.#current());
    this.#step = step;
    this.#stepAt = performance.now();
  }

  get totalMs(): number {
    return round(performance.now() - this.#beganAt);
  }

  /** All steps, with the one under way as it is now. */
  get times(): readonly StepTime[] {
    return [...this.#times, this.#current()];
  }

  /** Of one step; 0 if it has not begun. */
  msOf(step: string): number {
    return this.times.find((time) => time.step === step)?.ms ?? 0;
  }

  #current(): StepTime {
    return { step: this.#step, ms: round(performance.now() - this.#stepAt) };
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
