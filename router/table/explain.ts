import { bucketOf } from '../cohorts/cohorts.ts';
import { type IdentitySource, identityOf } from '../cohorts/identity.ts';
import { cohortOf } from '../cohorts/named-cohorts.ts';
import { readRequestHead } from '../request/request-head.ts';
import { type PathRules, pathRulesSchema, readTarget } from '../request/request-target.ts';
import { type CompiledTable, compiledRoute } from './compiled-table.ts';
import { type Decision, type DecisionReason, decide } from './decision.ts';
import { type RouterFailureSettings, type SourcedPolicy, sourcedPolicy } from './policy-sources.ts';
import { type Rival, rivalsOf } from './rivals.ts';
import type { Route, Side } from './route-table.ts';

/** A request that is asked about, not sent. */
export interface ExplainRequest {
  /** Any case. */
  readonly method: string;
  /** Path and query, or an absolute URL. */
  readonly target: string;
  /** `Name: value` pairs in turn: names and values alternate. `Host` may be left out. */
  readonly rawHeaders?: readonly string[];
  /** The client's address; `127.0.0.1` when left out. */
  readonly address?: string;
  /** Whether that address is one of the router's trusted peers. */
  readonly trusted?: boolean;
  readonly leaseValid?: boolean;
}

/** What of the router's own section bears on one request. */
export interface ExplainSettings extends RouterFailureSettings {
  readonly paths?: { readonly [K in keyof PathRules]?: PathRules[K] | undefined } | undefined;
}

export interface Explanation {
  /** Set when the router would refuse the request; nothing else is, then. */
  readonly refused: { readonly status: number; readonly why: string } | null;
  /** The canonical path that decides and is forwarded. */
  readonly path: string | null;
  /** Raw, without the question mark. */
  readonly query: string;
  readonly route: Route | null;
  readonly params: Readonly<Record<string, string>>;
  readonly feature: string | null;
  readonly stage: string | null;
  readonly owner: Side | null;
  /** The cohort named for the route that the client belongs to. */
  readonly cohort: string | null;
  readonly identity: string | null;
  /** 0–9999; null where the decision asks for no identity and none was needed. */
  readonly bucket: number | null;
  /** Buckets below this one read from the service. */
  readonly cohortEnd: number | null;
  readonly decision: Decision | null;
  /** Other routes that method and path alone would have matched, and why they did not. */
  readonly rivals: readonly Rival[];
  /** What holds when its side is slow or fails, and who said so. */
  readonly policy: SourcedPolicy;
  /** The decision in words. */
  readonly why: string;
  /** The route table's version. */
  readonly version: number;
}

/**
 * What the router would do with a request and why, by the same functions that decide for real ones. Pure: nothing is sent,
 * counted or held.
 */
export function explain(
  table: CompiledTable,
  request: ExplainRequest,
  identitySources: readonly IdentitySource[],
  router: ExplainSettings = {},
): Explanation {
  const given = request.rawHeaders ?? [];
  const method = request.method.toUpperCase();
  const absolute = /^https?:\/\/([^/?#]+)/i.exec(request.target);
  const hasHost = given.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  const rawHeaders = hasHost ? given : ['Host', absolute?.[1] ?? 'localhost', ...given];
  const head = readRequestHead(rawHeaders, { httpVersionMinor: 1, peerTrusted: request.trusted ?? false });
  if ('refused' in head) return refusal(table, head.status, head.refused);
  const target = readTarget(request.target, head.host, pathRulesSchema.parse(router.paths ?? {}));
  if ('refused' in target) return refusal(table, 400, target.refused);

  const facts = { host: head.host, rawHeaders, query: target.query };
  const match = target.decides ? table.matcher.match(method, target.path, facts) : null;
  const compiled = match === null ? null : compiledRoute(table, match);
  const params = match?.params ?? {};
  const address = head.forwardedFor?.split(',', 1)[0]?.trim() ?? request.address ?? '127.0.0.1';
  const client = { rawHeaders, cookie: head.cookie, params, address };
  const identity = identityOf(identitySources, client);
  const cohort = compiled === null ? null : cohortOf(compiled.cohorts, client);
  const decision = decide(table, compiled, {
    leaseValid: request.leaseValid ?? true,
    mayBeOutdated: false,
    identity,
    cohort,
    sideAsked: head.sideAsked,
    wroteRecently: false,
  });
  const asks = compiled?.asksIdentity === true;
  const bucket = compiled !== null && asks ? bucketOf(compiled.feature.salt, identity) : null;
  return {
    refused: null,
    path: target.path,
    query: target.query,
    route: compiled?.route ?? null,
    params,
    feature: compiled?.feature.name ?? null,
    stage: compiled?.feature.stage ?? null,
    owner: compiled?.feature.owner ?? null,
    cohort,
    identity: asks ? identity : null,
    bucket,
    cohortEnd: compiled?.cohortEnd ?? null,
    decision,
    rivals: rivalsOf(table.table.routes, compiled?.route ?? null, { method, path: target.path, facts }),
    policy: sourcedPolicy(compiled?.route.policy, compiled?.feature.policy, router),
    why: inWords(decision, bucket, compiled?.cohortEnd ?? 0, identity, cohort),
    version: table.version,
  };
}

function refusal(table: CompiledTable, status: number, why: string): Explanation {
  return {
    refused: { status, why },
    path: null,
    query: '',
    route: null,
    params: {},
    feature: null,
    stage: null,
    owner: null,
    cohort: null,
    identity: null,
    bucket: null,
    cohortEnd: null,
    decision: null,
    rivals: [],
    policy: {},
    why: `Refused with ${status} before any upstream sees it: ${why}.`,
    version: table.version,
  };
}

function inWords(
  decision: Decision,
  bucket: number | null,
  cohortEnd: number,
  identity: string,
  cohort: string | null,
): string {
  const { side, feature } = decision;
  const reasons: Readonly<Record<DecisionReason, string>> = {
    unmatched: 'No route matches: everything else is the monolith’s.',
    'write-to-owner': `A write goes to the owner of ${feature}, which is ${side}.`,
    'feature-on-hold': `Writes of ${feature} are on hold: the request would wait for the owner to be decided.`,
    'lease-expired': `${feature} is in transition and this router lost the state store: the request would wait.`,
    'read-0-percent': 'Reads of this route go to legacy: its percentage is 0.',
    'read-100-percent': 'Reads of this route go to the service: its percentage is 100.',
    'cohort-named': `The client belongs to the cohort ${cohort}, whose reads go to the service.`,
    'cohort-inside': `${identity} is in bucket ${bucket}, inside the cohort: buckets below ${cohortEnd} read from the service.`,
    'cohort-outside': `${identity} is in bucket ${bucket}, outside the cohort: buckets below ${cohortEnd} read from the service.`,
    'read-your-writes': `The client wrote to ${feature} a moment ago: its reads stay with the owner, ${side}.`,
    'side-legacy-asked': 'A trusted peer asked for legacy with x-banyan-side.',
    'side-service-asked': 'A trusted peer asked for the service with x-banyan-side.',
  };
  return reasons[decision.reason];
}
