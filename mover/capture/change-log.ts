import type { Backlog } from '../move.ts';
import type { KeyRange, KeyValues } from '../plan/key-range.ts';
import type { Session } from '../sql/session.ts';

/** Dirty keys that were taken from a log and are still in it. */
export interface TakenKeys {
  /** In the order in which they were noted; a key may come more than once. */
  readonly keys: readonly KeyValues[];
  /**
   * For each of `keys` its place in key order, from 1: equal keys have equal ones, whatever their spelling. Without them it is
   * not known which keys are equal, and all stay in one batch.
   */
  readonly ranks?: readonly number[];
  /**
   * Removes these entries, and only these: a key that was noted again meanwhile stays. Call it after the target's commit of
   * what was read from the source after the take.
   */
  forget(source: Session): Promise<void>;
}

/** A key that waits in a log, once however often it was noted. */
export interface WaitingKey {
  readonly key: KeyValues;
  /** When it was noted for the first and the last time, in seconds since 1970 by the clock of who noted it. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/**
 * The dirty keys of one captured table. Sessions are the caller's sessions with the source's server, so that work goes on
 * side by side; an implementation that keeps its log elsewhere may leave them alone.
 */
export interface ChangeLog {
  /**
   * How the applier must read the rows of taken keys. `snapshot`: a change is visible to a plain read once its key can be
   * taken. `locking`: it may be taken before that, and a plain read misses it until the log is `settled`.
   */
  readonly reread: 'snapshot' | 'locking';
  /** The oldest entries whose keys lie in none of the ranges; null when there are none. */
  take(source: Session, leaveAlone: readonly KeyRange[], limit: number): Promise<TakenKeys | null>;
  /** Notes keys as dirty, durably. Any key may be marked at any time: it is read again and made equal. */
  mark(source: Session, keys: readonly KeyValues[]): Promise<void>;
  /** Those of the keys that are dirty, as they were noted: equal by the key's collation, perhaps not in bytes. */
  dirtyAmong(source: Session, keys: readonly KeyValues[]): Promise<KeyValues[]>;
  /** Those of the keys that were noted after that moment, in seconds since 1970 by the source's clock; null: the log does not say. */
  readonly notedAfter:
    | ((source: Session, keys: readonly KeyValues[], seconds: number) => Promise<KeyValues[]>)
    | null;
  /** Resolves once everything that a take may have returned is visible to plain reads that begin afterwards. */
  settled(source: Session): Promise<void>;
  backlog(source: Session): Promise<Backlog>;
  /**
   * All keys that were noted before the call and are not forgotten: how many, and the first `limit` of them in the order in which they
   * were noted. A key that was applied and is not forgotten yet is among them.
   */
  waiting(
    source: Session,
    limit: number,
  ): Promise<{ readonly count: number; readonly keys: readonly WaitingKey[] }>;
}
