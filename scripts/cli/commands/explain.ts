import { Command, InvalidArgumentError } from 'commander';
import { BanyanError } from '../../../common/errors.ts';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { cohortBuckets } from '../../../router/cohorts/cohorts.ts';
import { parseIdentitySources } from '../../../router/cohorts/identity.ts';
import { readSnapshot } from '../../../router/replica/snapshot-file.ts';
import { trustCheck } from '../../../router/request/trusted-peers.ts';
import { compileTable } from '../../../router/table/compiled-table.ts';
import type { DecisionReason } from '../../../router/table/decision.ts';
import { explain } from '../../../router/table/explain.ts';
import type { SourcedPolicy } from '../../../router/table/policy-sources.ts';
import type { Rival } from '../../../router/table/rivals.ts';
import { callName } from '../../../router/table/route-call.ts';
import type { ErrorBody } from '../../../router/table/route-policy.ts';
import type { RouteCall, RouteTable } from '../../../router/table/route-table.ts';
import type { Paint } from '../../terminal/paint.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly header: readonly string[];
  readonly address: string;
  readonly asTrusted?: boolean;
}

/** What `--json` prints. */
interface Explanation {
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

export const explainCommand: CommandFactory = (io) => {
  const command = new Command('explain')
    .description('Says where a request would go, and why. Sends nothing.')
    .argument('<method>', 'GET, POST, …')
    .argument('<path>', 'with its query, as a client would send it')
    .option('-H, --header <name: value>', 'a header field; may be repeated', collectHeader, [])
    .option('--address <ip>', "the client's address", '127.0.0.1')
    .option('--as-trusted', 'as a peer of router.trustedPeers, whose x-banyan-side is believed');
  withLookOptions(
    command,
    'banyan explain GET /api/products/7 -H "x-user-id: 42"',
    'banyan explain POST /admin/products --json | jq -r .side',
  );
  return command.action(async (method: string, path: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    const { table, source } = await currentTable(context, config);
    const explanation = explanationOf(method, path, flags, config, table, source);
    if (source === 'snapshot') {
      context.output.note(`control does not answer: by the router's snapshot ${config.router.snapshotFile}`);
    }
    context.output.result(explanation, (paint) => render(explanation, paint));
  });
};

function collectHeader(text: string, earlier: readonly string[]): readonly string[] {
  const match = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*?)\s*$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Write it as "Name: value".');
  return [...earlier, match[1] ?? '', match[2] ?? ''];
}

/** What routers decide by now: from control, else the table that a router here last served by. */
async function currentTable(
  context: CommandContext,
  config: BanyanConfig,
): Promise<{ table: RouteTable; source: 'control' | 'snapshot' }> {
  try {
    return {
      table: await context.withAdmin(undefined, (admin) => admin.routes(context.io.signal)),
      source: 'control',
    };
  } catch (error) {
    const away = ['BANYAN_CONTROL_UNREACHABLE', 'BANYAN_ADMIN_TOKEN_MISSING'];
    if (!(error instanceof BanyanError && away.includes(error.code))) throw error;
    const snapshot = await readSnapshot(config.router.snapshotFile);
    if (snapshot === null) throw error;
    return { table: snapshot, source: 'snapshot' };
  }
}

function explanationOf(
  method: string,
  target: string,
  flags: Flags,
  config: BanyanConfig,
  table: RouteTable,
  source: 'control' | 'snapshot',
): Explanation {
  const said = explain(
    compileTable(table),
    {
      method,
      target,
      rawHeaders: flags.header,
      address: flags.address,
      trusted: flags.asTrusted ?? isTrustedBy(config, flags.address),
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

function isTrustedBy(config: BanyanConfig, address: string): boolean {
  return trustCheck(config.router.trustedPeers)(address);
}

function render(explanation: Explanation, paint: Paint): string {
  const { request } = explanation;
  const lines: [string, string][] = [
    ['request', `${request.method} ${request.path}${request.query ? `?${request.query}` : ''}`],
  ];
  if (explanation.matched) {
    lines.push([
      'route',
      `${explanation.route} ${paint.faint(`(${explanation.access}, ${callName(explanation.call!)})`)}`,
    ]);
    lines.push([
      'feature',
      `${explanation.feature}, stage ${explanation.stage}, owned by ${explanation.owner}`,
    ]);
    if (explanation.cohort !== null) lines.push(['cohort', explanation.cohort]);
    if (explanation.bucket !== null) {
      const inside = `${explanation.readPercent} % is buckets 0–${Math.round((explanation.readPercent ?? 0) * 100) - 1} of ${cohortBuckets}`;
      lines.push(['client', `${explanation.identity} is in bucket ${explanation.bucket}; ${inside}`]);
    } else if (explanation.readPercent !== null) lines.push(['canary', `${explanation.readPercent} %`]);
  } else lines.push(['route', 'none']);
  for (const { route, why } of explanation.rivals) lines.push(['not', `${route}: ${why}`]);
  const goes = explanation.outcome === 'hold' ? `held, then ${explanation.side}` : explanation.side;
  lines.push(['goes to', paint.strong(goes)], ['because', explanation.why]);
  lines.push(...policyLines(explanation));
  const body = lines.map(([name, value]) => `${paint.faint(name.padEnd(8))} ${value}`);
  return [...body, paint.faint(`by route table ${explanation.version}`)].join('\n');
}

/** What a side has no use for is left out: a service is not waited for as legacy is. */
function policyLines({ side, policy, deadlineMs }: Explanation): [string, string][] {
  const toService = side === 'service';
  const shown = (name: string) => !(toService && /connectMs|idleMs|firstByteMs/.test(name));
  const parts = Object.entries(policy)
    .filter(([name, { value }]) => shown(name) && value !== null)
    .map(([name, { value, from }]) => {
      const text = typeof value === 'object' ? (value as ErrorBody).contentType : String(value);
      return `${name.replace('timeouts.', '')} ${text} (${from})`;
    });
  if (deadlineMs !== null) {
    const { from } = policy['timeouts.firstByteMs']!;
    parts.unshift(`deadlineMs ${deadlineMs} (${from === 'route' || from === 'feature' ? from : 'service'})`);
  }
  return parts.map((part, index) => [index === 0 ? 'policy' : '', part]);
}
