import type { Direction } from '../feature/stages.ts';
import type { CutoverGuard } from '../guard/cutover-guard.ts';
import type { LossFigures } from '../loss/index.ts';
import type { OnProgress } from '../progress.ts';
import type { Actor } from '../store/index.ts';
import type { Forcible } from './forcible.ts';
import type { GateCheck } from './gate.ts';
import type { StepTime } from './step-clock.ts';

export interface HandoverRequest extends Actor {
  readonly direction: Direction;
  /** Conditions of the gate that need not be met this once: told in the audit log. */
  readonly force?: readonly Forcible[];
  readonly onProgress: OnProgress;
  /** Of a cutover, by feature: what watches the time after it. */
  readonly guards?: Readonly<Record<string, CutoverGuard>> | undefined;
  /** From the hold: it is taken back in time to be released by then. Default: only the config's deadline counts. */
  readonly maxHoldMs?: number | undefined;
  /** How often it is begun again when it was taken back. Default 0. */
  readonly retry?: number;
  /** Aborts to take it back by hand; the reason is a BanyanError. */
  readonly abort?: AbortSignal;
}

export interface HandoverResult {
  readonly direction: Direction;
  readonly feature: string;
  readonly stage: string;
  readonly owner: string;
  /** From publishing the hold to publishing its release: the longest that a write request was parked. */
  readonly holdMs: number;
  /** From the hold until every router had confirmed it and ended its writes. */
  readonly barrierMs: number;
  /** From asking for the fence until nothing was left in the log. */
  readonly fenceToDrainedMs: number;
  /** Of the route table that released the hold. */
  readonly version: number;
  /** How often it was taken back before. */
  readonly retries: number;
  /** How long each step of the hold took, in their order. */
  readonly steps: readonly StepTime[];
  /** Of a rollback for which somebody has accepted a loss: what legacy lacks. */
  readonly loss?: LossReport;
}

export interface LossReport extends LossFigures {
  /** A query of the state store that returns the keys, all that could be read. */
  readonly kept: string;
}

/** What a dry run finds. */
export interface HandoverRehearsal {
  readonly direction: Direction;
  readonly dryRun: true;
  readonly wouldBegin: boolean;
  readonly features: readonly {
    readonly feature: string;
    readonly gate: readonly GateCheck[];
    readonly wouldBegin: boolean;
    /** Of a rollback: what legacy lacks at this moment. */
    readonly loss?: LossFigures;
  }[];
  /** What it would do, for people. */
  readonly steps: readonly string[];
}
