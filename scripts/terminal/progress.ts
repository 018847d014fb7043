import type { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';
import { formatCount, formatSeconds, formatShare } from './numbers.ts';
import { textWidth } from './text-width.ts';

/** One step of long work. Counts are in `unit` (rows unless told). */
export interface ProgressStep {
  readonly phase: string;
  /** Absent where there is nothing to count: then `about` is printed, a line each. */
  readonly done?: number;
  /** 0 or absent: not known yet. */
  readonly total?: number;
  /** Per second, when whoever does the work knows better than the bar. */
  readonly rate?: number;
  readonly etaSeconds?: number;
  readonly unit?: string;
  /** What it is about: a table, or a sentence for people. */
  readonly about?: string;
}

type Counted = ProgressStep & { readonly done: number };

function isSame(step: Counted, printed: Counted | undefined): boolean {
  const { phase, done, total, about } = step;
  return (
    phase === printed?.phase && done === printed.done && total === printed.total && about === printed.about
  );
}

function isCounted(step: ProgressStep): step is Counted {
  return step.done !== undefined;
}

/** `  hold      routers park writes`: a step with nothing to count. */
function sentence(step: ProgressStep, indent: number): string {
  return `${' '.repeat(indent)}${step.phase.padEnd(9)} ${step.about ?? ''}`.trimEnd();
}

/** Shows long work on a stream. `update` may be called as often as one likes. */
export interface ProgressView {
  update(step: ProgressStep): void;
  /** Leaves the last state on the screen and ends the line. */
  stop(): void;
}

export interface ProgressOptions {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly indent?: number;
  /** Milliseconds between two lines where there is no terminal. Default 5,000. */
  readonly lineEveryMs?: number;
  /** Elsewhere: whether a phase's begin is a line too. Default true. */
  readonly tellBegin?: boolean;
  /** Milliseconds, monotone. */
  readonly now?: () => number;
}

/** A bar that redraws itself on a terminal; elsewhere a line at each phase's begin and end and every few seconds. */
export function progressView(options: ProgressOptions): ProgressView {
  return options.stream.isTTY === true ? new BarView(options) : new LineView(options);
}

/** For commands whose user asked for no progress. */
export const noProgress: ProgressView = { update() {}, stop() {} };

function describe(step: Counted, rate: number | undefined, eta: number | undefined): string {
  const unit = step.unit ?? 'rows';
  const known = step.total !== undefined && step.total > 0;
  const counts = known
    ? `${formatCount(step.done)}/${formatCount(step.total ?? 0)} ${unit}`
    : `${formatCount(step.done)} ${unit}`;
  const speed = rate !== undefined && rate > 0 && unit !== 'seconds' ? `  ${formatCount(rate)}/s` : '';
  const left =
    known && eta !== undefined && step.done < (step.total ?? 0) ? `  ETA ${formatSeconds(eta)}` : '';
  return `${counts}${speed}${left}`;
}

/** The rate since the phase began, where whoever works does not tell one. */
class Pace {
  #phase = '';
  #beganAt = 0;
  #beganWith = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  of(step: Counted): { rate: number | undefined; eta: number | undefined } {
    if (step.phase !== this.#phase) {
      this.#phase = step.phase;
      this.#beganAt = this.#now();
      this.#beganWith = step.done;
    }
    const seconds = (this.#now() - this.#beganAt) / 1000;
    const rate = step.rate ?? (seconds > 0.5 ? (step.done - this.#beganWith) / seconds : undefined);
    const left = Math.max(0, (step.total ?? 0) - step.done);
    const eta = step.etaSeconds ?? (rate !== undefined && rate > 0 ? left / rate : undefined);
    return { rate, eta };
  }
}

/** What one drawing of a bar needs. */
interface Shown {
  readonly phase: string;
  readonly text: string;
  readonly known: boolean;
}

/** A bar's columns where the terminal has room. */
const widest = 26;

class BarView implements ProgressView {
  readonly #options: ProgressOptions;
  readonly #pace: Pace;
  #bar: SingleBar | undefined;
  #phase = '';
  #stands = '';

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#pace = new Pace(options.now ?? (() => performance.now()));
  }

  update(step: ProgressStep): void {
    if (!isCounted(step)) {
      this.stop();
      this.#options.stream.write(`${sentence(step, this.#options.indent ?? 0)}\n`);
      return;
    }
    const { rate, eta } = this.#pace.of(step);
    const known = step.total !== undefined && step.total > 0;
    const total = known ? (step.total ?? 1) : Math.max(1, step.done);
    const payload: Shown = { phase: step.phase.padEnd(8), text: describe(step, rate, eta), known };
    const isNew = this.#bar === undefined || step.phase !== this.#phase;
    // With the figures of its own end, not of the next one's begin.
    if (isNew) this.stop();
    this.#stands = describe(step, undefined, undefined);
    if (isNew) {
      this.#phase = step.phase;
      this.#bar = new SingleBar(
        {
          stream: this.#options.stream as NodeJS.WriteStream,
          format: (_bar, { progress }, step) => this.#line(progress, step as Shown),
          hideCursor: true,
          clearOnComplete: false,
          fps: 12,
          // The bar must never read keys or hang on to the terminal: Ctrl-C belongs to the command.
          noTTYOutput: false,
          gracefulExit: false,
        },
        Presets.shades_classic,
      );
      this.#bar.start(total, step.done, payload);
      return;
    }
    this.#bar?.setTotal(total);
    this.#bar?.update(step.done, payload);
  }

  /** How fast it went, and how long it would have taken, is of no use in what stays on the screen. */
  stop(): void {
    this.#bar?.update({ text: this.#stands });
    this.#bar?.stop();
    this.#bar = undefined;
  }

  /** What nobody knows the length of has no bar; a bar takes what a narrow terminal has left. */
  #line(progress: number, { phase, text, known }: Shown): string {
    const begin = `${' '.repeat(this.#options.indent ?? 0)}${phase} `;
    if (!known) return `${begin} ${text}`;
    const percent = ` ${Math.floor(progress * 100)}%  `;
    const free = (this.#options.stream.columns ?? 80) - 1 - textWidth(begin) - textWidth(percent);
    // How fast it goes is the first that a narrow terminal does without.
    const told = textWidth(text) <= free ? text : this.#stands;
    const end = `${percent}${told}`;
    const room = free - textWidth(told);
    const size = Math.max(0, Math.min(widest, room));
    const done = Math.round(size * progress);
    return `${begin}${'\u2588'.repeat(done)}${'\u2591'.repeat(size - done)}${end}`;
  }
}

class LineView implements ProgressView {
  readonly #options: ProgressOptions;
  readonly #pace: Pace;
  readonly #now: () => number;
  #last: Counted | undefined;
  #printedAt = Number.NEGATIVE_INFINITY;
  #printed: Counted | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#pace = new Pace(this.#now);
  }

  update(step: ProgressStep): void {
    if (this.#last !== undefined && this.#last.phase !== step.phase) this.stop();
    if (!isCounted(step)) {
      this.#options.stream.write(`${sentence(step, this.#options.indent ?? 0)}\n`);
      return;
    }
    if (this.#last === undefined && this.#options.tellBegin === false) this.#printedAt = this.#now();
    this.#last = step;
    if (isSame(step, this.#printed)) return;
    const { rate, eta } = this.#pace.of(step);
    if (this.#now() - this.#printedAt >= (this.#options.lineEveryMs ?? 5000)) this.#print(step, rate, eta);
  }

  stop(): void {
    const last = this.#last;
    if (last !== undefined && !isSame(last, this.#printed)) {
      const { rate, eta } = this.#pace.of(last);
      this.#print(last, rate, eta);
    }
    this.#last = undefined;
    this.#printedAt = Number.NEGATIVE_INFINITY;
  }

  #print(step: Counted, rate: number | undefined, eta: number | undefined): void {
    this.#printedAt = this.#now();
    this.#printed = step;
    const share = step.total !== undefined && step.total > 0 ? `  ${formatShare(step.done, step.total)}` : '';
    this.#options.stream.write(
      `${' '.repeat(this.#options.indent ?? 0)}${step.phase.padEnd(8)}${share}  ${describe(step, rate, eta)}\n`,
    );
  }
}
