import { Option } from 'commander';
import type { RepairResult } from '../../../control/api/index.ts';
import { counted, formatCount } from '../../terminal/numbers.ts';
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
  readonly from?: 'legacy' | 'service';
}

export const repairCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'repair',
    'Makes the side that does not own the rows equal to the owner again, whatever was done to it, then verifies. Exit status 1 if rows differ still.',
  )
    .option('--table <name>', 'this table only')
    .option('--keys <key...>', 'these rows of --table only; columns of one key are joined by commas')
    .addOption(
      new Option(
        '--from <side>',
        'where the owner was restored from a backup, or a table of its was emptied: whose rows are right (legacy, service)',
      ).choices(['legacy', 'service']),
    )
    .option('--dry-run', 'count the rows that differ and change nothing');
  withChangeOptions(
    command,
    'banyan repair product --dry-run',
    'banyan repair product --table products --keys 7 12 --why "edited by hand"',
    'banyan repair product --from service --why "legacy was restored from last night"',
  );
  return command.action(async (feature: string, flags: RepairFlags) => {
    const context = new CommandContext(io, flags);
    const dryRun = flags.dryRun === true;
    const result = await runAction(context, feature, 'repair', {
      why: flags.why,
      ...(flags.table === undefined ? {} : { table: flags.table }),
      ...(flags.keys === undefined ? {} : { keys: flags.keys.map((key) => key.split(',')) }),
      ...(flags.from === undefined ? {} : { from: flags.from }),
      dryRun,
    });
    context.output.result(result, (paint) => renderRepair(feature, result, paint));
    const clean = result.verified === null ? result.different === 0 : isClean(result.verified);
    if (!clean) outcome.exitCode = exitCodes.failed;
  });
};

function renderTakenBack({ tables }: NonNullable<RepairResult['takenBack']>, paint: Paint): string {
  const count = (title: string, of: 'missing' | 'extra' | 'changed' | 'kept') => ({
    ...{ title, align: 'right' as const },
    value: (row: (typeof tables)[number]) => formatCount(row[of]),
  });
  const table = renderTable(
    [
      { title: 'table', value: (row) => row.table },
      count('owner lacks', 'missing'),
      count('owner has more', 'extra'),
      count('differ', 'changed'),
      count('written since', 'kept'),
    ],
    tables,
    { paint },
  );
  const examples = tables.flatMap((one) =>
    one.examples.map(({ key, kind }) => {
      const values = Object.entries(key).map(([name, value]) => `${name} = ${value}`);
      return `  ${one.table} ${values.join(', ')}: ${kinds[kind]}`;
    }),
  );
  return [table, ...examples].join('\n');
}

const kinds = {
  missing: 'only the other side has it',
  extra: 'only the owner has it',
  changed: 'differs',
  kept: 'written to the owner since it was restored; stays',
} as const;

function renderRepair(feature: string, result: RepairResult, paint: Paint): string {
  if (result.takenBack !== null) {
    const found = renderTakenBack(result.takenBack, paint);
    if (result.verified === null) return `${found}\nNothing was changed.`;
    return `${found}\n${verdictOf(feature, result.verified, paint)}`;
  }
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
    return `${table}\n${feature}: ${counted(result.different, 'row')} ${result.different === 1 ? 'differs' : 'differ'}; nothing was changed.`;
  }
  return `${table}\n${verdictOf(feature, result.verified, paint)}`;
}

function verdictOf(feature: string, verified: NonNullable<RepairResult['verified']>, paint: Paint): string {
  return isClean(verified)
    ? `${paint.good('✓')} ${feature}: both sides are equal.`
    : `${paint.bad('✗')} ${feature}: ${counted(verified.different, 'row')} still ${verified.different === 1 ? 'differs' : 'differ'}: see \`banyan status\`.`;
}
