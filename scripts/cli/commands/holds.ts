import { Command } from 'commander';
import type { AdminClient } from '../../../control/api/index.ts';
import { handoversOf, type PastHandover } from '../../../control/api/words/handovers.ts';
import { formatMs } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

type FeatureHandover = PastHandover & { readonly feature: string };

/** How far back the audit log is read for them. */
const entries = 1_000;

export const holdsCommand: CommandFactory = (io) => {
  const command = new Command('holds')
    .description(
      'Shows what each cutover and rollback cost: how long writes were held, and which step took how much of it; the newest last.',
    )
    .argument('[feature]', 'only this feature');
  withLookOptions(command, 'banyan holds product', "banyan holds --json | jq '.[].holdMs'");
  return command.action(async (feature: string | undefined, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const handovers = await context.withAdmin(feature, (admin) => pastHandovers(admin, feature, io.signal));
    context.output.result(handovers, (paint) => render(handovers, paint));
  });
};

/** Those that the latest part of the audit log tells of, oldest first. */
export async function pastHandovers(
  admin: AdminClient,
  feature: string | undefined,
  signal: AbortSignal,
): Promise<readonly FeatureHandover[]> {
  const query = feature === undefined ? { limit: entries } : { feature, limit: entries };
  const all = await admin.audit(query, signal);
  return [...Map.groupBy(all, (entry) => entry.feature ?? '')]
    .flatMap(([name, own]) => handoversOf(own).map((one) => ({ ...one, feature: name })))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function render(handovers: readonly FeatureHandover[], paint: Paint): string {
  if (handovers.length === 0) return 'No writes were held yet: there was no cutover and no rollback.';
  const table = renderTable(
    [
      { title: 'when (UTC)', value: ({ at }) => at.slice(0, 19).replace('T', ' ') },
      { title: 'feature', value: ({ feature }) => feature },
      { title: 'what', value: ({ direction }) => direction },
      { title: 'came to', value: ({ outcome }) => outcome },
      {
        title: 'writes held',
        align: 'right',
        value: ({ holdMs }) => (holdMs === null ? '?' : formatMs(holdMs)),
      },
      { title: 'of that', value: longestSteps },
      { title: 'who', value: ({ who }) => who },
    ],
    handovers,
    { paint },
  );
  const taken = handovers.filter(({ because }) => because !== null);
  return [
    table,
    ...taken.map(
      ({ at, feature, direction, because }) =>
        `${paint.warn('!')} ${feature}: the ${direction} of ${at.slice(0, 19).replace('T', ' ')} was taken back: ${because}`,
    ),
  ].join('\n');
}

/** The three that took most of the hold. */
function longestSteps({ steps }: PastHandover): string {
  return steps
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 3)
    .map(({ step, ms }) => `${step} ${formatMs(ms)}`)
    .join(', ');
}
