/** What is known of one place where legacy's and the service's answers differ. Counts of requests. */
export interface PathCounts {
  /** The service's answer differed from legacy's. */
  readonly differed: number;
  /** Of those asked three times: only the service stood out; legacy gave its own answer again. */
  readonly persisted: number;
  /** Of those: legacy contradicted itself where the two sides had agreed, or where a difference was looked at again. */
  readonly wavered: number;
  /** The service gave legacy's answer when it was asked again: its data had been behind. */
  readonly settled: number;
  /** Of the sampled second requests to legacy: it differed from its own first answer. */
  readonly noise: number;
}

/** One difference that was seen, redacted. */
export interface DifferenceSample {
  /** ISO 8601, the router's clock. */
  readonly at: string;
  readonly requestId: string;
  /** Method, path and the names in the query. */
  readonly request: string;
  readonly legacy: string | null;
  readonly service: string | null;
  /** True when legacy confirmed its own answer. */
  readonly persisted: boolean;
}

/** Why a request that was to be compared was not. */
export const omissions = [
  /** As many as may be were under way, and as many waiting. */
  'queue-full',
  /** The router was too busy with its clients. */
  'busy',
  /** An answer was larger than what is kept for comparing. */
  'body-too-large',
  /** The body of a write was larger than what is kept of one, or was not read to its end. */
  'request-not-kept',
  /** The other side did not answer in time, or broke off. Not a difference: the guard looks at errors. */
  'no-answer',
  /** The client went away, or its answer was broken off. */
  'primary-broken',
  /** The route table changed in between. */
  'table-changed',
  /** The service's data was behind the request, and did not catch up in time. */
  'data-behind',
] as const;

export type Omission = (typeof omissions)[number];

export interface RouteTally {
  /** Requests of which both sides' answers were compared. */
  readonly compared: number;
  /** Of those: with a difference. */
  readonly differing: number;
  /** Sampled second requests to legacy. */
  readonly repeated: number;
  readonly omitted: Readonly<Partial<Record<Omission, number>>>;
  /** Differences at more places than are counted apart. */
  readonly crowded: number;
  /** By difference key. */
  readonly paths: Readonly<Record<string, PathCounts>>;
  /** The first ones of each key. */
  readonly samples: Readonly<Record<string, readonly DifferenceSample[]>>;
}

/** All that one or several routers counted in one run of a feature's shadow, by route id. Plain data. */
export type ShadowTally = Readonly<Record<string, RouteTally>>;

export const noCounts: PathCounts = { differed: 0, persisted: 0, wavered: 0, settled: 0, noise: 0 };

export const emptyRouteTally: RouteTally = {
  compared: 0,
  differing: 0,
  repeated: 0,
  omitted: {},
  crowded: 0,
  paths: {},
  samples: {},
};
