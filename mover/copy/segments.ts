import {
  keyFromProgress,
  keyToProgress,
  type ProgressRange,
  type TableProgress,
} from '../bookkeeping/table-progress.ts';
import { type KeyRange, type KeyValues, keyId } from '../plan/key-range.ts';

/** A piece of one table: nobody's yet, in a worker's hands, or on the target. */
export interface Segment extends KeyRange {
  state: 'todo' | 'in hand' | 'landed';
  upTo: KeyValues | null;
}

/**
 * One table as a row of segments in key order, without a gap from one open end to the other. Segments are only ever split, so
 * their order is known without a comparison of keys, which is the server's business.
 */
export class Segments {
  #all: Segment[];

  constructor({ state, after, ahead }: TableProgress) {
    const landed = [...(after === null ? [] : [{ after: null, upTo: after }]), ...ahead];
    this.#all = [];
    let at: readonly string[] | null = null;
    for (const range of landed) {
      if (!sameBound(at, range.after)) this.#push(at, range.after, 'todo');
      this.#push(range.after, range.upTo, 'landed');
      at = range.upTo;
    }
    if (at !== null || landed.length === 0) this.#push(at, null, state === 'copied' ? 'landed' : 'todo');
  }

  get hasTodo(): boolean {
    return this.#all.some(({ state }) => state === 'todo');
  }

  /** The first piece that nobody has. It is whoever's asks from now on. */
  take(): Segment | null {
    const segment = this.#all.find(({ state }) => state === 'todo') ?? null;
    if (segment !== null) segment.state = 'in hand';
    return segment;
  }

  /** The segment ends at `upTo` from now on; what is beyond can be taken. */
  cut(segment: Segment, upTo: KeyValues | null): void {
    if (upTo === null || (segment.upTo !== null && keyId(upTo) === keyId(segment.upTo))) return;
    const rest: Segment = { after: upTo, upTo: segment.upTo, state: 'todo' };
    this.#all.splice(this.#all.indexOf(segment) + 1, 0, rest);
    segment.upTo = upTo;
  }

  /** How far the table is when this segment has landed as well. */
  reachedWith(segment: Segment): Pick<TableProgress, 'state' | 'after' | 'ahead'> {
    const landed: { after: KeyValues | null; upTo: KeyValues | null; open: boolean }[] = [];
    let joined = false;
    for (const one of this.#all) {
      const isLanded = one.state === 'landed' || one === segment;
      const last = landed.at(-1);
      if (isLanded && joined && last) {
        last.upTo = one.upTo;
      } else if (isLanded) {
        landed.push({ after: one.after, upTo: one.upTo, open: one === this.#all[0] });
      }
      joined = isLanded;
    }
    const [first, ...rest] = landed;
    if (first === undefined || !first.open)
      return { state: 'copying', after: null, ahead: landed.map(toProgress) };
    if (first.upTo === null) return { state: 'copied', after: null, ahead: [] };
    return { state: 'copying', after: keyToProgress(first.upTo), ahead: rest.map(toProgress) };
  }

  #push(after: readonly string[] | null, upTo: readonly string[] | null, state: Segment['state']): void {
    this.#all.push({ after: keyFromProgress(after), upTo: keyFromProgress(upTo), state });
  }
}

function toProgress({ after, upTo }: KeyRange): ProgressRange {
  return {
    after: after === null ? null : keyToProgress(after),
    upTo: upTo === null ? null : keyToProgress(upTo),
  };
}

function sameBound(one: readonly string[] | null, other: readonly string[] | null): boolean {
  return one === null || other === null ? one === other : one.join() === other.join();
}
