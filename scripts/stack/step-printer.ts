import type { Writable } from 'node:stream';
import { formatMs } from '../terminal/numbers.ts';
import { type Paint, paintFor } from '../terminal/paint.ts';
import { type ProgressStep, type ProgressView, progressView } from '../terminal/progress.ts';
import type { StackStep, StackWatcher } from './start-stack.ts';

export interface StepPrinterOptions {
  readonly stream: Writable & { readonly isTTY?: boolean };
  readonly onChange?: () => void;
  /** Instead of a line on the stream: for what happens by itself. */
  readonly note?: (text: string) => void;
}

/** Prints a stack's start: one line a step, a bar while rows are written, what happens by itself later. */
export class StepPrinter implements StackWatcher {
  readonly #options: StepPrinterOptions;
  readonly #paint: Paint;
  #view: ProgressView | undefined;
  #step: { readonly text: string; readonly beganAt: number } | undefined;

  constructor(options: StepPrinterOptions) {
    this.#options = options;
    this.#paint = paintFor(options.stream);
  }

  step(name: StackStep, text: string): void {
    this.#endStep();
    if (name !== 'ready') this.#step = { text: `${name.padEnd(10)} ${text}`, beganAt: performance.now() };
    if (name === 'seed')
      this.#view = progressView({ stream: this.#options.stream, indent: 4, tellBegin: false });
  }

  progress(step: ProgressStep): void {
    this.#view?.update({ ...step, phase: step.phase.padEnd(15) });
  }

  note(text: string): void {
    if (this.#options.note !== undefined) this.#options.note(text);
    else this.#options.stream.write(`${this.#paint.warn('!')} ${text}\n`);
  }

  changed(): void {
    this.#options.onChange?.();
  }

  /** What was going on when it failed or was interrupted leaves no half-drawn bar behind. */
  abandon(): void {
    this.#view?.stop();
    this.#view = undefined;
    this.#step = undefined;
  }

  #endStep(): void {
    this.#view?.stop();
    this.#view = undefined;
    if (this.#step === undefined) return;
    const took = formatMs(performance.now() - this.#step.beganAt);
    const { good, faint } = this.#paint;
    this.#options.stream.write(`  ${good('✓')} ${this.#step.text} ${faint(took)}\n`);
    this.#step = undefined;
  }
}
