import { z } from 'zod';
import { type Side, sides } from '../../common/side.ts';
import { cohortDefinitionSchema } from '../cohorts/named-cohorts.ts';
import { shadowRoutingSchema } from '../shadow/shadow-routing.ts';
import { routePolicySchema } from './route-policy.ts';

/**
 * The route table, declared once: its types, what a snapshot file and the state store may hold, and what the admin API
 * answers are all taken from these schemas.
 */

const sideSchema = z.enum(sides);

/** Where a request can go: the monolith, or the feature's extracted service. */
export type { Side };

const texts = z.record(z.string(), z.string());

export const featureRoutingSchema = z.object({
  name: z.string(),
  /** The stage's name, for people (explain, metrics, logs): the router decides nothing by it. */
  stage: z.string(),
  /** The side that takes client writes. */
  owner: sideSchema,
  /** True while a cutover or rollback is under way: a replica whose lease ran out holds this feature's writes. */
  inTransition: z.boolean(),
  /** True: park write requests until a later route table releases them. */
  hold: z.boolean(),
  /** The id of the handover that holds: what it costs clients is counted under it. */
  handover: z.string().exactOptional(),
  /** Mixed into the cohort hash, so that features are canaried on independent cohorts. */
  salt: z.string(),
  /** What its routes' own policies are laid over. */
  policy: routePolicySchema.exactOptional(),
  /** Left out: none of its requests is compared. */
  shadow: shadowRoutingSchema.exactOptional(),
  /** True: replicas report what they counted of its routes. */
  watched: z.boolean().exactOptional(),
});

/** What the router must know of a feature. Written by control in one transaction, read by every replica. */
export type FeatureRouting = Readonly<z.output<typeof featureRoutingSchema>>;

const constraintsSchema = z.object({
  host: z.string().exactOptional(),
  headers: texts.exactOptional(),
  query: texts.exactOptional(),
});

export type RouteConstraints = Readonly<z.output<typeof constraintsSchema>>;

const matchingSchema = z.object({
  /** Whose rules for parameters and wildcards hold. Default 5. */
  express: z.union([z.literal(4), z.literal(5)]).exactOptional(),
  /** `strict`: a path with a last slash is another one than without. Default `loose`. */
  slash: z.enum(['strict', 'loose']).exactOptional(),
});

/** How a pattern is read, where not as Express 5 does by default. */
export type RouteMatching = Readonly<z.output<typeof matchingSchema>>;

const callSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('thrift'), method: z.string() }),
  z.object({ kind: z.literal('http') }),
  z.object({ kind: z.literal('lambda'), method: z.string() }),
]);

/**
 * How a service is asked what a request asks: by a method of its IDL, by the request itself, or by an event, which names its route as
 * API Gateway does (`GET /things/{id}`).
 */
export type RouteCall = Readonly<z.output<typeof callSchema>>;

export const routeSchema = z.object({
  /** `METHOD /path/:pattern` plus constraints, unique in the table. */
  id: z.string(),
  feature: z.string(),
  /** Upper case. */
  method: z.string(),
  /** As Express writes it: `/things/:id`, `/files/*path`, `/archive{/:year}`. */
  path: z.string(),
  matching: matchingSchema.exactOptional(),
  access: z.enum(['read', 'write']),
  constraints: constraintsSchema.exactOptional(),
  /** How its service is asked. */
  call: callSchema,
  /** Reads only: percent (0–100, two decimals) of identities whose requests go to the service. Writes go to the owner. */
  readPercent: z.number().min(0).max(100),
  /** Reads only: names of cohorts whose requests go to the service besides. */
  readCohorts: z.array(z.string()).readonly().exactOptional(),
  /** What happens when its side is slow or fails; left out, the router's own settings hold. */
  policy: routePolicySchema.exactOptional(),
});

export type Route = Readonly<z.output<typeof routeSchema>>;

export const routeTableSchema = z.object({
  /** Grows with every change; 0 is the empty table (everything to legacy). */
  version: z.number().int().nonnegative(),
  /** ISO 8601, the state store's clock. */
  writtenAt: z.string(),
  features: z.array(featureRoutingSchema.readonly()).readonly(),
  routes: z.array(routeSchema.readonly()).readonly(),
  /** Those that routes name. */
  cohorts: z.array(cohortDefinitionSchema.readonly()).readonly().exactOptional(),
});

/** The immutable, versioned snapshot every router decides from. Plain JSON. */
export type RouteTable = Readonly<z.output<typeof routeTableSchema>>;

export const emptyRouteTable: RouteTable = {
  version: 0,
  writtenAt: '1970-01-01T00:00:00.000Z',
  features: [],
  routes: [],
};
