import { type Move, sideTables } from '../../mover/index.ts';
import type { Replica, StateStore } from '../store/index.ts';
import { declaredWriters, describeDeclaredWriters } from './declared-writers.ts';
import { describeOtherRoutes, otherRoutes } from './other-routes.ts';

/** What a form or an import does once a week counts too. */
const withinSeconds = 7 * 86_400;

export interface SeenRoutesOptions {
  readonly feature: string;
  readonly move: Move;
  readonly replicas: readonly Replica[];
  readonly store: Pick<StateStore, 'callers' | 'routeTable' | 'configured'>;
}

/**
 * Whether routes that do not move with the feature write to its tables: by what the config says of them (`alsoWrites`), and as the
 * monolith's own processes tell (`banyan/watch`). The fence refuses them after the cutover. A process with seams of the feature may have them behind one, which
 * nothing tells from here. What was not watched is not known, and closes no gate.
 */
export async function seenRoutes({
  feature,
  move,
  replicas,
  store,
}: SeenRoutesOptions): Promise<readonly [ok: boolean, detail: string]> {
  const { source } = move.spec;
  if (source.host === '') return [true, 'no tables'];
  const tables = sideTables(move.spec, 'source');
  const [callers, { routes, features }] = await Promise.all([
    store.callers({ database: source.database, tables, access: 'write', withinSeconds }),
    store.routeTable(),
  ]);
  const atService = new Set(features.filter(({ owner }) => owner === 'service').map(({ name }) => name));
  const declared = declaredWriters(store.configured, feature, tables, atService);
  const others = otherRoutes(callers, feature, routes);
  const said = [
    ...(declared.length === 0 ? [] : [describeDeclaredWriters(declared)]),
    ...(others.length === 0 ? [] : [`${describeOtherRoutes(others)}; seen in the last 7 days`]),
  ].join('; ');
  if (said === '') {
    if (callers.length > 0) return [true, 'no route but the feature’s own was seen to write to its tables'];
    return [
      true,
      'not known: the config names none, and in the last 7 days no process that watches its queries told of a write',
    ];
  }
  const seamed = replicas.some(
    ({ kind, live, services }) => kind === 'seam' && live && services?.includes(feature) === true,
  );
  if (seamed) return [true, `${said}; a process with seams of ${feature} runs, which may be theirs`];
  return [false, said];
}
