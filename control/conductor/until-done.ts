import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';

/**
 * For the steps that have no way back (after a decision, and while taking one back): tries until it succeeds. Only the
 * loss of the lease ends it, because then another process does the same, and `signal`, because then this one is ending
 * and the next start goes on here.
 */
export async function untilDone<T>(
  step: string,
  work: () => Promise<T>,
  options: {
    readonly signal: AbortSignal;
    readonly onTrouble: (step: string, error: unknown) => void;
  },
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      // Why this process ends its work is the reason; what the step met because of it is not.
      options.signal.throwIfAborted();
      if (error instanceof BanyanError && error.code === 'BANYAN_LEASE_LOST') throw error;
      options.onTrouble(step, error);
      await pause(Math.min(2_000, 50 * 2 ** attempt), options.signal);
      options.signal.throwIfAborted();
    }
  }
}
