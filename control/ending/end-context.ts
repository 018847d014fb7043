import type { StopPoints } from '../../common/stop-points.ts';
import type { MoveLogger, MoveSpec } from '../../mover/index.ts';
import type { OnProgress } from '../progress.ts';
import type { FeatureRunner, MoverDoor } from '../runner/index.ts';
import type { Actor, LeaseGrant, StateStore } from '../store/index.ts';

/** What it takes to end a feature's moves. */
export interface EndContext {
  readonly feature: string;
  /** The forward move; null for a feature without tables. */
  readonly spec: MoveSpec | null;
  readonly runner: FeatureRunner;
  readonly door: MoverDoor;
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly logger: MoveLogger;
  readonly points: StopPoints;
  readonly signal: AbortSignal;
}

export interface EndRequest extends Actor {
  readonly dryRun: boolean;
  readonly onProgress: OnProgress;
}
