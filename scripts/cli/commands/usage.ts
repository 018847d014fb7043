import { InvalidArgumentError, Option } from 'commander';
import { readDuration } from '../../../control/canary/read-time.ts';
import type { BanyanConfig } from '../../../control/config/index.ts';
import type { PastUsage } from '../../../control/usage/past-usage.ts';
import type { Usage, UsageEntry } from '../../../control/usage/watch-usage.ts';
import type { Caller } from '../../../control/watch/report-callers.ts';
import { counted, formatCount, formatSeconds } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import {
  CommandContext,
  type CommonFlags,
  featureCommand,
  requireFeature,
  withLookOptions,
} from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly for: number;
  readonly last?: number;
}

function watchMs(text: string): number {
  const ms = readDuration(text);
  if (ms === null || ms < 1_000) throw new InvalidArgumentError('Write a time from 1s up: 30s, 10m, 1h30m.');
  return ms;
}

/** `banyan writers` and `banyan readers`. */
export function usageCommand(access: 'read' | 'write'): CommandFactory {
  const name = access === 'write' ? 'writers' : 'readers';
  const verb = access === 'write' ? 'writes' : 'reads';
  return (io) => {
    const command = featureCommand(
      name,
      `Watches who ${verb} a feature's tables on legacy's server, by account, host and statement (no values): before a cutover, because what does not go through the router ${access === 'write' ? 'is refused' : 'reads rows that lag'} after it.`,
    )
      .addOption(
        new Option('--for <time>', 'how long to watch: as long as the rarest job takes to come round')
          .argParser(watchMs)
          .default(10_000, '10s'),
      )
      .addOption(
        new Option('--last <time>', 'look back instead of watching, where the server counts statements')
          .argParser(watchMs)
          .conflicts('for'),
      )
      .option('--no-progress', 'no progress on stderr');
    withLookOptions(
      command,
      `banyan ${name} product`,
      `banyan ${name} product --last 1h`,
      `banyan ${name} product --for 24h --json | jq '.entries[] | select(.own | not)'`,
    );
    return command.action(async (feature: string, flags: Flags) => {
      const context = new CommandContext(io, flags);
      const config = await context.config();
      // Imported only here: the mover is more than the other commands need.
      const [{ sideTables }, { watchUsage }, { pastUsage }] = await Promise.all([
        import('../../../mover/index.ts'),
        import('../../../control/usage/watch-usage.ts'),
        import('../../../control/usage/past-usage.ts'),
      ]);
      const tables = sideTables(requireFeature(config, feature), 'source');
      if (tables.length === 0) {
        context.output.result({ feature, tables, entries: [] }, () => `${feature} has no tables.`);
        return;
      }
      if (flags.last !== undefined) {
        const withinSeconds = Math.round(flags.last / 1_000);
        const past = await pastUsage(config.legacy.database, tables, { access, withinSeconds });
        const callers = await callersOf(config, tables, access, withinSeconds);
        context.output.result({ feature, ...past, callers }, (paint) =>
          [renderPast(feature, past, paint), ...renderCallers(callers, paint)].join('\n\n'),
        );
        return;
      }
      const progress = context.progress();
      const total = Math.round(flags.for / 1_000);
      try {
        const usage = await watchUsage(config.legacy.database, tables, {
          ...{ access, forMs: flags.for, signal: io.signal },
          onSample: (passed) =>
            progress.update({ phase: 'watch', done: Math.floor(passed / 1_000), total, unit: 'seconds' }),
        });
        if (!io.signal.aborted) progress.update({ phase: 'watch', done: total, total, unit: 'seconds' });
        progress.stop();
        const callers = await callersOf(config, tables, access, callersWithinSeconds);
        context.output.result({ feature, ...usage, callers }, (paint) =>
          [render(feature, usage, paint), ...renderCallers(callers, paint)].join('\n\n'),
        );
      } finally {
        progress.stop();
      }
    });
  };
}

/** A job that runs once a day is one of them. */
const callersWithinSeconds = 7 * 86_400;

