import type { RowAnswer } from '../../../control/api/index.ts';
import { rowWords, valueWords } from '../../../control/api/words/row-words.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import {
  CommandContext,
  type CommonFlags,
  featureCommand,
  requireFeature,
  withLookOptions,
} from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly table?: string;
}

export const rowCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'row',
    'Shows one row as legacy and the service have it, column by column, and what differs. Exit status 1 if it differs, or is on one side only; a change that was made a moment ago may be on its way.',
  )
    .argument('<key>', 'the primary key; columns of one key are joined by commas')
    .option('--table <name>', "legacy's table, where the feature has several");
  withLookOptions(
    command,
    'banyan row product 42 --table products',
    "banyan row product 42 --table products --json | jq '.rows[].columns[] | select(.equal | not)'",
  );
  return command.action(async (name: string, key: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    requireFeature(config, name);
    // Imported only here: the mover and control are more than the other commands need.
    const { lookAtFeatureRow } = await import('../../../control/index.ts');
    const asked = { feature: name, key: key.split(','), table: flags.table };
    const report = await lookAtFeatureRow(config, asked);
    if (!report.rows.every(({ equal }) => equal)) outcome.exitCode = exitCodes.failed;
    context.output.result(report, (paint) => render(report, key, paint));
  });
};

function render({ feature, rows }: RowAnswer, key: string, paint: Paint): string {
  if (rows.length === 0) return `Neither side of ${feature} has a row ${key}.`;
  return rows
    .map((row) => {
      const { table, on, equal, columns } = row;
      const verdict = `${equal ? paint.good('✓') : paint.bad('✗')} ${table} ${key}: ${rowWords(row)}`;
      const shown = renderTable(
        [
          { title: '', value: (column) => (column.equal ? '' : '≠') },
          { title: 'column', value: (column) => column.name },
          { title: 'legacy', value: (column) => valueWords(on.legacy, column.legacy) },
          { title: 'service', value: (column) => valueWords(on.service, column.service) },
        ],
        columns,
        { paint },
      );
      return `${verdict}\n${shown}`;
    })
    .join('\n\n');
}
