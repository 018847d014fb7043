/**
 * So much of a statement's text is looked at, in characters: one that brings its rows along is megabytes long, and names its tables before them.
 * Servers keep less of it in their own counts (max_digest_length: 1,024 octets).
 */
export const lookedAt = 16_384;

/** A statement that somebody ran. */
export interface RanStatement {
  /** Tells it from all others that this source tells of. */
  readonly id: string;
  readonly user: string;
  readonly host: string;
  /** The session's default database. */
  readonly schema: string | null;
  /** Without its values. */
  readonly statement: string;
}

/** A statement that a server has counted. */
export interface PastStatement {
  readonly schema: string | null;
  /** Without its values. */
  readonly statement: string;
  /** How often it was run since it was seen first. */
  readonly executions: number;
  readonly firstSeenSecondsAgo: number;
  readonly lastSeenSecondsAgo: number;
}

/** What a server tells of the statements that name some tables. */
export interface StatementSource {
  readonly kind: 'history' | 'processlist';
  /** What it tells of now; some of it may have been told before. */
  sample(): Promise<readonly RanStatement[]>;
  /** How often each statement was run since the server began to count, by `schema statement`; null: it does not count. */
  counts(): Promise<ReadonlyMap<string, number>> | null;
  /** What was run within the last so many seconds; null: it does not keep that. */
  past(withinSeconds: number): Promise<readonly PastStatement[]> | null;
  /** How often statements ran since the server began that it had no room to count by themselves. */
  readonly uncounted: number;
  /** What it cannot tell, in sentences. */
  readonly unseen: readonly string[];
}

export function statementKey(schema: string | null, statement: string): string {
  return `${schema ?? ''} ${statement}`;
}

/** Among what a source cannot tell. */
export function tellUncounted(times: number): readonly string[] {
  if (times === 0) return [];
  return [
    `statements that the server had no room to count (${times} times since it began; performance_schema_digests_size): TRUNCATE performance_schema.events_statements_summary_by_digest makes room, and what comes then is counted`,
  ];
}
