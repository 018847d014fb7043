import { Command } from 'commander';
import type { OrderAnswer } from '../../../control/api/index.ts';
import type { Paint } from '../../terminal/paint.ts';
import { type ChangeFlags, CommandContext, withChangeOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { runOrder } from './run-action.ts';

interface Flags extends ChangeFlags {
  readonly dryRun?: boolean;
}

type Report = OrderAnswer<'reload'>;

export const reloadCommand: CommandFactory = (io, outcome) => {
  const command = new Command('reload')
    .description(
      'Has control and all routers read their config again, without a restart. Exit status 1 if a router does not go by it then.',
    )
    .option('--dry-run', 'print what would change, and what stands against it; change nothing');
  withChangeOptions(
    command,
    'banyan reload --dry-run',
    'banyan reload --why "the reviews feature is configured"',
  );
  return command.action(async ({ dryRun = false, why, ...flags }: Flags) => {
    const context = new CommandContext(io, flags);
    const report = await runOrder(context, 'reload', { dryRun, why });
    context.output.result(report, (paint) => renderReload(report, paint));
    if (report.faults.length > 0 || report.behind.length > 0) outcome.exitCode = exitCodes.failed;
  });
};

const effects = {
  now: '',
  restart: '  (when control is started again)',
  routers: "  (routers' own: when they are started again)",
} as const;

function renderReload({ changes, faults, behind, dryRun, file }: Report, paint: Paint): string {
  const lines = changes.map(({ path, from, to, effect }) => {
    const what =
      from === null
        ? `${paint.good('+')} ${path} ${to}`
        : to === null
          ? `${paint.bad('-')} ${path} ${from}`
          : `${paint.warn('~')} ${path} ${from} → ${to}`;
    return `${what}${paint.faint(effects[effect])}`;
  });
  const against = faults.map(
    ({ at, what, fix }) => `${paint.bad('✗')} ${at} ${what}\n  ${paint.strong('fix:')} ${fix}`,
  );
  const routers = behind.map((router) => `${paint.warn('!')} the router ${router}`);
  const verdict =
    faults.length > 0
      ? 'It would be refused. Nothing was changed.'
      : dryRun
        ? changes.length === 0
          ? 'Nothing would change.'
          : 'Nothing was changed yet.'
        : `${paint.good('✓')} ${changes.length === 0 ? 'Nothing has changed in' : 'Control goes by'} ${file}.`;
  return [...lines, ...against, ...routers, verdict].join('\n');
}
