import type { VerifyResult } from '../../../control/api/index.ts';
import { counted, formatCount } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, featureCommand, withLookOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface VerifyFlags extends CommonFlags {
  readonly afresh?: boolean;
  readonly sample?: number;
}

export const verifyCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'verify',
    "Compares every row of a feature's tables on both servers while writes go on. Exit status 1 if a row differs.",
  )
    .option('--afresh', 'begin anew where a verify was cut off, instead of going on')
    .option('--sample <percent>', 'compare only so many chunks of rows, taken by chance', numberOption())
    .option('--no-progress', 'no progress on stderr');
  withLookOptions(
    command,
    'banyan verify product',
    'banyan verify product --sample 5',
    'banyan verify product --json | jq .different',
  );
  return command.action(async (feature: string, flags: VerifyFlags) => {
    const context = new CommandContext(io, flags);
    const report = await runAction(context, feature, 'verify', {
      afresh: flags.afresh === true,
      ...(flags.sample === undefined ? {} : { sample: flags.sample }),
    });
    const isSample = flags.sample !== undefined;
    context.output.result(report, (paint) => renderVerify(feature, report, isSample, paint));
    if (!isClean(report)) outcome.exitCode = exitCodes.failed;
  });
};

/** Equal, and nothing left undecided. */
export function isClean(report: VerifyResult): boolean {
  return report.different === 0 && report.tables.every((table) => (table.unsettled ?? 0) === 0);
}

function renderVerify(feature: string, report: VerifyResult, isSample: boolean, paint: Paint): string {
  const table = renderTable(
    [
      { title: 'table', value: (row) => row.table },
      { title: 'rows compared', align: 'right', value: (row) => formatCount(row.rowsCompared) },
      { title: 'different', align: 'right', value: (row) => formatCount(row.different) },
      { title: 'unsettled', align: 'right', value: (row) => formatCount(row.unsettled ?? 0) },
    ],
    report.tables,
    { paint },
  );
  const samples = report.tables.flatMap((row) =>
    (row.samples ?? []).map((sample) => `  ${paint.bad('✗')} ${row.table}: ${JSON.stringify(sample)}`),
  );
  const orphans = report.orphans.flatMap(({ key, rows, examples }) => {
    if (rows === 0) return [];
    const found =
      rows === null
        ? 'cannot be looked at: a mapping computes its columns'
        : `${counted(rows, 'row')} ${rows === 1 ? 'names' : 'name'} no row, for instance ${examples.join('; ')}`;
    return [`  ${paint.strong('!')} severed key ${key}: ${found}`];
  });
  const kept =
    report.rowsKept === 0
      ? []
      : [
          `  ${counted(report.rowsKept, 'row')} ${report.rowsKept === 1 ? 'was' : 'were'} compared by the verify that was cut off.`,
        ];
  const equal = isSample ? 'equal in all that was compared' : 'equal';
  const verdict = isClean(report)
    ? `${paint.good('✓')} ${feature}: both sides are ${equal}.`
    : `${paint.bad('✗')} ${feature}: the sides differ.`;
  return [table, ...kept, ...samples, ...orphans, verdict].join('\n');
}
