/** One MySQL or MariaDB database that banyan connects to. */
export interface DatabaseEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

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
