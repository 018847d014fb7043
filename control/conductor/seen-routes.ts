import { type Move, sideTables } from '../../mover/index.ts';
import type { Replica, StateStore } from '../store/index.ts';
import { describeOtherRoutes, otherRoutes } from './other-routes.ts';

/** What a form or an import does once a week counts too. */
const withinSeconds = 7 * 86_400;

export interface SeenRoutesOptions {
  readonly feature: string;
  readonly move: Move;
  readonly replicas: readonly Replica[];
  readonly store: Pick<StateStore, 'callers' | 'routeTable'>;
}

/**
 * Whether routes that do not move with the feature were seen to write to its tables, as the monolith's own processes tell
 * (`banyan/watch`): the fence refuses them after the cutover. A process with seams of the feature may have them behind one, which
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
  const [callers, { routes }] = await Promise.all([
    store.callers({
      ...{ database: source.database, tables: sideTables(move.spec, 'source') },
      ...{ access: 'write', withinSeconds },
    }),
    store.routeTable(),
  ]);
  if (callers.length === 0) {
    return [true, 'not known: in the last 7 days no process that watches its queries told of a write'];
  }
  const others = otherRoutes(callers, feature, routes);
  if (others.length === 0) return [true, 'no route but the feature’s own was seen to write to its tables'];
  const said = `${describeOtherRoutes(others)}; seen in the last 7 days`;
  const seamed = replicas.some(
    ({ kind, live, services }) => kind === 'seam' && live && services?.includes(feature) === true,
  );
  if (seamed) return [true, `${said}; a process with seams of ${feature} runs, which may be theirs`];
  return [false, said];
}
