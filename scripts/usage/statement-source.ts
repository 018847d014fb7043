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

/** What a server tells of the statements that name some tables. */
export interface StatementSource {
  readonly kind: 'history' | 'processlist';
  /** What it tells of now; some of it may have been told before. */
  sample(): Promise<readonly RanStatement[]>;
  /** How often each statement was run since the server began to count, by `schema statement`; null: it does not count. */
  counts(): Promise<ReadonlyMap<string, number>> | null;
  /** What it cannot tell, in sentences. */
  readonly unseen: readonly string[];
}

export function statementKey(schema: string | null, statement: string): string {
  return `${schema ?? ''} ${statement}`;
}
