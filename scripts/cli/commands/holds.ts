import { Command } from 'commander';
import type { AdminClient } from '../../../control/api/index.ts';
import { handoversOf, type PastHandover } from '../../../control/api/words/handovers.ts';
import {
  type ClientCost,
  failedOf,
  failureWords,
  reportedWords,
} from '../../../control/api/words/hold-cost-words.ts';
import { formatCount, formatMs } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

type FeatureHandover = PastHandover & { readonly feature: string };

/** How far back the audit log is read for them. */
const entries = 1_000;

export const holdsCommand: CommandFactory = (io) => {
  const command = new Command('holds')
    .description(
      'Shows what each cutover and rollback cost: how long writes were held, which step took how much of it, and what clients had of it: requests that waited, the slowest, those that failed; the newest last.',
    )
    .argument('[feature]', 'only this feature');
  withLookOptions(command, 'banyan holds product', "banyan holds --json | jq '.[].holdMs'");
  return command.action(async (feature: string | undefined, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const handovers = await context.withAdmin(feature, (admin) => pastHandovers(admin, feature, io.signal));
    context.output.result(handovers, (paint) => render(handovers, feature, paint));
  });
};

/** Those that the latest part of the audit log tells of, oldest first. */
export async function pastHandovers(
  admin: AdminClient,
  feature: string | undefined,
  signal: AbortSignal,
): Promise<readonly FeatureHandover[]> {
  const query = feature === undefined ? { limit: entries } : { feature, limit: entries };
  const [all, costs] = await Promise.all([
    admin.audit(query, signal),
    admin.ask('hold-costs', { query, signal }),
  ]);
  return [...Map.groupBy(all, (entry) => entry.feature ?? '')]
    .flatMap(([name, own]) => handoversOf(own, costs).map((one) => ({ ...one, feature: name })))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function render(handovers: readonly FeatureHandover[], named: string | undefined, paint: Paint): string {
  if (handovers.length === 0) return 'No writes were held yet: there was no cutover and no rollback.';
  const about: readonly Column<FeatureHandover>[] = [
    { title: 'when (UTC)', value: ({ at }) => when(at), whole: true },
    ...(named === undefined ? [{ title: 'feature', value: ({ feature }: FeatureHandover) => feature }] : []),
    { title: 'what', value: ({ direction }) => direction },
  ];
  const table = renderTable(
    [
      ...about,
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
  const clients = renderTable(
    [
      ...about,
      figure('requests held', ({ held }) => formatCount(held)),
      figure('slowest', ({ held, longestMs }) => (held === 0 ? '–' : formatMs(longestMs))),
      figure('failed', (cost) => formatCount(failedOf(cost))),
      figure('routers', reportedWords),
    ],
    handovers,
    { paint },
  );
  const taken = handovers.filter(({ because }) => because !== null);
  const failed = handovers.filter(({ clients }) => clients !== null && failedOf(clients) > 0);
  const warnings = [
    ...taken.map(
      (one) => `${one.feature}: the ${one.direction} of ${when(one.at)} was taken back: ${one.because}`,
    ),
    ...failed.map(
      (one) => `${one.feature}: of the ${one.direction} of ${when(one.at)}, ${failureWords(one.clients!)}`,
    ),
  ];
  return [
    table,
    '',
    paint.strong('What clients had of it'),
    clients,
    ...warnings.map((text) => `${paint.warn('!')} ${text}`),
  ].join('\n');
}

function figure(title: string, of: (cost: ClientCost) => string): Column<FeatureHandover> {
  return { title, align: 'right', value: ({ clients }) => (clients === null ? '?' : of(clients)) };
}

function when(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}

/** The three that took most of the hold. */
function longestSteps({ steps }: PastHandover): string {
  return steps
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, 3)
    .map(({ step, ms }) => `${step} ${formatMs(ms)}`)
    .join(', ');
}
