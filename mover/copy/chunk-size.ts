export interface ChunkSizing {
  readonly targetMs: number;
  readonly rowsMax: number;
  readonly bytesMax: number;
  /** Fewer are not asked for because it took long; 1 unless given. */
  readonly rowsLeast?: number;
}

export interface ChunkMeasure {
  readonly rows: number;
  readonly bytes: number;
  /** Reading or writing, whichever took longer, in milliseconds. */
  readonly ms: number;
}

/**
 * Rows of the next chunk: towards the time aimed at, at most doubled or halved in a step, never beyond what the memory
 * bound allows for rows like the last ones.
 */
export function nextChunkRows(current: number, last: ChunkMeasure, sizing: ChunkSizing): number {
  if (last.rows === 0) return current;
  const factor = Math.min(2, Math.max(0.5, sizing.targetMs / Math.max(last.ms, 1)));
  // A short chunk (the table's end, or rows gone meanwhile) says nothing of a full one's time.
  const byTime = last.rows * 2 < current ? current : current * factor;
  const wanted = Math.max(byTime, sizing.rowsLeast ?? 1);
  const byBytes = sizing.bytesMax / Math.max(1, last.bytes / last.rows);
  return Math.max(1, Math.floor(Math.min(wanted, byBytes, sizing.rowsMax)));
}

/** A chunk near a table's end, in rows. */
export interface TowardsEnd {
  /** Of a usual chunk. */
  readonly rows: number;
  /** Nor fewer than so many: each chunk has a cost of its own. */
  readonly rowsLeast: number;
  /** Landed or in hand. */
  readonly taken: number;
  /** The server's guess of all; 0: it has none. */
  readonly estimate: number;
  readonly workers: number;
}

/** Of a usual chunk, at least. */
const leastShare = 0.25;
/** So much more than its guess a table may well have. */
const guessedRoughly = 1.1;

/**
 * Rows of the next chunk where not many are left: each worker's share of them, so that all workers end at about the same time.
 * (Guided self-scheduling, Polychronopoulos and Kuck 1987.)
 */
export function rowsTowardsEnd({ rows, rowsLeast, taken, estimate, workers }: TowardsEnd): number {
  if (workers === 1 || taken >= estimate * guessedRoughly) return rows;
  const share = Math.max((estimate - taken) / workers, rows * leastShare, rowsLeast);
  return Math.min(rows, Math.ceil(share));
}
