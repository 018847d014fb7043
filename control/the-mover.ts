import * as mover from '../mover/index.ts';
import type { MoverDoor } from './runner/index.ts';

const { preflight } = mover as unknown as Partial<MoverDoor>;

/** The mover that control uses outside tests. */
export const theMover: MoverDoor = {
  preflight: (spec) => preflight?.(spec) ?? Promise.resolve([]),
  claimEpoch: mover.claimEpoch,
  openMove: mover.openMove,
};
