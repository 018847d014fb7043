/** What ops may turn. Every default is meant for a live monolith: gentle first, fast second. */
export interface MoveTuning {
  /** A chunk's size is adapted so that reading and writing it takes about this long. */
  readonly chunkTargetMs: number;
  /** Rows of a copy's first chunk. */
  readonly chunkRowsAtFirst: number;
  readonly chunkRowsMax: number;
  /** Bytes of one chunk held in memory, judged by the rows seen so far. */
  readonly chunkBytesMax: number;
  /** `auto` uses LOAD DATA LOCAL INFILE where the target allows it. */
  readonly writeWith: 'auto' | 'infile' | 'insert';
  /** Log entries taken in one batch of the applier. */
  readonly applyBatchEntries: number;
  /** The applier's pause when it found nothing to do. */
  readonly idlePollMs: number;
  /** How often columns, triggers and table identity are compared with what the capture found. */
  readonly fingerprintEveryMs: number;
  /** Seconds that a DDL statement of ours may queue in front of the application (at least 1). */
  readonly ddlLockWaitSeconds: number;
  /** How often such a statement is tried before the move gives up with `BANYAN_DDL_LOCK_TIMEOUT`. */
  readonly ddlAttempts: number;
  /** Rows of one checksum. */
  readonly verifyChunkRows: number;
  /** How long verify waits for a dirty row to be applied before it calls the row unsettled. */
  readonly verifyPatienceMs: number;
  /** Rows looked at once more under the fence, per table: the last that were applied. Clients are held meanwhile. */
  readonly verifyLastApplied: number;
  /** Differing rows described in a report, per table. */
  readonly verifySamples: number;
}

export const defaultTuning: MoveTuning = {
  chunkTargetMs: 400,
  chunkRowsAtFirst: 1_000,
  chunkRowsMax: 50_000,
  chunkBytesMax: 16 * 1024 * 1024,
  writeWith: 'auto',
  applyBatchEntries: 500,
  idlePollMs: 15,
  fingerprintEveryMs: 1_000,
  ddlLockWaitSeconds: 1,
  ddlAttempts: 30,
  verifyChunkRows: 5_000,
  verifyPatienceMs: 10_000,
  verifyLastApplied: 400,
  verifySamples: 10,
};
