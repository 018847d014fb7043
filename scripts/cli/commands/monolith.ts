import { Command } from 'commander';
import { findRoutes, type RouteSources } from '../../init/find-routes.ts';
import type { Standing, StandingRoute, StandingTable } from '../../monolith/what-is-left.ts';
import { formatBytes, formatCount, formatShare } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { withRouteSources } from '../route-source-options.ts';

interface Flags extends CommonFlags, RouteSources {
  readonly all?: boolean;
}

/** Those of a feature whose rows the service owns are the monolith's no more. */
const gone = new Set(['extracted', 'finished']);

export const monolithCommand: CommandFactory = (io) => {
  const command = withRouteSources(
    new Command('monolith').description(
      "Shows what is left in the monolith: its database's tables and its routes, and which feature has each. Changes nothing.",
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
    // Imported only here: the mover is more than the other commands need.
    const [{ readLegacy }, { whatIsLeft }] = await Promise.all([
      import('../../init/read-legacy.ts'),
      import('../../monolith/what-is-left.ts'),
    ]);
    const { features: states } = await context.withAdmin(undefined, (admin) => admin.status());
    const { app, routes, accessLog } = flags;
    const sources = {
      ...(app === undefined ? {} : { app }),
      ...(routes === undefined ? {} : { routes }),
      ...(accessLog === undefined ? {} : { accessLog }),
    };
    const found = await findRoutes(sources, io);
    const { tables } = await readLegacy(config.legacy.database);
    const stages = new Map(states.map(({ name, stage }) => [name, stage]));
    const left = whatIsLeft({ tables, routes: found.routes }, Object.values(config.features), stages);
    const result = { database: config.legacy.database.database, ...left, unseen: found.unsaid };
    context.output.result(result, (paint) => render(result, flags.all ?? false, paint));
  });
};

interface Result {
  readonly database: string;
  readonly tables: readonly StandingTable[];
  readonly routes: readonly StandingRoute[];
  readonly unseen: readonly string[];
}

function render({ database, tables, routes, unseen }: Result, all: boolean, paint: Paint): string {
  const parts = [
    `tables of ${database}: ${tally(tables)}`,
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
    `routes: ${tally(routes)}${requestsTally(routes)}`,
    ...(shown(routes, all).length === 0 ? [] : [routesTable(shown(routes, all), paint)]),
  ];
  if (unseen.length > 0) parts.push(['Not seen:', ...unseen.map((what) => `  - ${what}`)].join('\n'));
  return parts.join('\n\n');
}

function routesTable(routes: readonly StandingRoute[], paint: Paint): string {
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

function shown<One extends Standing>(all: readonly One[], every: boolean): readonly One[] {
  return every ? all : all.filter(({ stage }) => !gone.has(stage ?? ''));
}

function tally(all: readonly Standing[]): string {
  const left = all.filter(({ stage }) => gone.has(stage ?? '')).length;
  const planned = all.filter(({ feature, stage }) => feature !== null && !gone.has(stage ?? '')).length;
  return `${all.length}; ${left} left with their feature, ${planned} of features that have not left, ${all.length - left - planned} of no feature`;
}

function requestsTally(routes: readonly StandingRoute[]): string {
  const sum = (some: readonly StandingRoute[]) =>
    some.reduce((total, { requests }) => total + (requests ?? 0), 0);
  const total = sum(routes);
  if (total === 0) return '';
  const left = sum(routes.filter(({ stage }) => gone.has(stage ?? '')));
  return `; ${formatShare(left, total)} of the log's requests have left`;
}
