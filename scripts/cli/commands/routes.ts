import { Command } from 'commander';
import type { Side } from '../../../common/side.ts';
import { callName } from '../../../router/table/route-call.ts';
import type { Route, RouteTable } from '../../../router/table/route-table.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

export const routesCommand: CommandFactory = (io) => {
  const command = new Command('routes').description(
    'Prints the route table that every router decides from, and where each route goes.',
  );
  withLookOptions(command, 'banyan routes', "banyan routes --json | jq '.routes[].id'");
  return command.action(async (flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const table = await context.withAdmin(undefined, (admin) => admin.routes(io.signal));
    context.output.result(table, (paint) => {
      if (table.routes.length === 0) return 'No route is extracted: everything goes to legacy.';
      return [
        renderTable(columns(table), table.routes, { paint }),
        paint.faint(
          `route table ${table.version}, written ${table.writtenAt}; all other requests go to legacy`,
        ),
      ].join('\n');
    });
  });
};

function columns(table: RouteTable): Column<Route>[] {
  const featureOf = (route: Route) => table.features.find((feature) => feature.name === route.feature);
  return [
    { title: 'route', value: (route) => route.id },
    { title: 'feature', value: (route) => route.feature },
    { title: 'stage', value: (route) => featureOf(route)?.stage ?? '–' },
    { title: 'access', value: (route) => route.access },
    { title: 'goes to', value: (route) => destination(route, featureOf(route)?.owner ?? 'legacy') },
    { title: 'call', value: (route) => callName(route.call) },
  ];
}

function destination(route: Route, owner: Side): string {
  if (route.access === 'write') return owner;
  if (route.readPercent >= 100) return 'service';
  const cohorts = route.readCohorts ?? [];
  const parts = [...(route.readPercent > 0 ? [`${route.readPercent} %`] : []), ...cohorts];
  return parts.length === 0 ? 'legacy' : `service ${parts.join(' + ')}`;
}
