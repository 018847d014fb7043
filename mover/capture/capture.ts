import type { KeyColumn } from '../plan/key-range.ts';
import type { Session } from '../sql/session.ts';
import type { ChangeLog } from './change-log.ts';

/** A table whose changes are noted, by the columns of one key. */
export interface CapturedTable {
  readonly database: string;
  readonly table: string;
  readonly key: readonly KeyColumn[];
}

/** `broken`: it was complete once, and something of it is gone or changed. */
export type CaptureState = 'none' | 'complete' | 'broken';

/** How far the logs went at one moment. */
export interface Horizon {
  isApplied(source: Session): Promise<boolean>;
}

/**
 * Notes which keys of the moved tables change, from `install` on. Triggers do it in the writer's own transaction; a
 * reader of the binlog does it afterwards. The applier and verify know neither: they know logs.
 */
export interface Capture {
  /** Idempotent. Whatever is not committed and visible when this returns will be noted. */
  install(signal: AbortSignal): Promise<void>;
  /** Idempotent. Forgets what was noted, and removes all that `install` left in the database. */
  drop(signal: AbortSignal): Promise<void>;
  /**
   * Captures a source that is closed to everybody: what was noted before counts for nothing, since there is no change that can
   * be missed.
   */
  renew(signal: AbortSignal): Promise<void>;
  /** Throws nothing for a broken capture: it says so. */
  state(): Promise<CaptureState>;
  /**
   * Looks whether changes can have gone unnoticed, or the tables are not what they were.
   * @throws BanyanError BANYAN_CAPTURE_MISSING, BANYAN_CAPTURE_BROKEN, BANYAN_SCHEMA_CHANGED
   */
  check(source?: Session): Promise<void>;
  /** One for each captured table, in the order given. */
  readonly logs: readonly ChangeLog[];
  /**
   * Which logs hold entries. With `complete`, everything that was committed before the call is in the logs when they
   * are looked at: so under a fence, "no log holds any" means that all there ever will be has been applied. Without,
   * the last moments may be missing.
   */
  pending(source: Session, options: { readonly complete: boolean }): Promise<readonly boolean[]>;
  /**
   * Notes how far the logs go: all that was committed before the call, and perhaps more. Null: it cannot be known now, a later call may.
   * Looked at later, the horizon says whether all of that is forgotten, which is: applied.
   */
  horizon(source: Session): Promise<Horizon | null>;
  /** Ends what works for it in this process. Idempotent; changes nothing in the database. */
  close(): Promise<void>;
}
