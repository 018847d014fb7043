import type { CohortDefinition } from '../cohorts/named-cohorts.ts';
import type { ShadowRouting } from '../shadow/shadow-routing.ts';
import type { RoutePolicy } from './route-policy.ts';

/** Where a request can go: the monolith, or the feature's extracted service. */
export type Side = 'legacy' | 'service';

/** What the router must know of a feature. Written by control in one transaction, read by every replica. */
export interface FeatureRouting {
  readonly name: string;
  /** The stage's name, for people (explain, metrics, logs): the router decides nothing by it. */
  readonly stage: string;
  /** The side that takes client writes. */
  readonly owner: Side;
  /** True while a cutover or rollback is under way: a replica whose lease ran out holds this feature's writes. */
  readonly inTransition: boolean;
  /** True: park write requests until a later route table releases them. */
  readonly hold: boolean;
  /** Mixed into the cohort hash, so that features are canaried on independent cohorts. */
  readonly salt: string;
  /** What its routes' own policies are laid over. */
  readonly policy?: RoutePolicy;
  /** Left out: none of its requests is compared. */
  readonly shadow?: ShadowRouting;
  /** True: replicas report what they counted of its routes. */
  readonly watched?: boolean;
}

export interface RouteConstraints {
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/** How a pattern is read, where not as Express 5 does by default. */
export interface RouteMatching {
  /** Whose rules for parameters and wildcards hold. Default 5. */
  readonly express?: 4 | 5;
  /** `strict`: a path with a last slash is another one than without. Default `loose`. */
  readonly slash?: 'strict' | 'loose';
}

/** How a service is asked what a request asks: by a method of its IDL, or by the request itself. */
export type RouteCall = { readonly kind: 'thrift'; readonly method: string } | { readonly kind: 'http' };

export interface Route {
  /** `METHOD /path/:pattern` plus constraints, unique in the table. */
  readonly id: string;
  readonly feature: string;
  /** Upper case. */
  readonly method: string;
  /** As Express writes it: `/things/:id`, `/files/*path`, `/archive{/:year}`. */
  readonly path: string;
  readonly matching?: RouteMatching;
  readonly access: 'read' | 'write';
  readonly constraints?: RouteConstraints;
  /** How its service is asked. */
  readonly call: RouteCall;
  /** Reads only: percent (0–100, two decimals) of identities whose requests go to the service. Writes go to the owner. */
  readonly readPercent: number;
  /** Reads only: names of cohorts whose requests go to the service besides. */
  readonly readCohorts?: readonly string[];
  /** What happens when its side is slow or fails; left out, the router's own settings hold. */
  readonly policy?: RoutePolicy;
}

/** The immutable, versioned snapshot every router decides from. Plain JSON. */
export interface RouteTable {
  /** Grows with every change; 0 is the empty table (everything to legacy). */
  readonly version: number;
  /** ISO 8601, the state store's clock. */
  readonly writtenAt: string;
  readonly features: readonly FeatureRouting[];
  readonly routes: readonly Route[];
  /** Those that routes name. */
  readonly cohorts?: readonly CohortDefinition[];
}

export const emptyRouteTable: RouteTable = {
  version: 0,
  writtenAt: '1970-01-01T00:00:00.000Z',
  features: [],
  routes: [],
};
