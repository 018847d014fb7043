import { BanyanError } from '../../../common/errors.ts';
import type { LookedAtRow } from '../../../mover/index.ts';
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

/** What `--json` prints. */
interface RowReport {
  readonly feature: string;
  readonly rows: readonly (Omit<LookedAtRow, 'on' | 'columns'> & {
    readonly on: { readonly legacy: boolean; readonly service: boolean };
    readonly columns: readonly {
      readonly name: string;
      readonly legacy: string | null;
      readonly service: string | null;
      readonly equal: boolean;
    }[];
  })[];
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
    const feature = requireFeature(config, name);
    // Imported only here: the mover and control are more than the other commands need.
    const [{ moveSpecs }, { lookAtRow }] = await Promise.all([
      import('../../../control/index.ts'),
      import('../../../mover/index.ts'),
    ]);
    const specs = moveSpecs(config, feature);
    if (specs === null) {
      throw new BanyanError('BANYAN_TABLE_UNKNOWN', `${name} has no tables.`, {
        fix: 'Name a feature that has tables.',
      });
    }
    const found = await lookAtRow(specs.forward, flags.table, key.split(','));
    const report: RowReport = { feature: name, rows: found.map(named) };
    if (!found.every(({ equal }) => equal)) outcome.exitCode = exitCodes.failed;
    context.output.result(report, (paint) => render(report, key, paint));
  });
};

function named({ on, columns, ...row }: LookedAtRow): RowReport['rows'][number] {
  return {
    ...row,
    on: { legacy: on.source, service: on.target },
    columns: columns.map(({ name, source, target, equal }) => ({
      ...{ name, legacy: source, service: target, equal },
    })),
  };
}

function render({ feature, rows }: RowReport, key: string, paint: Paint): string {
  if (rows.length === 0) return `Neither side of ${feature} has a row ${key}.`;
  return rows
    .map(({ table, on, equal, columns }) => {
      const where =
        on.legacy && on.service ? 'differs' : `is on ${on.legacy ? 'legacy' : 'the service'} only`;
      const verdict = equal
        ? `${paint.good('✓')} ${table} ${key}: the same on both sides`
        : `${paint.bad('✗')} ${table} ${key}: ${where}`;
      const value = (present: boolean, text: string | null) => (present ? (text ?? 'NULL') : '');
      const shown = renderTable(
        [
          { title: '', value: (column) => (column.equal ? '' : '≠') },
          { title: 'column', value: (column) => column.name },
          { title: 'legacy', value: (column) => value(on.legacy, column.legacy) },
          { title: 'service', value: (column) => value(on.service, column.service) },
        ],
        columns,
        { paint },
      );
      return `${verdict}\n${shown}`;
    })
    .join('\n\n');
}
