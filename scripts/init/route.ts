/** A route of the monolith's, as Express writes it or as an access log shows it. */
export interface FoundRoute {
  /** Upper case; `ALL` for every method. */
  readonly method: string;
  /** As Express 5 writes patterns. */
  readonly path: string;
  /** Requests in the log; null where it comes from the app. */
  readonly requests: number | null;
  /** Functions that each request passes first, by name. */
  readonly through: readonly string[];
}

/** What was found, and what cannot be said as a route of banyan's, in sentences. */
export interface FoundRoutes {
  readonly routes: readonly FoundRoute[];
  readonly unsaid: readonly string[];
}
