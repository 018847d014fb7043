import type { StopPoints } from '../../common/stop-points.ts';
import type { Applier, Move, MoveLogger, MoveSpec } from '../../mover/index.ts';
import type { VerifyConfig } from '../config/index.ts';
import type { ProgressFeed } from '../progress.ts';
import type { HeldLease, StateStore } from '../store/index.ts';
import type { MoveDirection } from './move-specs.ts';
import type { MoverDoor } from './mover-door.ts';
import type { SteadyWork } from './steady-work.ts';

export interface FeatureRunnerOptions {
  readonly feature: string;
  /** null: a feature without tables. */
  readonly specs: Readonly<Record<MoveDirection, MoveSpec>> | null;
  readonly store: StateStore;
  readonly door: MoverDoor;
  readonly holder: string;
  readonly leaseMs: number;
  readonly lockTimeoutMs: number;
  /** Of a copy, where nobody has said otherwise. */
  readonly copyWorkers: number;
  /** A copy counts as caught up with no more dirty keys than this. */
  readonly maxBacklog: number;
  /** What was verified so long ago is verified again before a handover. */
  readonly verifiedWithinMs: number;
  readonly verify: VerifyConfig;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
}

/** What a run may use of its runner. */
export interface RunContext {
  readonly options: FeatureRunnerOptions;
  readonly feed: ProgressFeed;
  readonly held: HeldLease;
  move(direction: MoveDirection): Promise<Move>;
  apply(direction: MoveDirection): Promise<Applier>;
  /** The move whose rows are being copied; null when that is over. */
  copying(move: Move | null): void;
  /** The verify that goes on beside all else. */
  readonly steady: SteadyWork;
  /** Wakes whoever waits for the feature's state to change. */
  announceChange(): void;
}
