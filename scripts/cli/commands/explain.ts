import { Command } from 'commander';
import { BanyanError } from '../../../common/errors.ts';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { type Explanation, explainRequest } from '../../../control/explain/explain-request.ts';
import { cohortBuckets } from '../../../router/cohorts/cohorts.ts';
import { readSnapshot } from '../../../router/replica/snapshot-file.ts';
import { callName } from '../../../router/table/route-call.ts';
import type { ErrorBody } from '../../../router/table/route-policy.ts';
import type { RouteTable } from '../../../router/table/route-table.ts';
import type { Paint } from '../../terminal/paint.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import { withHeaders } from '../header-option.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly header: readonly string[];
  readonly address: string;
  readonly asTrusted?: boolean;
}

export const explainCommand: CommandFactory = (io) => {
  const command = withHeaders(
    new Command('explain')
      .description('Says where a request would go, and why. Sends nothing.')
      .argument('<method>', 'GET, POST, …')
      .argument('<path>', 'with its query, as a client would send it'),
  )
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
    const { header: headers, address, asTrusted } = flags;
    const asked = { method, target: path, headers, address, asTrusted };
    const explanation = explainRequest(asked, config, table, source);
    if (source === 'snapshot') {
      context.output.note(`control does not answer: by the router's snapshot ${config.router.snapshotFile}`);
    }
    context.output.result(explanation, (paint) => render(explanation, paint));
  });
};

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
