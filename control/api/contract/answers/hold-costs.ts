import { z } from 'zod';
import type { HoldCosts } from '../../../store/index.ts';
import { list } from '../words.ts';

export const holdFailures = z.object({
  /** Waited as long as a request may: 503. */
  timedOut: z.number(),
  /** Found no room to wait: 503. */
  full: z.number(),
  /** Still waited when their router was stopped: 503. */
  stopped: z.number(),
  /** Their clients went away while they waited. */
  gone: z.number(),
});

/** Newest first; of handovers that no router reported there is none. */
export const holdCosts = list(
  z.object({
    feature: z.string(),
    /** Its id, as the audit log has it. */
    handover: z.string(),
    /** Requests that waited, however they ended. */
    held: z.number(),
    longestMs: z.number(),
    failed: holdFailures,
    /** Routers that have reported so far. */
    reported: z.number(),
  }),
) satisfies z.ZodType<readonly HoldCosts[]>;
