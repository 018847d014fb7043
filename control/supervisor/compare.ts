import type { FeatureState } from '../feature/index.ts';
import { requiredDirection, type Standing } from '../runner/index.ts';

/** What one look sees. */
export interface Sight extends Standing {
  /** The command under way: a cutover, a verify, a recovery. */
  readonly job: string | null;
  /** For how long the oldest logged change has waited while nothing was carried over, milliseconds; 0 if all moves. */
  readonly stuckMs: number;
}

/** `settle`: begin what the stage asks for. `restart`: end the move's sessions and begin anew. `recover`: end a handover. */
export type Remedy = 'settle' | 'restart' | 'recover';

export interface Comparison {
  /** What is not as the stage requires, for people; null: all is. */
  readonly finding: string | null;
  readonly remedy: Remedy | null;
}

/** An applier that carries nothing over for so long while changes wait does not progress. */
export const stuckAfterMs = 30_000;

const handoverJobs: ReadonlySet<string> = new Set(['cutover', 'rollback', 'recovery']);

/** What a feature's stage requires against what runs. Pure. */
export function compare(state: FeatureState, standing: Sight): Comparison {
  const conducted = standing.job !== null && handoverJobs.has(standing.job);
  if (conducted) return { finding: null, remedy: null };
  if (!standing.held) {
    return { finding: 'another process has the move, or its lease cannot be had', remedy: null };
  }
  // Told as a failure; a person is asked what to go by.
  if (state.failing?.code === 'BANYAN_STATE_RESTORED') return { finding: null, remedy: null };
  if (state.handover !== null) {
    const { direction, phase } = state.handover;
    return { finding: `a ${direction} is ${phase} and no process conducts it`, remedy: 'recover' };
  }
  if (standing.settling) return { finding: null, remedy: null };
  const idle = state.paused || state.failing !== null;
  const required = idle ? null : requiredDirection(state);
  if (standing.running !== required) {
    const runs = standing.running === null ? 'nothing runs' : `the ${standing.running} move runs`;
    return { finding: `${state.stage} requires ${required ?? 'no'} move, but ${runs}`, remedy: 'settle' };
  }
  if (required !== null && standing.applying !== null && standing.applying !== required) {
    return { finding: `changes are carried over ${standing.applying}, not ${required}`, remedy: 'restart' };
  }
  if (required !== null && standing.stuckMs >= stuckAfterMs) {
    const seconds = Math.round(standing.stuckMs / 1_000);
    return { finding: `no change was carried over for ${seconds} s, though some wait`, remedy: 'restart' };
  }
  return { finding: null, remedy: null };
}
