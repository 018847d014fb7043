import type { CopyProgress } from '../move.ts';

interface Mark {
  readonly at: number;
  readonly rows: number;
}

const windowMs = 5_000;

/** Rate and remaining time of one table's copy, over the last few seconds. */
export class ProgressMeter {
  /** Of the whole table, by the server; 0: it has none. */
  readonly rowsEstimate: number;
  readonly #table: string;
  #marks: Mark[];

  constructor(table: string, rowsEstimate: number, rowsDone: number, now: number) {
    this.#table = table;
    this.rowsEstimate = rowsEstimate;
    this.#marks = [{ at: now, rows: rowsDone }];
  }

  advance(rowsDone: number, complete: boolean, now: number): CopyProgress {
    const recent = this.#marks.filter((mark) => mark.at >= now - windowMs);
    // A chunk slower than the window still has a beginning.
    const marks = recent.length > 0 ? recent : this.#marks.slice(-1);
    this.#marks = [...marks, { at: now, rows: rowsDone }];
    const oldest = this.#marks[0];
    const elapsed = oldest ? now - oldest.at : 0;
    const ratePerSecond = oldest && elapsed > 0 ? ((rowsDone - oldest.rows) / elapsed) * 1_000 : 0;
    const rowsTotalEstimate = complete ? rowsDone : Math.max(this.rowsEstimate, rowsDone);
    const left = rowsTotalEstimate - rowsDone;
    const etaSeconds = complete ? 0 : ratePerSecond > 0 ? left / ratePerSecond : null;
    return {
      table: this.#table,
      rowsDone,
      rowsTotalEstimate,
      ratePerSecond: Math.round(ratePerSecond),
      etaSeconds,
    };
  }
}
