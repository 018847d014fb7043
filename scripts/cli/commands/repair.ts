import type { RepairResult } from '../../../control/api/index.ts';
import { formatCount } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';
import { isClean } from './verify.ts';

interface RepairFlags extends ChangeFlags {
  readonly table?: string;
  readonly keys?: readonly string[];
  readonly dryRun?: boolean;
}

export const repairCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'repair',
    'Makes the side that does not own the rows equal to the owner again, whatever was done to it, then verifies. Exit status 1 if rows differ still.',
  )
    .option('--table <name>', 'this table only')
    .option('--keys <key...>', 'these rows of --table only; columns of one key are joined by commas')
    .option('--dry-run', 'count the rows that differ and change nothing');
  withChangeOptions(
    command,
    'banyan repair product --dry-run',
    'banyan repair product --table products --keys 7 12 --why "edited by hand"',
  );
  return command.action(async (feature: string, flags: RepairFlags) => {
    const context = new CommandContext(io, flags);
    const dryRun = flags.dryRun === true;
    const result = await runAction(context, feature, 'repair', {
      why: flags.why,
      ...(flags.table === undefined ? {} : { table: flags.table }),
      ...(flags.keys === undefined ? {} : { keys: flags.keys.map((key) => key.split(',')) }),
      dryRun,
    });
    context.output.result(result, (paint) => renderRepair(feature, result, paint));
    const clean = result.verified === null ? result.different === 0 : isClean(result.verified);
    if (!clean) outcome.exitCode = exitCodes.failed;
  });
};

function renderRepair(feature: string, result: RepairResult, paint: Paint): string {
  const table = renderTable(
    [
      { title: 'table', value: (row) => row.table },
      { title: 'rows compared', align: 'right', value: (row) => formatCount(row.rowsCompared) },
      {
        title: result.dryRun ? 'different' : 'repaired',
        align: 'right',
        value: (row) => formatCount(row.different),
      },
    ],
    result.tables,
    { paint },
  );
  if (result.verified === null) {
    return `${table}\n${feature}: ${formatCount(result.different)} rows differ; nothing was changed.`;
  }
  const verdict = isClean(result.verified)
    ? `${paint.good('✓')} ${feature}: both sides are equal.`
    : `${paint.bad('✗')} ${feature}: ${formatCount(result.verified.different)} rows differ still: see banyan status.`;
  return `${table}\n${verdict}`;
}
