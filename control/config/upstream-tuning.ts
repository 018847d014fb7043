import { z } from 'zod';
import { count, milliseconds } from './values.ts';

/** How a side that speaks HTTP is asked; left out, the router has defaults. */
export const upstreamTuning = {
  connections: count.optional(),
  keepAliveMs: milliseconds.optional(),
  nameAgeMs: milliseconds.optional(),
  balance: z.enum(['least-pending', 'round-robin']).optional(),
  breaker: z
    .strictObject({
      failures: z.int().min(0).optional(),
      overMs: milliseconds.optional(),
      openMs: milliseconds.optional(),
      maxOpenMs: milliseconds.optional(),
      statuses: z.array(z.int().min(500).max(599)).optional(),
    })
    .optional(),
  healthCheck: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/[\x21-\x7e]*$/, { error: 'is no path' })
        .optional(),
      everyMs: milliseconds.optional(),
      timeoutMs: milliseconds.optional(),
      failures: count.optional(),
    })
    .or(z.literal(false))
    .optional(),
};
