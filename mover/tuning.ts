import type { RowForm } from './carried/row-forms.ts';

/** What ops may turn. Every default is meant for a live monolith: gentle first, fast second. */
export interface MoveTuning {
  /** Chunks of the copy that are under way at a time, each with a session on either side. */
  readonly copyWorkers: number;
  /** How often the throttle looks how both servers fare, in milliseconds. */
  readonly throttleEveryMs: number;
  /** The copy is slowed down, and stands at last, while more threads than that run on either server… */
  readonly maxThreadsRunning: number;
  /** …or InnoDB keeps more old versions there, because a transaction is open for long or purging is behind… */
  readonly maxHistoryLength: number;
  /** …or the mover's commits on the target take longer, in milliseconds… */
  readonly maxCommitMs: number;
  /** …or more changes wait to be applied. */
  readonly maxBacklogEntries: number;
  /** A chunk's size is adapted so that reading and writing it takes about this long. */
  readonly chunkTargetMs: number;
  /** Rows of a copy's first chunk. */
  readonly chunkRowsAtFirst: number;
  readonly chunkRowsMax: number;
  /** Bytes of one chunk held in memory, judged by the rows seen so far; each worker has one. */
  readonly chunkBytesMax: number;
  /** `auto`: bulk execution on MariaDB, else LOAD DATA LOCAL INFILE where the target allows it, else INSERT. */
  readonly writeWith: 'auto' | RowForm;
  /** From so many rows on, by the source's estimate, a table's indexes are made after its copy (`deferIndexes: 'large'`). */
  readonly deferIndexesRows: number;
  /** A mover in another process that was not heard of for so long has died, in milliseconds: what it had in hand is copied again. */
  readonly moverLeaseMs: number;
  /** Batches of the applier that are under way at a time, each with a session on either side. */
  readonly applyWorkers: number;
  /** Keys of one batch of the applier. */
  readonly applyBatchEntries: number;
  /** Dirty keys in memory with capture from the binary log; reading pauses beyond it. */
  readonly binlogKeysMax: number;
  /** The applier's pause when it found little or nothing to do. */
  readonly idlePollMs: number;
  /** That pause while rows are being copied. */
  readonly copyRoundMs: number;
  /** How often columns, triggers and table identity are compared with what the capture found. */
  readonly fingerprintEveryMs: number;
  /** How often, at least, both servers count, by which one that was restored is told; see `Counts`. */
  readonly countEveryMs: number;
  /** Up to so many ways through foreign keys that cascade a trigger has each by itself; more go through a queue. */
  readonly cascadeWaysMax: number;
  /** Seconds that a DDL statement of ours may queue in front of the application (at least 1). */
  readonly ddlLockWaitSeconds: number;
  /** How often such a statement is tried before the move gives up with `BANYAN_DDL_LOCK_TIMEOUT`. */
  readonly ddlAttempts: number;
  /** Chunks that a verify compares at a time, each with a session on either side; one where it is to go gently. */
  readonly verifyWorkers: number;
  /** Rows of one checksum at most. */
  readonly verifyChunkRows: number;
  /** A checksum's size is adapted so that it takes about this long. */
  readonly verifyChunkMs: number;
  /** How long verify waits for a dirty row to be applied before it calls the row unsettled. */
  readonly verifyPatienceMs: number;
  /** Rows looked at once more under the fence, per table: the last that were applied. Clients are held meanwhile. */
  readonly verifyLastApplied: number;
  /** Differing rows described in a report, per table. */
  readonly verifySamples: number;
}

export const defaultTuning: MoveTuning = {
  copyWorkers: 4,
  throttleEveryMs: 1_000,
  maxThreadsRunning: 50,
  maxHistoryLength: 1_000_000,
  maxCommitMs: 1_000,
  maxBacklogEntries: 200_000,
  chunkTargetMs: 400,
  chunkRowsAtFirst: 1_000,
  chunkRowsMax: 50_000,
  chunkBytesMax: 6 * 1024 * 1024,
  writeWith: 'auto',
  deferIndexesRows: 100_000,
  moverLeaseMs: 5_000,
  applyWorkers: 3,
  applyBatchEntries: 2_000,
  binlogKeysMax: 100_000,
  idlePollMs: 15,
  copyRoundMs: 250,
  fingerprintEveryMs: 1_000,
  countEveryMs: 2_000,
  cascadeWaysMax: 10,
  ddlLockWaitSeconds: 1,
  ddlAttempts: 30,
  verifyWorkers: 3,
  verifyChunkRows: 50_000,
  verifyChunkMs: 200,
  verifyPatienceMs: 10_000,
  verifyLastApplied: 400,
  verifySamples: 10,
};
