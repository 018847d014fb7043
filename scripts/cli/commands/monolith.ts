import { Command } from 'commander';
import type { FeatureStatus, MonolithAnswer } from '../../../control/api/index.ts';
import { hasLeft, seamsWords, tallyWords } from '../../../control/api/words/monolith-words.ts';
import type { FeatureConfig } from '../../../control/config/index.ts';
import { findRoutes, type RouteSources } from '../../init/find-routes.ts';
import type { FoundRoutes } from '../../init/route.ts';
import { formatBytes, formatCount, formatShare } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { withRouteSources } from '../route-source-options.ts';

interface Flags extends CommonFlags, RouteSources {
  readonly all?: boolean;
}

export const monolithCommand: CommandFactory = (io) => {
  const command = withRouteSources(
    new Command('monolith').description(
      "Shows what is left in the monolith: its database's tables and its routes, which feature has each, and seams that still call it. Changes nothing.",
    ),
  )
    .option('--all', 'every table and route, also those that have left')
    .option('--no-progress', 'no progress on stderr');
  withLookOptions(
    command,
    "banyan monolith --app 'node server.js'",
    'banyan monolith --access-log access.log --all',
  );
  return command.action(async (flags: Flags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    const { app, routes, accessLog } = flags;
    const sources = {
      ...(app === undefined ? {} : { app }),
      ...(routes === undefined ? {} : { routes }),
      ...(accessLog === undefined ? {} : { accessLog }),
    };
    const found = await findRoutes(sources, io);
    const [said, { features: states }] = await context.withAdmin(undefined, (admin) =>
      Promise.all([admin.ask('monolith', { signal: io.signal }), admin.status(io.signal)]),
    );
    const named = app !== undefined || routes !== undefined || accessLog !== undefined;
    const result = named ? await withRoutes(said, found, Object.values(config.features), states) : said;
    context.output.result(result, (paint) => render(result, flags.all ?? false, paint));
  });
};

/** With the routes that were found here: what control knows of routes is no more than its config, and what watched processes told it. */
async function withRoutes(
  { routes: known, unseen: _, ...said }: MonolithAnswer,
  { routes: found, unsaid: unseen }: FoundRoutes,
  features: readonly FeatureConfig[],
  states: readonly FeatureStatus[],
): Promise<MonolithAnswer> {
  // Imported only here: control is more than the other commands need.
  const { whatIsLeft } = await import('../../../control/index.ts');
  const stages = new Map(states.map(({ name, stage }) => [name, stage]));
  const told = known.filter(
    ({ method, path }) => !found.some((one) => one.method === method && one.path === path),
  );
  const { routes } = whatIsLeft({ tables: [], routes: [...found, ...told] }, features, stages);
  return { ...said, routes, unseen };
}

function render(
  { database, tables, routes, seams, unseen }: MonolithAnswer,
  all: boolean,
  paint: Paint,
): string {
  const parts = [
    `tables of ${database}: ${tallyWords(tables)}`,
    renderTable(
      [
        { title: 'table', value: ({ table }) => table },
        // As the server estimates them.
        { title: 'rows, about', align: 'right', value: ({ rows }) => formatCount(rows) },
        { title: 'size', align: 'right', value: ({ bytes }) => formatBytes(bytes) },
        { title: 'feature', value: ({ feature }) => feature ?? '–' },
        { title: 'stage', value: ({ stage }) => stage ?? '–' },
      ],
      shown(tables, all).toSorted((a, b) => b.bytes - a.bytes),
      { paint },
    ),
    `routes: ${tallyWords(routes)}${requestsTally(routes)}`,
    ...(shown(routes, all).length === 0 ? [] : [routesTable(shown(routes, all), paint)]),
  ];
  parts.push(`seams: ${seamsWords(seams)}`);
  if (seams.length > 0) parts.push(seamsTable(seams, paint));
  if (unseen.length > 0) parts.push(['Not seen:', ...unseen.map((what) => `  - ${what}`)].join('\n'));
  return parts.join('\n\n');
}

function routesTable(routes: readonly MonolithAnswer['routes'][number][], paint: Paint): string {
  return renderTable(
    [
      { title: 'route', value: ({ method, path }) => `${method} ${path}` },
      {
        title: 'requests',
        align: 'right',
        value: ({ requests }) => (requests === null ? '–' : formatCount(requests)),
      },
      { title: 'feature', value: ({ feature }) => feature ?? '–' },
      { title: 'stage', value: ({ stage }) => stage ?? '–' },
    ],
    routes.toSorted((a, b) => (b.requests ?? 0) - (a.requests ?? 0)),
    { paint },
  );
}

function seamsTable(seams: MonolithAnswer['seams'], paint: Paint): string {
  return renderTable(
    [
      { title: 'process', value: ({ host, pid }) => `${host} (${pid})` },
      { title: 'seams of', value: ({ feature }) => feature },
      { title: 'stage', value: ({ stage }) => stage },
      { title: 'calls', value: ({ side }) => side },
    ],
    seams,
    { paint },
  );
}

function shown<One extends Parameters<typeof hasLeft>[0]>(
  all: readonly One[],
  every: boolean,
): readonly One[] {
  return every ? all : all.filter((one) => !hasLeft(one));
}

function requestsTally(routes: readonly MonolithAnswer['routes'][number][]): string {
  const sum = (some: readonly MonolithAnswer['routes'][number][]) =>
    some.reduce((total, { requests }) => total + (requests ?? 0), 0);
  const total = sum(routes);
  if (total === 0) return '';
  const left = sum(routes.filter(hasLeft));
  return `; ${formatShare(left, total)} of the log's requests have left`;
}
