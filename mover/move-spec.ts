import type { DatabaseEndpoint } from './sql/database-endpoint.ts';

export type { DatabaseEndpoint };

/** One table on its way. Source and target table have the same name and columns unless mapped. */
export interface TableSpec {
  readonly table: string;
}

/** The tables of one feature, in one direction: forward (legacy → service) or reverse (service → legacy). */
export interface MoveSpec {
  /** `<feature>:forward` or `<feature>:reverse`; names the progress rows on the target. */
  readonly id: string;
  readonly source: DatabaseEndpoint;
  readonly target: DatabaseEndpoint;
  readonly tables: readonly TableSpec[];
  /** The schema for capture logs (on the source's server) and progress (on the target's). Default `banyan`. */
  readonly bookkeepingSchema: string;
}
