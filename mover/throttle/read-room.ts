import { formatBytes } from '../../common/numbers.ts';
import { CountRow } from '../counts/count-row.ts';
import type { MoveSide } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { DatabaseEndpoint } from '../move-spec.ts';
import type { Link } from '../sql/link.ts';
import type { Sign } from './brake.ts';
import { freeSpace } from './free-space.ts';

const sides = ['source', 'target'] as const;

export interface WatchedReplica {
  readonly endpoint: DatabaseEndpoint;
  readonly link: Link;
}

/** How far replicas are behind, and how much room the target's server has. */
export async function readRoom(
  context: MoveContext,
  links: Readonly<Record<MoveSide, Link>>,
  replicas: readonly WatchedReplica[],
): Promise<Sign[]> {
  const { maxReplicaLagMs = 10_000, minFreeBytes = 256 * 1024 ** 2 } = context.spec.room ?? {};
  const signs: Sign[] = [];
  const space = await freeSpace(await links.target.session());
  if (space !== null) {
    const free = space.freeBytes;
    const what = `the target’s server has ${formatBytes(free)} left, less than ${formatBytes(minFreeBytes)}`;
    signs.push({ what, value: minFreeBytes - free, limit: 0, plain: true });
  }
  for (const { endpoint, link } of replicas) {
    const place = `${endpoint.host}:${endpoint.port}`;
    try {
      const lagMs = await replicaLagMs(context, links, link);
      const what =
        lagMs === null
          ? `the replica ${place} has nothing of banyan’s schema`
          : `the replica ${place} is ${Math.round(lagMs)} ms behind`;
      signs.push({
        what,
        value: lagMs ?? 1,
        limit: lagMs === null ? 0 : maxReplicaLagMs,
        ...(lagMs === null && { plain: true }),
      });
    } catch (error) {
      // How far it is behind is not known: nobody who named it wants the copy to go on.
      const said = error instanceof Error ? error.message : String(error);
      signs.push({ what: `the replica ${place} cannot be asked: ${said}`, value: 1, limit: 0, plain: true });
    }
  }
  return signs;
}

/**
 * By the rows in which either server counts every two seconds at least (see `Counts`): what the server itself has against what
 * its replica has of it, both by the server's own clock. It holds for replicas of replicas, delayed ones and
 * both engines, and needs no right but to read banyan's schema there. Null: it has neither server's row.
 */
async function replicaLagMs(
  { spec }: MoveContext,
  links: Readonly<Record<MoveSide, Link>>,
  replica: Link,
): Promise<number | null> {
  const session = await replica.session();
  let lag: number | null = null;
  for (const side of sides) {
    const row = new CountRow(spec, side);
    // In this order: a count in between shows as a lag of none.
    const here = await row.read(await links[side].session());
    const there = await row.read(session);
    if (here.at === null || there.at === null) continue;
    lag = Math.max(lag ?? 0, (here.at - there.at) * 1_000);
  }
  return lag;
}
