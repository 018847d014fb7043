import { z } from 'zod';
import type { Progress } from '../../progress.ts';
import { errorBody } from './errors.ts';

/** How far long work is. */
export const progressLine = z.object({
  phase: z.string(),
  /** Absent where there is nothing to count: then `about` says what happens. */
  done: z.number().exactOptional(),
  total: z.number().exactOptional(),
  /** What is counted; absent: rows. */
  unit: z.string().exactOptional(),
  /** Per second. */
  rate: z.number().exactOptional(),
  etaSeconds: z.number().nullable().exactOptional(),
  /** A table, or a sentence for people. */
  about: z.string().exactOptional(),
}) satisfies z.ZodType<Progress>;

export type ProgressLine = z.output<typeof progressLine>;

/** A line of an `application/x-ndjson` answer. */
export const streamLine = <Answer extends z.ZodType>(answer: Answer) =>
  z.discriminatedUnion('type', [
    progressLine.extend({ type: z.literal('progress') }),
    z.object({ type: z.literal('result'), result: answer }),
    z.object({ type: z.literal('error'), error: errorBody }),
  ]);
