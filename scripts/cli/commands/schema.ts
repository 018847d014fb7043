import type { Fault } from '../../../common/errors.ts';
import { nameFeature } from '../../../common/name-feature.ts';
import type { AppliedSchema, SchemaPlan } from '../../../mover/index.ts';
import type { Paint } from '../../terminal/paint.ts';
import { wrapLines } from '../../terminal/wrap-lines.ts';
import { wrapStatements } from '../../terminal/wrap-statements.ts';
import {
  CommandContext,
  type CommonFlags,
  featureCommand,
  requireFeature,
  withLookOptions,
} from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';

interface SchemaFlags extends CommonFlags {
  readonly apply?: boolean;
}

export const schemaCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'schema',
    "Prints the CREATE TABLE statements that make a feature's tables on its service's server, translated for that server's engine; --apply runs them. Legacy's tables are only read.",
  )
    .option('--apply', 'run the statements; tables that stand there already are left alone')
    .option('--no-progress', 'no progress on stderr');
  withLookOptions(
    command,
    'banyan schema product > tables.sql',
    'banyan schema product --apply && banyan check product',
  );
  return command.action(async (name: string, flags: SchemaFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    const feature = requireFeature(config, name);
    // Imported only here: the mover and control are more than the other commands need.
    const [{ moveSpecs }, { applySchema, planSchema, schemaSettings }] = await Promise.all([
      import('../../../control/index.ts'),
      import('../../../mover/index.ts'),
    ]);
    const specs = moveSpecs(config, feature);
    if (specs === null) {
      const nothing = { feature: name, statements: [], faults: [], notes: [], severed: [], applied: null };
      context.output.result(nothing, () => `${name} has no tables.`);
      return;
    }
    const plan = await planSchema(specs.forward);
    let applied: AppliedSchema | null = null;
    if (plan.faults.length > 0) outcome.exitCode = exitCodes.failed;
    else if (flags.apply) {
      const progress = context.progress();
      try {
        const counted = { phase: 'schema', unit: 'statements', total: plan.statements.length };
        applied = await applySchema(specs.forward, plan, ({ about }, index) =>
          progress.update({ ...counted, about, done: index }),
        );
        progress.update({ ...counted, done: counted.total });
      } finally {
        progress.stop();
      }
    }
    context.output.verbatim({ feature: name, settings: schemaSettings, ...plan, applied }, (paint) =>
      renderSchema(name, plan, applied, schemaSettings, paint),
    );
  });
};

/** Printed statements can be piped into a client: whatever is no SQL stands in comments. */
function renderSchema(
  feature: string,
  plan: SchemaPlan,
  applied: AppliedSchema | null,
  settings: string,
  paint: Paint,
): string {
  const remarks = [
    ...plan.notes.map((note) => remark(note)),
    ...plan.severed.map(
      (key) =>
        `-- severed: foreign key ${key.name} (${key.child} → ${key.parent}) is checked by no server after the cutover: ${key.consequence}`,
    ),
  ];
  if (plan.faults.length > 0) {
    const faults = plan.faults.map(
      (fault) =>
        `${paint.bad('✗')} ${fault.what} ${paint.faint(`[${fault.code}]`)}\n    ${paint.strong('fix:')} ${nameFeature(fault.fix, feature)}`,
    );
    const count = faults.length === 1 ? 'One fault' : `${faults.length} faults`;
    const text = [...faults, ...remarks, paint.bad(`${count}: no statement is printed or run.`)].join('\n');
    return wrapLines(text, paint.columns);
  }
  if (applied !== null) {
    const left = applied.present.length === 0 ? '' : `; ${applied.present.join(', ')} stood there already`;
    const made = applied.made.length === 0 ? 'Nothing to make' : `Made ${applied.made.join(', ')}`;
    const text = [...remarks, `${paint.good('✓')} ${made}${left}.\n  next: banyan check ${feature}`].join(
      '\n',
    );
    return wrapLines(text, paint.columns);
  }
  const statements = [
    `-- the tables of ${feature} for ${plan.to === 'mysql' ? 'MySQL' : 'MariaDB'}, read from ${plan.from === 'mysql' ? 'MySQL' : 'MariaDB'}`,
    ...remarks,
    `${settings};`,
    ...plan.statements.map(({ sql }) =>
      // Its body has semicolons: a client must be told where it ends.
      sql.startsWith('CREATE TRIGGER') ? `DELIMITER $$\n${sql}$$\nDELIMITER ;` : `${sql};`,
    ),
  ].join('\n');
  return wrapStatements(statements, paint.columns);
}

function remark({ what, fix }: Fault): string {
  return `-- note: ${what}. ${fix}`;
}
