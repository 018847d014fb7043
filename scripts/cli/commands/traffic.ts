import { pause } from '../../../common/pause.ts';
import type { AdminClient, QuestionAnswer } from '../../../control/api/index.ts';
import { formatMs, formatShare } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, featureCommand, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

type Traffic = QuestionAnswer<'traffic'>['traffic'];
type Figures = NonNullable<Traffic>['legacy'];

const waitMs = 15_000;
const everyMs = 250;

export const trafficCommand: CommandFactory = (io) => {
  const command = featureCommand(
    'traffic',
    'Shows what both sides answer on the routes of a feature now: requests, errors and latencies, side by side.',
  ).option('--no-progress', 'no progress on stderr');
  withLookOptions(
    command,
    'banyan traffic product',
    "banyan traffic product --json | jq '.traffic.service.p99Ms'",
  );
  return command.action(async (feature: string, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const progress = context.progress();
    try {
      const answer = await context.withAdmin(feature, (admin) =>
        known(admin, feature, io.signal, () =>
          progress.update({ phase: 'traffic', about: 'until routers have reported twice' }),
        ),
      );
      progress.stop();
      context.output.result(answer, (paint) => render(answer, paint));
    } finally {
      progress.stop();
    }
  });
};

/** Routers report of a feature only while somebody asks. */
async function known(
  admin: AdminClient,
  feature: string,
  signal: AbortSignal,
  onWait: () => void,
): Promise<QuestionAnswer<'traffic'>> {
  const giveUpAt = performance.now() + waitMs;
  for (let waited = false; ; waited = true) {
    const answer = await admin.ask('traffic', { feature, signal });
    if (answer.traffic !== null || signal.aborted || performance.now() >= giveUpAt) return answer;
    if (!waited) onWait();
    await pause(everyMs, signal);
  }
}

function render({ feature, traffic }: QuestionAnswer<'traffic'>, paint: Paint): string {
  if (traffic === null)
    return `${paint.warn('–')} ${feature}: no router has reported within ${waitMs / 1_000} s; see banyan status.`;
  const { seconds, routes, ...all } = traffic;
  const rows = [
    { route: 'all routes', ...all },
    ...Object.entries(routes).map(([route, figures]) => ({ route, ...figures })),
  ].flatMap(({ route, legacy, service }) => [
    { route, side: 'legacy', figures: legacy },
    { route: '', side: 'service', figures: service },
  ]);
  const table = renderTable(
    [
      { title: 'route', value: ({ route }) => route },
      { title: 'side', value: ({ side }) => side },
      { title: 'requests/s', align: 'right', value: ({ figures }) => figures.perSecond.toFixed(1) },
      { title: 'errors', align: 'right', value: ({ figures }) => errors(figures) },
      { title: 'p50', align: 'right', value: ({ figures }) => latency(figures.p50Ms) },
      { title: 'p99', align: 'right', value: ({ figures }) => latency(figures.p99Ms) },
    ],
    rows,
    { paint },
  );
  return `${table}\n${paint.faint(`of the last ${seconds} s; errors are answers of 5xx and requests that got no answer`)}`;
}

function errors({ errorsPerSecond, perSecond }: Figures): string {
  return perSecond === 0 ? '–' : formatShare(errorsPerSecond, perSecond);
}

function latency(ms: number | null): string {
  return ms === null ? '–' : formatMs(ms);
}
