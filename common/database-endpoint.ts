/** One MySQL or MariaDB database that banyan connects to. */
export interface DatabaseEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Left out: connections are not encrypted. */
  readonly tls?: DatabaseTls;
}

/** How connections to a database are encrypted, and whom they trust. Files are read for each connection: they may be replaced. */
export interface DatabaseTls {
  /** Authorities that are trusted instead of those that Node knows. */
  readonly caFile?: string;
  /** Of banyan's own certificate, where the account demands one. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The name in the server's certificate, where that is not `host`. */
  readonly serverName?: string;
}
