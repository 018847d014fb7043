import { Command } from 'commander';
import { formatCount } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import type { VerifyResult } from '../admin-types.ts';
import { CommandContext, type CommonFlags, withCommonOptions, withExamples } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

export const verifyCommand: CommandFactory = (io, outcome) => {
  const command = new Command('verify')
    .description(
      "Compares every row of a feature's tables on both servers while writes go on. Exit status 1 if a row differs.",
    )
    .argument('<feature>', 'as the config names it')
    .option('--no-progress', 'no progress on stderr');
  withExamples(
    withCommonOptions(command),
    'banyan verify product',
    'banyan verify product --json | jq .different',
  );
  return command.action(async (feature: string, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const report = await runAction<VerifyResult>(context, feature, 'verify', {});
    context.output.result(report, (paint) => renderVerify(feature, report, paint));
    if (!isClean(report)) outcome.exitCode = exitCodes.failed;
  });
};

/** Equal, and nothing left undecided. */
export function isClean(report: VerifyResult): boolean {
  return report.different === 0 && report.tables.every((table) => (table.unsettled ?? 0) === 0);
}

function renderVerify(feature: string, report: VerifyResult, paint: Paint): string {
  const table = renderTable(
    [
      { title: 'table', value: (row) => row.table },
      { title: 'rows compared', align: 'right', value: (row) => formatCount(row.rowsCompared) },
      { title: 'different', align: 'right', value: (row) => formatCount(row.different) },
      { title: 'unsettled', align: 'right', value: (row) => formatCount(row.unsettled ?? 0) },
    ],
    report.tables,
    { styleTitle: paint.faint },
  );
  const samples = report.tables.flatMap((row) =>
    (row.samples ?? []).map((sample) => `  ${paint.bad('✗')} ${row.table}: ${JSON.stringify(sample)}`),
  );
  const verdict = isClean(report)
    ? `${paint.good('✓')} ${feature}: both sides are equal.`
    : `${paint.bad('✗')} ${feature}: the sides differ.`;
  return [table, ...samples, verdict].join('\n');
}
