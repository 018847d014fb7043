import { type LoneSide, latest, type MoveSpec, type StoreMark, storeRestored } from '../../mover/index.ts';
import { isUnreachable, reachSide } from '../loss/read-loss.ts';
import type { MoveDirection, MoverDoor } from '../runner/index.ts';
import type { StateStore } from '../store/index.ts';

export interface StoreCheckSources {
  readonly feature: string;
  readonly specs: Readonly<Record<MoveDirection, MoveSpec>> | null;
  readonly door: MoverDoor;
  readonly store: StateStore;
}

/**
 * The state store is no older than what the databases of the feature were told of it, as far as they can be reached. Before anything is done
 * that goes by the feature's stage.
 *
 * @throws BanyanError BANYAN_STATE_RESTORED
 */
export async function assertStoreKnown(sources: StoreCheckSources): Promise<void> {
  const { feature, specs, store } = sources;
  if (specs === null) return;
  const found = await Promise.all([markOf(sources, specs.reverse), markOf(sources, specs.forward)]);
  const marks = found.filter((mark) => mark !== null);
  if (marks.length === 0 || (await store.ledger(feature).has(marks))) return;
  throw storeRestored(specs.forward, latest(marks)!);
}

async function markOf(
  { door, store, feature }: StoreCheckSources,
  spec: MoveSpec,
): Promise<StoreMark | null> {
  let side: LoneSide;
  try {
    side = await reachSide(door, store.ledger(feature), spec);
  } catch (error) {
    // What cannot be asked now is asked before a fence there is touched; an account that is not there yet has told it nothing.
    if (isUnreachable(error) || isRefused(error)) return null;
    throw error;
  }
  try {
    return await side.mark();
  } finally {
    side.close();
  }
}

function isRefused(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'BANYAN_DATABASE_REFUSED';
}
