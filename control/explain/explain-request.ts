import { BanyanError } from '../../common/errors.ts';
import { parseIdentitySources } from '../../router/cohorts/identity.ts';
import { trustCheck } from '../../router/request/trusted-peers.ts';
import { compileTable } from '../../router/table/compiled-table.ts';
import type { DecisionReason } from '../../router/table/decision.ts';
import { explain } from '../../router/table/explain.ts';
import type { SourcedPolicy } from '../../router/table/policy-sources.ts';
import type { Rival } from '../../router/table/rivals.ts';
import type { RouteCall, RouteTable } from '../../router/table/route-table.ts';
import type { BanyanConfig } from '../config/index.ts';

/** A request that is asked about, not sent. */
export interface AskedRequest {
  readonly method: string;
  /** Path and query, or an absolute URL. */
  readonly target: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly address: string;
  /** Left out: what `router.trustedPeers` says of the address. */
  readonly asTrusted?: boolean | undefined;
}

/** Where it would go, and why. */
export interface Explanation {
  readonly request: { readonly method: string; readonly path: string; readonly query: string };
  readonly matched: boolean;
  readonly route: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly feature: string | null;
  readonly stage: string | null;
  readonly owner: string | null;
  readonly access: string | null;
  /** How the route's service is asked; null: no route. */
  readonly call: RouteCall | null;
  /** The cohort named for the route that the client belongs to. */
  readonly cohort: string | null;
  readonly identity: string | null;
  /** 0–9999; null where no identity is asked for. */
  readonly bucket: number | null;
  readonly readPercent: number | null;
  readonly outcome: string;
  readonly side: string;
  readonly reason: DecisionReason;
  readonly why: string;
  /** Other routes that method and path alone would have matched. */
  readonly rivals: readonly Rival[];
  /** By the setting's name. */
  readonly policy: SourcedPolicy;
  /** How long the service's answer may take; null where legacy answers. */
  readonly deadlineMs: number | null;
  readonly version: number;
  readonly source: 'control' | 'snapshot';
}

const reasons: Readonly<Record<DecisionReason, string>> = {
  unmatched: 'no extracted route matches, and what is not extracted stays with legacy',
  'write-to-owner': "a write goes to the owner of the feature's rows, whatever the canary says",
  'feature-on-hold': 'the feature is changing hands: its writes are parked for a moment',
  'lease-expired':
    'the feature is changing hands and this router cannot reach the state store: it parks writes',
  'read-0-percent': 'no reads of this route go to the service',
  'read-100-percent': 'all reads of this route go to the service',
  'cohort-inside': "the client's bucket lies inside the canary",
  'cohort-outside': "the client's bucket lies outside the canary",
  'read-your-writes': 'the client wrote to the feature a moment ago: its reads stay with the owner',
  'cohort-named': 'the client belongs to a cohort whose reads go to the service',
  'side-legacy-asked': 'a trusted peer asked for legacy (x-banyan-side)',
  'side-service-asked': 'a trusted peer asked for the service (x-banyan-side)',
};

/** What routers would do with the request, by this route table. Throws `BANYAN_REQUEST_REFUSED` where they would refuse it. */
export function explainRequest(
  { method, target, headers, address, asTrusted }: AskedRequest,
  config: Pick<BanyanConfig, 'router' | 'features'>,
  table: RouteTable,
  source: 'control' | 'snapshot',
): Explanation {
  const said = explain(
    compileTable(table),
    {
      method,
      target,
      rawHeaders: headers,
      address,
      trusted: asTrusted ?? trustCheck(config.router.trustedPeers)(address),
    },
    parseIdentitySources(config.router.identity),
    config.router,
  );
  if (said.refused !== null) {
    const { status, why } = said.refused;
    throw new BanyanError(
      'BANYAN_REQUEST_REFUSED',
      `The router would refuse this request with ${status}: ${why}.`,
      {
        fix: 'Write it as clients should: an absolute path without empty or dot segments, one Host, no framing fields.',
      },
    );
  }
  const { route } = said;
  const decision = said.decision!;
  const service = said.feature === null ? undefined : config.features[said.feature]?.service;
  return {
    request: { method: method.toUpperCase(), path: said.path!, query: said.query },
    matched: route !== null,
    route: route?.id ?? null,
    params: said.params,
    feature: said.feature,
    stage: said.stage,
    owner: said.owner,
    access: route?.access ?? null,
    call: route?.call ?? null,
    cohort: said.cohort,
    identity: said.identity,
    bucket: said.bucket,
    readPercent: route?.access === 'read' ? route.readPercent : null,
    outcome: decision.outcome,
    side: decision.side,
    reason: decision.reason,
    why: reasons[decision.reason],
    rivals: said.rivals,
    policy: said.policy,
    deadlineMs:
      decision.side === 'service'
        ? deadlineOf(said.policy, service?.kind === 'thrift' ? service.deadlineMs : undefined)
        : null,
    version: said.version,
    source,
  };
}

/** How long a service's answer may take: what its route or feature says of the first byte stands for its own setting. */
function deadlineOf(policy: SourcedPolicy, usual: number | undefined): number | null {
  const firstByte = policy['timeouts.firstByteMs']!;
  const own = firstByte.from === 'route' || firstByte.from === 'feature';
  return own ? (firstByte.value as number) : (usual ?? null);
}
