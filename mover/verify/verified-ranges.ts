import { type KeyRange, type KeyValues, keyId } from '../plan/key-range.ts';

/** What the last look at a range of keys has found. */
export interface Verdict {
  /** When that look began, milliseconds since 1970 by the target's clock; null: it was never looked at. */
  readonly at: number | null;
  readonly rows: number;
  /** Rows that differed while clean. */
  readonly different: number;
}

export interface VerifiedRange extends KeyRange, Verdict {}

export interface VerifiedSummary {
  readonly rows: number;
  readonly different: number;
  /** Of the range whose last look is the longest ago; null where one was never looked at. */
  readonly oldestAt: number | null;
}

/** A table is told apart into about so many ranges, whatever its size. */
const rangesWanted = 64;
/** And never into more than that, however its looks were interrupted. */
const rangesMost = 256;

/**
 * One table as a row of ranges in key order, without a gap from one open end to the other, each with what its last look has
 * found. Ranges are split where a look ends and joined with their neighbours, so their order is known without a comparison
 * of keys, which is the server's business. What is joined has the age of its oldest part.
 */
export class VerifiedRanges {
  readonly #all: VerifiedRange[];
  /** Ranges that this process has noted: only these are joined, since others may be in somebody's hands. */
  readonly #fresh = new WeakSet<VerifiedRange>();
  readonly #rowsWanted: number;

  /** `rows`: about so many the table has. */
  constructor(stored: readonly VerifiedRange[], rows: number) {
    this.#all =
      stored.length === 0 ? [{ after: null, upTo: null, at: null, rows: 0, different: 0 }] : [...stored];
    this.#rowsWanted = rows / rangesWanted;
    while (this.#all.length > rangesMost) this.#joinSmallest();
  }

  get all(): readonly VerifiedRange[] {
    return this.#all;
  }

  get summary(): VerifiedSummary {
    return summarize(this.#all);
  }

  /** Those whose last look began before `at`, and with `different` those where it found a difference; in key order. */
  due(at: number, different = false): readonly VerifiedRange[] {
    return this.#all.filter(
      (range) => range.at === null || range.at < at || (different && range.different > 0),
    );
  }

  /**
   * A look at the beginning of `range`, up to and with `upTo`, has found this; null: nothing that counts. Returns what is
   * left of the range, which is as it was; null when the look has come to its end.
   */
  note(range: VerifiedRange, upTo: KeyValues | null, verdict: Verdict | null): VerifiedRange | null {
    const place = this.#all.indexOf(range);
    if (place < 0) throw new Error('the range is none of these: it was joined or looked at already');
    if (verdict === null) return this.#leave(place, range, upTo);
    const seen: VerifiedRange = { after: range.after, upTo, ...verdict };
    const rest = sameBound(upTo, range.upTo)
      ? null
      : { ...range, after: upTo, rows: Math.max(0, range.rows - verdict.rows) };
    this.#all.splice(place, 1, seen, ...(rest === null ? [] : [rest]));
    this.#fresh.add(seen);
    const before = this.#all[place - 1];
    if (before !== undefined && this.#fresh.has(before) && before.rows + seen.rows <= this.#rowsWanted) {
      this.#join(place - 1);
    }
    return rest;
  }

  /** Where its differences lie is not known: both parts keep them. */
  #leave(place: number, range: VerifiedRange, upTo: KeyValues | null): VerifiedRange | null {
    if (sameBound(upTo, range.upTo)) return null;
    const left: VerifiedRange = { ...range, upTo, rows: 0 };
    const rest: VerifiedRange = { ...range, after: upTo };
    const before = this.#all[place - 1];
    // What is passed over again and again stays one range.
    const isLike = before?.at === range.at && before.different === range.different;
    if (before !== undefined && isLike && !this.#fresh.has(before)) {
      this.#all.splice(place - 1, 2, { ...before, upTo }, rest);
    } else this.#all.splice(place, 1, left, rest);
    return rest;
  }

  #join(place: number): void {
    const [one, other] = [this.#all[place] as VerifiedRange, this.#all[place + 1] as VerifiedRange];
    const joined: VerifiedRange = {
      after: one.after,
      upTo: other.upTo,
      at: one.at === null || other.at === null ? null : Math.min(one.at, other.at),
      rows: one.rows + other.rows,
      different: one.different + other.different,
    };
    this.#all.splice(place, 2, joined);
    this.#fresh.add(joined);
  }

  #joinSmallest(): void {
    let place = 0;
    const rowsFrom = (at: number) => (this.#all[at]?.rows ?? 0) + (this.#all[at + 1]?.rows ?? 0);
    for (let at = 1; at < this.#all.length - 1; at++) if (rowsFrom(at) < rowsFrom(place)) place = at;
    this.#join(place);
  }
}

export function summarize(verdicts: readonly Verdict[]): VerifiedSummary {
  let oldestAt: number | null = Number.POSITIVE_INFINITY;
  for (const { at } of verdicts) oldestAt = at === null || oldestAt === null ? null : Math.min(oldestAt, at);
  return {
    rows: verdicts.reduce((sum, { rows }) => sum + rows, 0),
    different: verdicts.reduce((sum, { different }) => sum + different, 0),
    oldestAt: oldestAt === Number.POSITIVE_INFINITY ? null : oldestAt,
  };
}

export function sameBound(one: KeyValues | null, other: KeyValues | null): boolean {
  return one === null || other === null ? one === other : keyId(one) === keyId(other);
}
