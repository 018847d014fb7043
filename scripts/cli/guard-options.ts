import type { Command } from 'commander';
import { numberOption } from './number-option.ts';

/** What `canary` and `cutover` say of a guard. */
export interface GuardFlags {
  readonly guard?: boolean;
  readonly onBreach?: string;
  readonly webhook?: string;
  readonly minRequests?: number;
}

export interface GuardWords {
  /** What it watches. */
  readonly guard: string;
  readonly onBreach: string;
  readonly minRequests: string;
}

export function withGuardOptions(command: Command, words: GuardWords): Command {
  return command
    .option('--guard', words.guard)
    .option('--on-breach <action>', words.onBreach)
    .option('--webhook <url>', 'told by a guard, with JSON, when the service proves worse')
    .option('--min-requests <n>', words.minRequests, numberOption());
}

/** The guard as the admin API takes it; undefined: none. Settings of a guard ask for one. */
export function guardOf({ guard, onBreach, webhook, minRequests }: GuardFlags) {
  if (!guard && onBreach === undefined && webhook === undefined && minRequests === undefined)
    return undefined;
  return {
    ...(onBreach === undefined ? {} : { action: onBreach }),
    ...(webhook === undefined ? {} : { webhook }),
    ...(minRequests === undefined ? {} : { minimumRequests: minRequests }),
  };
}
