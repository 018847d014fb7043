import {
  claimEpoch,
  clearSide,
  endMove,
  inspectData,
  lookAtCapture,
  openMove,
  openSide,
  planEnding,
  preflight,
} from '../mover/index.ts';
import type { MoverDoor } from './runner/index.ts';

/** The mover that control uses outside tests. */
export const theMover: MoverDoor = {
  ...{ preflight, inspectData, lookAtCapture, claimEpoch, openMove, openSide },
  ...{ clearSide, planEnding, endMove },
};
