import type { Fault } from '../common/errors.ts';
import type { StopPoints } from '../common/stop-points.ts';
import type { LiveMover } from './copy/offers/offer-books.ts';
import type { Restored } from './counts/restored.ts';
import type { FeedStanding } from './feed/feed-standing.ts';
import type { RefusedStatement, RefusedWrites } from './fence/refusals.ts';
import type { StoreLedger } from './marks/store-mark.ts';
import type { MoveSpec } from './move-spec.ts';
import type { Pacing, ThrottleSettings } from './throttle/pace.ts';
import type { MoveTuning } from './tuning.ts';

/** What the mover says while it works. A pino logger fits. */
export interface MoveLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface OpenMoveOptions {
  /** From `claimEpoch(spec)`: every commit on the target is refused once a later epoch has been claimed. */
  readonly epoch: number;
  /** The state store that this goes by; without one nobody notices that it was restored from a backup. */
  readonly ledger?: StoreLedger;
  readonly points?: StopPoints;
  readonly logger?: MoveLogger;
  readonly tuning?: Partial<MoveTuning>;
}

export interface WorkOptions {
  readonly signal?: AbortSignal;
}

export interface CopyProgress {
  readonly table: string;
  /** Rows landed on the target so far, counted over all runs of this copy. */
  readonly rowsDone: number;
  /** The source server's estimate, never below `rowsDone`; exact once the table is copied. */
  readonly rowsTotalEstimate: number;
  /** Over the last few seconds of this run. */
  readonly ratePerSecond: number;
  /** Null while there is nothing to judge by. */
  readonly etaSeconds: number | null;
}

/** Of indexes that were left for after the copy. */
export interface IndexProgress {
  /** Whose indexes are made at this moment, all in one statement. */
  readonly table: string;
  readonly indexes: readonly string[];
  /** Tables whose indexes are made, of all that had some left. */
  readonly done: number;
  readonly total: number;
  /** Of this table's statement, 0 to 1; null where the server does not say. */
  readonly share: number | null;
  readonly elapsedMs: number;
  readonly etaSeconds: number | null;
}

export interface RestoreIndexesOptions extends WorkOptions {
  readonly onIndexes?: (progress: IndexProgress) => void;
}

/** What has landed of one table's copy, over all runs of it. */
export interface CopiedTable {
  readonly table: string;
  readonly complete: boolean;
  readonly rows: number;
  readonly bytes: number;
}

