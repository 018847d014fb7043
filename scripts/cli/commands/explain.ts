import { Command, InvalidArgumentError } from 'commander';
import { BanyanError } from '../../../common/errors.ts';
import type { BanyanConfig } from '../../../control/config/index.ts';
import {
  bucketOf,
  cohortBuckets,
  compiledRoute,
  compileTable,
  type Decision,
  type DecisionReason,
  decide,
  identityOf,
  parseIdentitySources,
  type RouteTable,
} from '../../../router/index.ts';
import { readTarget } from '../../../router/request-target.ts';
import { readSnapshot } from '../../../router/snapshot-file.ts';
import type { Paint } from '../../terminal/paint.ts';
import { CommandContext, type CommonFlags, withCommonOptions, withExamples } from '../command-context.ts';
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
  readonly feature: string | null;
  readonly stage: string | null;
  readonly owner: string | null;
  readonly access: string | null;
  readonly rpcMethod: string | null;
  readonly identity: string | null;
  /** 0–9999; null where no identity is asked for. */
  readonly bucket: number | null;
  readonly readPercent: number | null;
  readonly outcome: string;
  readonly side: string;
  readonly reason: DecisionReason;
  readonly why: string;
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
  withExamples(
    withCommonOptions(command),
    'banyan explain GET /api/products/7 -H "x-user-id: 42"',
    'banyan explain POST /admin/products --json | jq -r .side',
  );
  return command.action(async (method: string, path: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    const { table, source } = await currentTable(context, config);
    const explanation = explain(method.toUpperCase(), path, flags, config, table, source);
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

function explain(
  method: string,
  url: string,
  flags: Flags,
  config: BanyanConfig,
  table: RouteTable,
  source: 'control' | 'snapshot',
): Explanation {
  const rawHeaders = flags.header;
  const header = (name: string) => {
    const at = rawHeaders.findIndex((field, index) => index % 2 === 0 && field.toLowerCase() === name);
    return at < 0 ? null : (rawHeaders[at + 1] ?? null);
  };
  const target = readTarget(url, header('host'));
  if ('refused' in target) {
    throw new BanyanError(
      'BANYAN_REQUEST_REFUSED',
      `The router would refuse this request with 400: ${target.refused}.`,
      {
        fix: 'Write the path as clients should: absolute, without empty or dot segments.',
      },
    );
  }
  const compiled = compileTable(table);
  const facts = { host: header('host'), rawHeaders, query: target.query };
  const match = compiled.matcher.match(method, target.path, facts);
  const route = match === null ? null : compiledRoute(compiled, match);
  const identity =
    route === null
      ? null
      : identityOf(parseIdentitySources(config.router.identity), {
          rawHeaders,
          cookie: header('cookie'),
          params: match?.params ?? {},
          address: flags.address,
        });
  const asked = flags.asTrusted ? header('x-banyan-side') : null;
  const decision: Decision = decide(compiled, route, {
    leaseValid: true,
    mayBeOutdated: false,
    identity: identity ?? '',
    sideAsked: asked === 'legacy' || asked === 'service' ? asked : null,
    wroteRecently: false,
  });
  const asksIdentity = route?.asksIdentity ?? false;
  return {
    request: { method, path: target.path, query: target.query },
    matched: route !== null,
    route: route?.route.id ?? null,
    feature: decision.feature,
    stage: route?.feature.stage ?? null,
    owner: route?.feature.owner ?? null,
    access: route?.route.access ?? null,
    rpcMethod: route?.route.rpcMethod ?? null,
    identity: asksIdentity ? identity : null,
    bucket: asksIdentity && route !== null ? bucketOf(route.feature.salt, identity ?? '') : null,
    readPercent: route?.route.access === 'read' ? route.route.readPercent : null,
    outcome: decision.outcome,
    side: decision.side,
    reason: decision.reason,
    why: reasons[decision.reason],
    version: decision.version,
    source,
  };
}

function render(explanation: Explanation, paint: Paint): string {
  const { request } = explanation;
  const lines: [string, string][] = [
    ['request', `${request.method} ${request.path}${request.query ? `?${request.query}` : ''}`],
  ];
  if (explanation.matched) {
    lines.push([
      'route',
      `${explanation.route} ${paint.faint(`(${explanation.access}, ${explanation.rpcMethod})`)}`,
    ]);
    lines.push([
      'feature',
      `${explanation.feature}, stage ${explanation.stage}, owned by ${explanation.owner}`,
    ]);
    if (explanation.bucket !== null) {
      const inside = `${explanation.readPercent} % is buckets 0–${Math.round((explanation.readPercent ?? 0) * 100) - 1} of ${cohortBuckets}`;
      lines.push(['client', `${explanation.identity} is in bucket ${explanation.bucket}; ${inside}`]);
    } else if (explanation.readPercent !== null) lines.push(['canary', `${explanation.readPercent} %`]);
  } else lines.push(['route', 'none']);
  const goes = explanation.outcome === 'hold' ? `held, then ${explanation.side}` : explanation.side;
  lines.push(['goes to', paint.strong(goes)], ['because', explanation.why]);
  const body = lines.map(([name, value]) => `${paint.faint(name.padEnd(8))} ${value}`);
  return [...body, paint.faint(`by route table ${explanation.version}`)].join('\n');
}
