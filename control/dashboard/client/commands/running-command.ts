import type { ErrorBody } from '../../../api/contract/errors.ts';
import type { ProgressLine } from '../../../api/contract/progress.ts';
import type { CommandName, Fields } from './catalog.ts';

/** A command from the moment its window opens until it is closed. */
export interface RunningCommand {
  readonly name: CommandName;
  readonly feature: string;
  fields: Fields;
  why: string;
  /** What was typed in place of the feature's name. */
  typed: string;
  phase: 'asked' | 'rehearsing' | 'running' | 'done';
  /** What the dry run said, and of which fields. */
  rehearsal: { readonly of: string; readonly answer: unknown } | null;
  /** One line of each phase, in their order. */
  progress: readonly ProgressLine[];
  result: unknown;
  error: ErrorBody | null;
}
