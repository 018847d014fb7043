import {
  type CaptureKind,
  claimEpoch,
  type DeferIndexes,
  type Move,
  type MoveTuning,
  openMove,
} from '../../../mover/index.ts';
import type { MoverServers } from './servers.ts';

export interface ItemsMoveOptions {
  readonly capture?: CaptureKind;
  readonly deferIndexes?: DeferIndexes;
  readonly tuning?: Partial<MoveTuning>;
}

/** A move of the items between the two servers. */
export async function openItemsMove(
  { source, target }: Pick<MoverServers, 'source' | 'target'>,
  { capture = 'triggers', deferIndexes = false, tuning = {} }: ItemsMoveOptions = {},
): Promise<Move> {
  const spec = {
    id: `bench_${capture}:forward`,
    capture,
    ...(deferIndexes ? { deferIndexes } : {}),
    source,
    target,
    tables: [{ table: 'items' }],
    bookkeepingSchema: 'banyan',
  };
  return openMove(spec, { epoch: await claimEpoch(spec), tuning });
}

/** As control does it before the first row: the target is closed to everybody else, changes are noted. */
export async function makeItemsReady(move: Move): Promise<void> {
  await move.restartCopy();
  await move.fence('target', { lockTimeoutMs: 10_000 });
  await move.installCapture();
}

/** Takes away what a move has left on both sides, so that the tables can be filled by others. */
export async function clearItemsMove(move: Move): Promise<void> {
  await move.dropCapture();
  await move.openFence('target');
  await move.clearFence('target', { patienceMs: 10_000 });
}
