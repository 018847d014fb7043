import { hostname } from 'node:os';
import type { Replica } from '../store/index.ts';

/**
 * Routers that did not say farewell and whose lease ran out: one that is cut off from the state store goes on by its last
 * route table, and a cutover that it does not hear of makes it send writes to tables that refuse them. Left out are those
 * of this machine whose process has ended.
 */
export function silentRouters(
  replicas: readonly Replica[],
  hasEnded: (replica: Replica) => boolean = endedHere,
): readonly Replica[] {
  // Of a process with seams the fence refuses what it writes to the wrong side, and it says so to its callers: no client's request fails.
  return replicas.filter((replica) => !replica.live && replica.kind === 'router' && !hasEnded(replica));
}

function endedHere({ host, pid }: Replica): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // A process of another user is one that lives.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
