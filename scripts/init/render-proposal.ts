import { counted } from '../terminal/numbers.ts';
import type { Paint } from '../terminal/paint.ts';
import type { Proposal, ProposedFeature } from './propose.ts';
import type { Legacy } from './read-legacy.ts';
import type { FoundRoute, FoundRoutes } from './route.ts';

export interface Findings {
  readonly legacy: Legacy;
  readonly found: FoundRoutes;
  readonly proposal: Proposal;
}

/** The proposal for people: features in their order, then what belongs to none, then what was not seen. `most`: so many routes of no feature. */
export function renderProposal(
  { legacy, found, proposal }: Findings,
  paint: Paint,
  most = Number.POSITIVE_INFINITY,
): string {
  const { features, rest, left } = proposal;
  const parts = [
    `${counted(legacy.tables.length, 'table')} on ${legacy.server} (${legacy.engine === 'mysql' ? 'MySQL' : 'MariaDB'}), ${counted(found.routes.length, 'route')}: ${counted(features.length, 'feature')}, in the order in which they had best move.`,
    ...features.map((feature, at) => renderFeature(feature, at + 1, paint)),
  ];
  if (rest.length > 0) {
    parts.push(
      [
        paint.strong('Stay with the monolith'),
        ...rest.slice(0, most).map(({ method, path }) => `   ${method} ${path}`),
        ...(rest.length > most ? [`   … and ${rest.length - most} more: proposal.txt has them all`] : []),
      ].join('\n'),
    );
  }
  if (left.length > 0) parts.push(`Tables of no feature: ${left.join(', ')}.`);
  const unseen = [...found.unsaid, ...namesTables(rest), ...legacy.unseen];
  if (unseen.length > 0) parts.push(['Not seen:', ...unseen.map((what) => `  - ${what}`)].join('\n'));
  return parts.join('\n\n');
}

/** Where a parameter stands for a table's name no route is named after one. */
function namesTables(routes: readonly FoundRoute[]): string[] {
  const found = routes.filter(({ path }) =>
    /\/:(?:collection|table|model|resource|entity)(?:\/|$)/.test(path),
  );
  const [first] = found;
  if (first === undefined) return [];
  const { method, path } = first;
  const all = `${method} ${path}${found.length === 1 ? '' : ` and ${found.length - 1} more`}`;
  return [
    `which tables ${all} are about: a parameter seems to name them. An access log shows it (--access-log); write the routes of a feature out in its IDL, with the table's name`,
  ];
}

function renderFeature(
  { name, tables, routes, crossing, besides }: ProposedFeature,
  at: number,
  paint: Paint,
): string {
  const sizes = tables.map((table) => `${table.name} (about ${counted(table.rows, 'row')})`);
  return [
    `${at}. ${paint.strong(name)}`,
    `   tables  ${sizes.join(', ')}`,
    ...routes.map(
      ({ method, path, requests }, index) =>
        `   ${index === 0 ? 'routes ' : '       '} ${method} ${path}${requests === null ? '' : paint.faint(` ${counted(requests, 'request')}`)}`,
    ),
    ...(routes.length === 0
      ? ['   routes  none: nothing flips with these tables; look for who uses them']
      : []),
    ...crossing.map(
      ({ child, columns, parent }) =>
        `   ${paint.warn('!')} the foreign key ${child}.${columns.join(',')} → ${parent} would cross its edge`,
    ),
    ...besides
      .slice(0, 3)
      .map(
        ({ table, executions }) =>
          `   ${paint.warn('!')} statements that name ${table} too ran ${counted(executions, 'time')}: none can once they are on two servers`,
      ),
  ].join('\n');
}
