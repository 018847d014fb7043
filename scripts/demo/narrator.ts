import type { Writable } from 'node:stream';
import { formatCount, formatSeconds } from '../terminal/numbers.ts';
import { type Paint, paintFor } from '../terminal/paint.ts';
import type { ProgressStep } from '../terminal/progress.ts';
import { stripColours } from '../terminal/text-width.ts';

export interface NarratorOptions {
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** What traffic does right now, for the live line. */
  readonly pulse: () => { readonly total: number; readonly failed: number };
}

/** Tells the story: a line for each thing done and, on a terminal, a last line that lives. */
export class Narrator {
  readonly paint: Paint;
  readonly #options: NarratorOptions;
  readonly #beganAt = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #now = '';
  #step: ProgressStep | undefined;
  #seen: { readonly at: number; readonly total: number } = { at: performance.now(), total: 0 };
  #rate = 0;

  constructor(options: NarratorOptions) {
    this.#options = options;
    this.paint = paintFor(options.stream);
    if (options.stream.isTTY) this.#timer = setInterval(() => this.#draw(), 150);
  }

  /** What goes on from now. */
  begin(name: string): void {
    this.#now = name;
    this.#step = undefined;
  }

  progress(step: ProgressStep): void {
    this.#step = step;
  }

  /** What has been done. */
  done(name: string, text: string): void {
    this.#line(this.paint.good('✓'), name, text);
  }

  failed(name: string, text: string): void {
    this.#line(this.paint.bad('✗'), name, text);
  }

  note(text: string): void {
    this.#line(this.paint.warn('!'), 'note', text);
  }

  /** Ends the live line. Idempotent. */
  end(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #line(mark: string, name: string, text: string): void {
    this.#erase();
    const at = formatClock((performance.now() - this.#beganAt) / 1000);
    this.#options.stream.write(
      `  ${this.paint.faint(at)}  ${mark} ${this.paint.strong(name.padEnd(9))} ${text}\n`,
    );
  }

  #erase(): void {
    if (this.#options.stream.isTTY) this.#options.stream.write('\r\u001b[2K');
  }

  #draw(): void {
    const { stream, pulse } = this.#options;
    const { total, failed } = pulse();
    const now = performance.now();
    if (now - this.#seen.at > 1000) {
      this.#rate = ((total - this.#seen.total) / (now - this.#seen.at)) * 1000;
      this.#seen = { at: now, total };
    }
    const { faint, accent, bad } = this.paint;
    const traffic = `${formatCount(total)} requests  ${formatCount(this.#rate)}/s  ${failed > 0 ? bad(`${failed} failed`) : '0 failed'}`;
    const clock = formatClock((now - this.#beganAt) / 1000);
    const text = `  ${faint(clock)}  ${accent('▸')} ${this.#now.padEnd(9)} ${describe(this.#step)}${faint(traffic)}`;
    const fits = stripColours(text).length < (stream.columns ?? 80);
    stream.write(`\r\u001b[2K${fits ? text : stripColours(text).slice(0, (stream.columns ?? 80) - 1)}`);
  }
}

function describe(step: ProgressStep | undefined): string {
  if (step === undefined) return '';
  if (step.done === undefined) return `${step.about ?? step.phase}  `;
  const total = step.total ?? 0;
  if (total === 0) return `${formatCount(step.done)} rows  `;
  const share = Math.min(1, step.done / total);
  const filled = Math.round(share * 16);
  const eta = step.etaSeconds === undefined ? '' : ` ETA ${formatSeconds(step.etaSeconds)}`;
  return `${'█'.repeat(filled)}${'░'.repeat(16 - filled)} ${Math.floor(share * 100)} %${eta}  `;
}

function formatClock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}
