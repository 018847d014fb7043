import { Command } from 'commander';
import { type CollectedLines, collectLogLines } from '../../logs/collect-log-lines.ts';
import type { LogLine } from '../../logs/log-line.ts';
import type { Paint } from '../../terminal/paint.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import { Output } from '../cli-io.ts';
import { exitCodes } from '../exit-codes.ts';
import { withExamples } from '../long-help.ts';
import type { CommandFactory } from '../program.ts';

export const logsCommand: CommandFactory = (io, outcome) => {
  const command = new Command('logs')
    .description(
      'Collects the log lines of one request from the logs of all processes, in the order of time.',
    )
    .argument('<request-id>', 'as X-Request-Id of its answer says; or the id of its trace')
    .argument('<logs...>', 'files, folders of logs, or - for lines that are piped in; .gz is unpacked')
    .option('--json', 'print exactly one JSON value on stdout');
  withExamples(
    command,
    'banyan logs 0f9a4c1e-77aa-4a52-9d0e-2a1f7a2f1c55 .banyan/logs',
    "journalctl -u 'banyan-*' -u 'shop-*' -o cat --since -1h | banyan logs 0f9a4c1e-77aa-4a52-9d0e-2a1f7a2f1c55 -",
  );
  return command.action(async (id: string, logs: string[], flags: { readonly json?: boolean }) => {
    const { directory, stdin, signal } = io;
    const found = await collectLogLines({ id, from: logs, directory, stdin, signal });
    if (found.lines.length === 0) outcome.exitCode = exitCodes.failed;
    new Output(io, flags.json ?? false).result(found, (paint) => render(id, found, paint));
  });
};

function render(id: string, { lines, files, read }: CollectedLines, paint: Paint): string {
  const looked = `${read} ${read === 1 ? 'line' : 'lines'} in ${files} ${files === 1 ? 'log' : 'logs'}`;
  if (lines.length === 0) {
    const why =
      'Ordinary requests are in a router’s access log at its sample rate only, and calls in a service’s log at LOG_LEVEL=debug.';
    return `${paint.warn('–')} No line of ${id} among ${looked}. ${why}`;
  }
  const from = lines.find(({ timeMs }) => timeMs !== null)?.timeMs ?? null;
  const columns: readonly Column<LogLine>[] = [
    {
      title: 'time (UTC)',
      value: ({ timeMs }) => (timeMs === null ? '–' : new Date(timeMs).toISOString().slice(11, 23)),
    },
    {
      title: '+ms',
      align: 'right',
      value: ({ timeMs }) => (timeMs === null || from === null ? '' : String(Math.round(timeMs - from))),
    },
    { title: 'process', value: ({ process }) => process },
    { title: 'level', value: ({ level }) => level ?? '' },
    { title: 'what', value: (line) => [line.message, ...said(line, id)].filter(Boolean).join(' ') },
  ];
  return `${renderTable(columns, lines, { paint })}\n${paint.faint(`of ${looked}`)}`;
}

function said({ fields }: LogLine, id: string): string[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== id)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
}