/** Routes and jobs, where the monolith tells (`watchQueries`); none where the state store cannot be asked. */
async function callersOf(
  config: BanyanConfig,
  tables: readonly string[],
  access: 'read' | 'write',
  withinSeconds: number,
): Promise<Caller[]> {
  const [{ connectState }, { readCallers }] = await Promise.all([
    import('../../../control/store/connect-state.ts'),
    import('../../../control/watch/report-callers.ts'),
  ]);
  const state = connectState(config.state);
  const { database } = config.legacy.database;
  try {
    return await readCallers(state, { database, tables, access, withinSeconds });
  } catch {
    return [];
  } finally {
    await state.destroy();
  }
}

function renderCallers(callers: readonly Caller[], paint: Paint): string[] {
  if (callers.length === 0) return [];
  const table = renderTable(
    [
      { title: 'caller', value: ({ app, caller }) => (app === 'monolith' ? caller : `${app}: ${caller}`) },
      { title: 'table', value: (one) => one.table },
      { title: 'seen', align: 'right', value: ({ seen }) => formatCount(seen) },
      { title: 'last', align: 'right', value: (one) => `${formatSeconds(one.lastSeenSecondsAgo)} ago` },
    ],
    callers,
    { paint },
  );
  return [`The monolith's own processes name:\n\n${table}`];
}

function render(feature: string, usage: Usage, paint: Paint): string {
  const { access, entries, server, database, seconds, samples } = usage;
  const verb = access === 'write' ? 'wrote' : 'read';
  const others = entries.filter(({ own }) => !own);
  const verdict =
    others.length === 0
      ? `${paint.strong('?')} ${feature}: nobody was seen to have ${access === 'write' ? 'written' : 'read'} its tables in ${database} on ${server} in ${seconds} s (${counted(samples, 'sample')}).`
      : `${paint.strong('!')} ${feature}: these ${verb} its tables in ${database} on ${server} in ${seconds} s (${counted(samples, 'sample')}).`;
  const parts = [verdict];
  if (entries.length > 0) {
    parts.push(
      renderTable(
        [
          { title: 'account', value: accountOf },
          { title: 'tables', value: (entry) => entry.tables.join(', ') },
          { title: 'seen', align: 'right', value: (entry) => formatCount(entry.seen) },
          {
            title: 'ran',
            align: 'right',
            value: ({ executions }) => (executions === null ? '?' : formatCount(executions)),
          },
          { title: 'statement', value: ({ statement }) => shortened(statement) },
        ],
        entries,
        { paint },
      ),
    );
  }
  parts.push(['Not seen:', ...usage.unseen.map((sentence) => `  - ${sentence}`)].join('\n'));
  return parts.join('\n\n');
}

function renderPast(feature: string, past: PastUsage, paint: Paint): string {
  const { access, entries, server, database, withinSeconds } = past;
  const verb = access === 'write' ? 'wrote' : 'read';
  const when = `in the last ${formatSeconds(withinSeconds)}`;
  const where = `its tables in ${database} on ${server} ${when}`;
  const parts = [
    entries.every(({ own }) => own)
      ? `${paint.good('✓')} ${feature}: no statement but banyan’s own that was counted ${verb} ${where}.`
      : `${paint.strong('!')} ${feature}: these statements ${verb} ${where}.`,
  ];
  if (entries.length > 0) {
    parts.push(
      renderTable(
        [
          {
            title: 'last',
            align: 'right',
            value: (entry) => `${formatSeconds(entry.lastSeenSecondsAgo)} ago`,
          },
          { title: 'ran', align: 'right', value: (entry) => formatCount(entry.executions) },
          {
            title: 'account',
            value: ({ accounts, own }) => (own ? 'banyan itself' : accounts.join(', ') || '(not seen)'),
          },
          { title: 'tables', value: (entry) => entry.tables.join(', ') },
          { title: 'statement', value: ({ statement }) => shortened(statement) },
        ],
        entries,
        { paint },
      ),
    );
  }
  parts.push(['Not seen:', ...past.unseen.map((sentence) => `  - ${sentence}`)].join('\n'));
  return parts.join('\n\n');
}

function accountOf({ user, host, own }: UsageEntry): string {
  if (user === null) return '(not seen)';
  return `${user}@${host}${own ? " (banyan's account)" : ''}`;
}

const longestStatement = 90;

function shortened(statement: string): string {
  return statement.length > longestStatement ? `${statement.slice(0, longestStatement - 1)}…` : statement;
}