export interface CopyOptions extends RestoreIndexesOptions {
  /**
   * The target held all rows once. They are compared, and only those that differ are carried over by whoever applies; where
   * most of them are gone, all are copied.
   */
  readonly again?: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface VerifyProgress {
  readonly table: string;
  readonly rowsCompared: number;
  readonly rowsTotalEstimate: number;
  readonly different: number;
  /** Why the verify stands: what one of the servers has too much of. */
  readonly because: readonly string[];
}

/** Without any of these: all rows, from the beginning. */
export interface VerifyOptions extends WorkOptions {
  /** A verify of all rows that was cut off goes on where it was, unless it began longer ago than that. */
  readonly resumeWithinMs?: number;
  /** Only rows that were not verified for so long. */
  readonly olderThanMs?: number;
  /** Only some chunks, taken by chance: of 0 to 1. */
  readonly sample?: number;
  /** Of its time that it works, 0 to 1; it rests the rest. 1 unless given. */
  readonly share?: number;
  /** Chunks that are compared at a time; with a share one, else the tuning's unless given. */
  readonly workers?: number;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** What is known of the equality of both sides: of every row, when it was last looked at. */
export interface VerifiedRows {
  /** Rows that were compared. */
  readonly rows: number;
  /** Rows that differed while clean when they were last looked at; may count some twice. */
  readonly different: number;
  /** How long ago those rows were looked at that were not looked at for longest; null: some never were. */
  readonly oldestMs: number | null;
}

export interface Verified extends VerifiedRows {
  readonly tables: readonly ({ readonly table: string } & VerifiedRows)[];
}

/** One row that differs while clean. Values are shortened and printable, for people. */
export interface RowDifference {
  readonly key: Readonly<Record<string, string>>;
  readonly kind: 'missing' | 'extra' | 'changed';
  /** For `changed`: the columns that differ, as text shortened to 64 characters; null is SQL NULL. */
  readonly columns: Readonly<
    Record<string, { readonly source: string | null; readonly target: string | null }>
  >;
}

export interface TableVerification {
  readonly table: string;
  readonly rowsCompared: number;
  /** Rows that differ while clean: each is a fault. */
  readonly different: number;
  /** Rows that still differed when the patience for their dirty keys ended: nothing is known of them. */
  readonly unsettled: number;
  readonly samples: readonly RowDifference[];
}

/** Rows that name no row, by a foreign key that was severed. */
export interface OrphanReport {
  /** As the config names it. */
  readonly key: string;
  /** Null where nobody can say, because a mapping computes the columns. */
  readonly rows: number | null;
  /** A few of the values that name nothing. */
  readonly examples: readonly string[];
}

export interface VerifyReport {
  readonly tables: readonly TableVerification[];
  /** For each severed key; they are no differences between the sides. */
  readonly orphans: readonly OrphanReport[];
  readonly rowsCompared: number;
  /** Rows that were not compared again, because an earlier look at them still counts. */
  readonly rowsKept: number;
  readonly different: number;
  readonly unsettled: number;
}

export interface RepairOptions extends WorkOptions {
  /** One table only, as the spec names it. */
  readonly table?: string;
  /** These rows only: values of the key's columns, in their order, as a person writes them. */
  readonly keys?: readonly (readonly string[])[];
  /** Counts and changes nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: Omit<VerifyProgress, 'because'>) => void;
}

export interface TableRepair {
  readonly table: string;
  readonly rowsCompared: number;
  /** Rows that were noted as dirty; in a dry run, rows that differ. */
  readonly different: number;
}

export interface RepairReport {
  readonly tables: readonly TableRepair[];
  readonly rowsCompared: number;
  readonly different: number;
}

/** A table of the source that has lost most of its rows. */
export interface EmptiedTable {
  readonly table: string;
  readonly rows: number;
  /** On the target, by its server's estimate. */
  readonly otherRows: number;
}

export interface TakeBackOptions extends WorkOptions {
  /** These tables were emptied: of them alone, and only rows that the source does not have now. Default: all that differs, of all tables. */
  readonly emptied?: readonly string[];
  /** The same feature's move in the other direction: it says how rows come back. */
  readonly inverse: MoveSpec;
  /** Counts and changes nothing. */
  readonly dryRun?: boolean;
  readonly onProgress?: (progress: Omit<VerifyProgress, 'because'>) => void;
}

/** What the source lacks of one table, and was brought back unless it was a dry run. */
export interface TableTakenBack {
  readonly table: string;
  readonly rowsCompared: number;
  /** Rows that only the target has. */
  readonly missing: number;
  /** Rows that only the source has: they were deleted after the moment to which it was restored. */
  readonly extra: number;
  /** Rows that both have and that differ. */
  readonly changed: number;
  /** Rows that differ and stay as they are on the source: they were written there since it was restored. */
  readonly kept: number;
  /** The keys of the first few, for people. */
  readonly examples: readonly {
    readonly key: Readonly<Record<string, string>>;
    readonly kind: 'missing' | 'extra' | 'changed' | 'kept';
  }[];
}

export interface TakeBackReport {
  readonly tables: readonly TableTakenBack[];
}

/** Keys of one table that wait in the log of changes: the target may lack what was written under them. */
export interface WaitingKeys {
  readonly table: string;
  /** Each counted once, however often it was noted. */
  readonly keys: number;
  /** When the first of them was noted for the first time, and the last for the last: ISO 8601, the source's clock; null where none waits. */
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  /** The first of them, for people and programs: in the order in which they were noted. */
  readonly list: readonly { readonly key: Readonly<Record<string, string>>; readonly lastAt: string }[];
}

/** How fast a copy goes at this moment, and who else takes part in it. */
export interface CopyPace extends Pacing {
  readonly movers: readonly LiveMover[];
}

export interface Backlog {
  /** Log entries not yet applied, over all tables of the move. */
  readonly entries: number;
  /** Age of the oldest entry by the source server's clock; 0 when there is none. */
  readonly oldestMs: number;
}

export interface DrainOptions extends WorkOptions {
  /** Give up with `BANYAN_DRAIN_TIMEOUT` after this long. */
  readonly deadlineMs: number;
  /** `guardTables` stands, under which both sides' tables were looked at: that is not done once more. Default false. */
  readonly guarded?: boolean;
}

/** The background applier: it carries every logged change to the target until it is stopped. */
export interface Applier {
  backlog(): Promise<Backlog>;
  /**
   * Resolves once every log is empty. Call it under the fence: then, and only then, nothing can be logged any more
   * and "empty" means that the target equals the source.
   */
  drain(options: DrainOptions): Promise<void>;
  /** Waits for the batch in hand. Idempotent. */
  stop(): Promise<void>;
  /** Resolves with the reason when the applier stops by itself; never settles after a plain `stop()`. */
  readonly failed: Promise<Error>;
}

export type MoveSide = 'source' | 'target';

/** `partial` means that the fence is closed and some of its triggers are not there: fence or open again, both are idempotent. */
export type FenceStanding = 'fenced' | 'open' | 'partial';

export interface FenceOptions extends WorkOptions {
  /**
   * How long the fence may wait: for the transactions that have written to the tables when it closes, and for each table
   * when its triggers are made.
   */
  readonly lockTimeoutMs: number;
}

export interface ClearOptions extends WorkOptions {
  /** How long to wait for tables that are not free, all in all; without it, one short attempt is made for each. */
  readonly patienceMs?: number;
  /** Default true. False: others never queue behind a wait for a transaction that is older than a second. */
  readonly isUrgent?: boolean;
}

export interface RaiseIdsOptions extends WorkOptions {
  /** Ids that the source may still give out before they must be raised again; default 0. */
  readonly room?: number;
  /** How long to wait for each table, in milliseconds; default 30,000. */
  readonly patienceMs?: number;
}

export interface CloseOptions {
  /** Without waiting for what is in hand. */
  readonly atOnce?: boolean;
  /** What ended the move: whoever is at work with it fails with that as the reason. */
  readonly because?: unknown;
}

/** One feature's tables in one direction. */
export interface Move {
  readonly spec: MoveSpec;
  readonly epoch: number;
  /** Idempotent. Creates logs and triggers; nothing written before it returns need be in the log. */
  installCapture(options?: WorkOptions): Promise<void>;
  /**
   * Drops triggers, logs and the record of them. Idempotent. What was still logged is forgotten, and so is the copy's
   * progress: without a capture nobody knows what it missed.
   */
  dropCapture(options?: WorkOptions): Promise<void>;
  /**
   * Captures a source that is closed to everybody, before it becomes the owner: what an earlier capture has left is used if it
   * is whole, and made anew if not, since there is no change that it can have missed.
   */
  renewCapture(options?: WorkOptions): Promise<void>;
  /** Whether capture stands complete, as it was installed. Throws nothing for a broken one: it says so. */
  captureState(): Promise<'none' | 'complete' | 'broken'>;
  /** Resumable. Returns once every table has been copied; the applier must be running for it to be correct. */
  copy(options?: CopyOptions): Promise<void>;
  /** True once `copy` has come to its end for every table. */
  copied(): Promise<boolean>;
  /** How far the copy of each table is, whoever copies it. */
  copiedTables(): Promise<readonly CopiedTable[]>;
  /** Forgets the copy's progress: the next `copy` begins again and puts right whatever the target holds. */
  restartCopy(): Promise<void>;
  /** Makes the indexes that a copy has left for its end; `copy` does it by itself. For a copy that is given up. */
  restoreIndexes(options?: RestoreIndexesOptions): Promise<void>;
  /** How fast `copy` may go, from the next chunk on; the servers may slow it down further. */
  throttle(settings: ThrottleSettings): void;
  pace(): CopyPace;
  startApplying(): Applier;
  /** Log entries not yet applied, whether or not an applier runs. */
  backlog(): Promise<Backlog>;
  /** Keys whose rows on the target somebody else has locked: their changes wait, all others go on. */
  readonly lockedKeys: number;
  /** Of the change feed, on both sides; null: there is none. */
  feed(): Promise<FeedStanding | null>;
  /** The keys that wait in the log, `limit` of each table by name. Under a fence that is all the target can lack. */
  waiting(limit: number): Promise<readonly WaitingKeys[]>;
  /**
   * Of a move that is over: what became of the rows whose keys its log still holds, as the side that has the rows now (the target) and the
   * one that lost them (the source) show it. `missing`: only the source has it. Changes nothing.
   */
  lookAtLost(options?: WorkOptions): Promise<TakeBackReport>;
  /** Compares both sides while writes go on. The applier must be running, or the log be empty. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;
  /** What verifies have found so far, whoever ran them. */
  verified(): Promise<Verified>;
  /** What was found says nothing any more. `adoptTarget` and `restartCopy` say so by themselves. */
  forgetVerified(): Promise<void>;
  /**
   * Has every row of the target that differs from the source's made equal, by whoever applies; returns when all of them are
   * noted in the log. Throws `BANYAN_TABLES_DIFFER` where the target cannot hold what the source holds.
   */
  repair(options?: RepairOptions): Promise<RepairReport>;
  /**
   * Compares the rows that this process's applier carried over last (at most `tuning.verifyLastApplied` of each table),
   * on both sides. Call it under the fence once the log is drained: it is quick, and whatever differs then is a fault.
   */
  verifyLastApplied(options?: WorkOptions): Promise<VerifyReport>;
  /**
   * Makes the fence of an owner's tables ready and leaves it open, so that `fence` is one quick step. For the time before
   * clients are held. `openFence` ends it.
   */
  prepareFence(side: MoveSide, options: FenceOptions): Promise<void>;
  /** The database refuses every write to the side's tables when this returns. Idempotent; one atomic step for all tables. */
  fence(side: MoveSide, options: FenceOptions): Promise<void>;
  /** One quick step that waits for no reader; the triggers stay. Idempotent. */
  openFence(side: MoveSide, options?: WorkOptions): Promise<void>;
  /** Drops the triggers of an open fence. Returns those that are left, because transactions are in the way. Idempotent. */
  clearFence(side: MoveSide, options?: ClearOptions): Promise<readonly string[]>;
  fenceState(): Promise<{ readonly source: FenceStanding; readonly target: FenceStanding }>;
  /** Writes that the fence of the side has refused since it was closed. */
  refused(side: MoveSide): Promise<RefusedWrites>;
  /** Whose they were, of what the server still knows; null where it does not say. */
  refusedStatements(side: MoveSide): Promise<readonly RefusedStatement[] | null>;
  /** Rights that banyan's account lacks on that side. Its triggers run with these: without them writes of the application fail. */
  lackingRights(side: MoveSide): Promise<readonly Fault[]>;
  /** Lifts each target table's AUTO_INCREMENT to the source's *counter* (not its MAX), never lowers it. */
  raiseAutoIncrement(options?: RaiseIdsOptions): Promise<void>;
  /** Throws `BANYAN_IDS_SHORT` where a counter of the target is below the source's. */
  checkAutoIncrement(): Promise<void>;
  /** Throws `BANYAN_SCHEMA_CHANGED` or `BANYAN_CAPTURE_BROKEN` if the source is not as the capture found it. */
  checkFingerprint(): Promise<void>;
  /**
   * The target's tables, as they are now, hold what they are to hold: from here on it counts as a fault if one is truncated,
   * rebuilt or replaced. A copy that begins says so by itself.
   */
  adoptTarget(): Promise<void>;
  /** Tables of the target that are not the ones that were adopted. */
  targetChanged(): Promise<readonly string[]>;
  /** Throws `BANYAN_TARGET_CHANGED` if a table of the target is not the one that was adopted. */
  checkTarget(): Promise<void>;
  /**
   * Throws `BANYAN_SOURCE_RESTORED` or `BANYAN_TARGET_RESTORED` where a server is older than it was: it was restored from a
   * backup, or a replica that lagged took its place. All that reads or writes rows looks by itself.
   */
  checkRestored(): Promise<void>;
  /** Throws `BANYAN_STATE_RESTORED` where the state store is older than what either server was told of it. `openFence` looks by itself. */
  checkStore(): Promise<void>;
  /** Tells both servers how far the state store is. */
  tellStore(): Promise<void>;
  /** The same, whatever they knew: a person has said that this state store is the one to go by. */
  adoptStore(): Promise<void>;
  /** The side that is older than it was; null: neither is. */
  restored(): Promise<Restored | null>;
  /** From here on the side's server counts as one that was never restored: call it once its rows are what they are to be. */
  acceptRestored(side: MoveSide): Promise<void>;
  /** Throws `BANYAN_OWNER_EMPTIED` where a table of the source has less than half of the target's rows and changes are not all in the log. */
  checkEmptied(): Promise<void>;
  /** Those tables; none while the capture is whole: then each deleted row was noted. */
  emptied(): Promise<readonly EmptiedTable[]>;
  /**
   * Where the source is the older one, or was emptied: brings the rows that it lacks back from the target, but for those that were written there since.
   * Nothing may be applied meanwhile.
   */
  takeBack(options: TakeBackOptions): Promise<TakeBackReport>;
  /** Throws `BANYAN_XA_PREPARED` while either server has prepared XA transactions. */
  checkPrepared(): Promise<void>;
  /**
   * For a handover, before clients are held: from here on nobody can alter, truncate or replace a table of either side, or
   * make or drop a trigger there, until `releaseTables`. Then looks at everything that the fence cannot see, once.
   */
  guardTables(): Promise<void>;
  /** Right before the decision, under the fence: the guard held all the time, and no XA transaction is prepared. */
  assertGuarded(): Promise<void>;
  releaseTables(): void;
  /** Stops everything of this move that runs in this process. Idempotent. */
  close(options?: CloseOptions): Promise<void>;
}
