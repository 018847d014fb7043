import type { EventEmitter } from 'node:events';
import type { Hangups } from './hangups.ts';

/** A second Ctrl-C later than this ends the process at once; sooner, it is the same one, delivered twice. */
const sameInterruptMs = 500;

/**
 * Aborts at the first SIGINT, SIGTERM or SIGHUP (which `hangups` may take for something else). A second one, when the first has not ended the process within half a
 * second, ends it the hard way: nobody should need `kill -9` to get their prompt back.
 */
export function interruptSignal(from: EventEmitter, hangups?: Hangups): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    from.on(name, () => {
      if (name === 'SIGHUP' && hangups?.take()) return;
      const now = performance.now();
      if (!controller.signal.aborted) {
        firstAt = now;
        controller.abort(new Error(`interrupted by ${name}`));
      } else if (now - firstAt > sameInterruptMs) process.exit(130);
    });
  }
  return controller.signal;
}
