import type { EndingReport } from '../../../control/api/index.ts';
import { counted } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { wrapLines } from '../../terminal/wrap-lines.ts';
import { wrapStatements } from '../../terminal/wrap-statements.ts';
import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import { confirm, isAsked, withYesOption } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface AbandonFlags extends ChangeFlags {
  readonly clean?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export const abandonCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'abandon',
    "Gives a copy up: reads go back to legacy, capture is dropped, the service's tables are opened. Before a cutover only.",
  )
    .option('--clean', 'delete the copied rows as well, and all that banyan keeps of the feature; also later')
    .option('--dry-run', 'print each statement in its order and change nothing');
  withChangeOptions(
    withYesOption(command),
    'banyan abandon product --why "wrong schema, we start again next week"',
    'banyan abandon product --clean --dry-run',
  );
  return command.action(async (feature: string, { clean, dryRun, yes, ...flags }: AbandonFlags) => {
    const context = new CommandContext(io, flags);
    if (clean && !dryRun && isAsked(io, yes)) await confirm(io, `Delete the copied rows of ${feature}?`);
    const report = await runAction(context, feature, 'abandon', {
      why: flags.why,
      clean: clean === true,
      dryRun: dryRun === true,
    });
    context.output.verbatim(report, (paint) => {
      const lines = told(report, paint, 'is with legacy, as before the copy');
      return [...lines, ...leftLines(report, paint)].join('\n');
    });
    if (report.faults.length > 0) outcome.exitCode = exitCodes.failed;
  });
};

export const finishCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'finish',
    "Ends a feature's move for good, after its cutover: legacy is kept current no more, its tables get another name, and all of banyan's is taken away. There is no rollback afterwards.",
  ).option('--dry-run', 'print each statement in its order and change nothing');
  withChangeOptions(
    withYesOption(command),
    'banyan finish product --dry-run',
    'banyan finish product --why "three months without a rollback"',
  );
  return command.action(async (feature: string, { dryRun, yes, ...flags }: AbandonFlags) => {
    const context = new CommandContext(io, flags);
    if (!dryRun && isAsked(io, yes))
      await confirm(
        io,
        `Finish ${feature}? There is no rollback afterwards; --dry-run prints each statement.`,
      );
    const report = await runAction(context, feature, 'finish', {
      why: flags.why,
      dryRun: dryRun === true,
    });
    context.output.verbatim(report, (paint) =>
      told(report, paint, 'is finished: the service keeps its rows').join('\n'),
    );
    if (report.faults.length > 0) outcome.exitCode = exitCodes.failed;
  });
};

function told(report: EndingReport, paint: Paint, done: string): string[] {
  const notes = report.notes.map((one) => `${paint.strong('!')} ${one.what}\n    ${one.fix}`);
  if (!report.dryRun)
    return [...notes, `${paint.good('✓')} ${report.feature} ${done}.`].map((one) =>
      wrapLines(one, paint.columns),
    );
  const faults = report.faults.map(
    (one) =>
      `${paint.bad('✗')} ${one.what} ${paint.faint(`[${one.code}]`)}\n    ${paint.strong('fix:')} ${one.fix}`,
  );
  const statements = report.statements.map(
    ({ at, sql, about }) => `${sql}; ${paint.faint(`-- ${at}: ${about}`)}`,
  );
  const verdict =
    faults.length > 0 ? 'It would not begin.' : `${counted(statements.length, 'statement')}, in this order.`;
  // What stands in the way comes last: there are more statements than a screen has lines.
  return [
    ...statements.map((one) => wrapStatements(one, paint.columns)),
    ...[...notes, ...faults, `${verdict} Nothing was changed.`].map((one) => wrapLines(one, paint.columns)),
  ];
}

function leftLines({ feature, left }: EndingReport, paint: Paint): string[] {
  if (left.length === 0) return [];
  return [
    wrapLines(
      `  Left in the databases are the copied rows and what banyan keeps of the feature; ${paint.strong(`banyan abandon ${feature} --clean`)} takes away:`,
      paint.columns,
    ),
    ...left.map(({ at, sql, about }) =>
      wrapStatements(paint.faint(`  ${sql}; -- ${at}: ${about}`), paint.columns),
    ),
  ];
}
