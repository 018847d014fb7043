import type { RunContext } from './feature-runner.ts';
import { watchApplying } from './watch-applying.ts';

/** After a cutover: the service's writes are carried to legacy's tables, which stay fenced for everyone else. */
export async function runReverse(context: RunContext, signal: AbortSignal): Promise<void> {
  await watchApplying(context, 'reverse', signal);
}
