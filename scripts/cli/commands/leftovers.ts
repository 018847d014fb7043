import { Command } from 'commander';
import type { AdminClient, EndingReport } from '../../../control/api/index.ts';
import { counted } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { CommandContext, type CommonFlags, requireFeature, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

interface Leftover {
  readonly feature: string;
  readonly stage: string;
  /** What takes it all away; null: nothing is left, or not yet. */
  readonly command: string | null;
  readonly statements: EndingReport['statements'];
  /** What stands in that command's way. */
  readonly faults: EndingReport['faults'];
}

interface Result {
  readonly features: readonly Leftover[];
  /** banyan's own: the route table, the audit log, leases. */
  readonly state: { readonly server: string; readonly schema: string };
}

export const leftoversCommand: CommandFactory = (io) => {
  const command = new Command('leftovers')
    .description(
      'Shows what banyan has in your databases now, triggers, tables and copied rows, and which command takes it away. Changes nothing.',
    )
    .argument('[feature]', 'only of this feature; default: all');
  withLookOptions(command, 'banyan leftovers', 'banyan leftovers product --json');
  return command.action(async (name: string | undefined, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    if (name !== undefined) requireFeature(config, name);
    const features = await context.withAdmin(name, async (admin) => {
      const { features: states } = await admin.status();
      const asked = states.filter((state) => name === undefined || state.name === name);
      const found: Leftover[] = [];
      for (const state of asked) found.push(await leftoverOf(admin, state));
      return found;
    });
    const { host, port, database: schema } = config.state;
    const result = { features, state: { server: `${host}:${port}`, schema } };
    context.output.result(result, (paint) => render(result, paint));
  });
};

async function leftoverOf(
  admin: AdminClient,
  { name, stage, hold }: { readonly name: string; readonly stage: string; readonly hold: boolean },
): Promise<Leftover> {
  const none = { feature: name, stage, command: null, statements: [], faults: [] };
  if (hold || stage === 'cutting_over' || stage === 'rolling_back') return none;
  const finishes = stage === 'extracted' || stage === 'finished';
  const report = finishes
    ? await admin.act(name, 'finish', { dryRun: true })
    : await admin.act(name, 'abandon', { clean: true, dryRun: true }).catch(nothingOf);
  if (report === null || report.statements.length === 0) return none;
  const command = finishes ? `banyan finish ${name}` : `banyan abandon ${name} --clean`;
  return { ...none, command, statements: report.statements, faults: report.faults };
}

/** A feature that was never copied has nothing to give up. */
function nothingOf(error: unknown): null {
  if ((error as { code?: unknown }).code === 'BANYAN_STAGE_REFUSED') return null;
  throw error;
}

function render({ features, state }: Result, paint: Paint): string {
  const parts = features.map((one) => {
    const { feature, stage, command, statements, faults } = one;
    if (stage === 'cutting_over' || stage === 'rolling_back') {
      return `${paint.strong(feature)} (${stage}): a handover is under way; ask again when it is over, or banyan abort ${feature}.`;
    }
    if (command === null) return `${paint.strong(feature)} (${stage}): nothing.`;
    const kinds = Map.groupBy(statements, ({ at, about }) => `${at}: ${about}`);
    const lines = [...kinds].map(([kind, { length }]) => `  ${kind}${length === 1 ? '' : ` (${length})`}`);
    const stop =
      stage === 'extracted'
        ? `  To go back to the monolith instead: banyan rollback ${feature}, then banyan abandon ${feature} --clean.`
        : null;
    const wants = faults.length === 0 ? [] : ['  First:', ...faults.map(({ fix }) => `    ${fix}`)];
    return [
      `${paint.strong(feature)} (${stage}): ${counted(statements.length, 'statement')} ${statements.length === 1 ? 'takes' : 'take'} it all away: ${paint.strong(command)} (--dry-run prints each)`,
      ...lines,
      ...wants,
      ...(stop === null ? [] : [stop]),
    ].join('\n');
  });
  const { server, schema } = state;
  parts.push(
    `The route table, the audit log and leases are in the schema ${schema} on ${server}. When no feature needs banyan any more, stop every router and control and drop that schema.`,
  );
  return parts.join('\n\n');
}
