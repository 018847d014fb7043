import { z } from 'zod';

const milliseconds = z.number().int().positive();

/** What shadows may take of a router: they give way to clients in everything. */
export const shadowSettingsSchema = z.strictObject({
  /** Connections to each address of a side that speaks HTTP; apart from those that clients' requests use. */
  connections: z.number().int().positive().default(32),
  /** Requests of which the other side is being asked. */
  maxConcurrent: z.number().int().positive().default(16),
  /** Requests that wait for that; beyond it they are not compared. */
  maxQueued: z.number().int().positive().default(128),
  /** Requests whose client is still being answered: their answers are kept meanwhile. */
  maxPending: z.number().int().positive().default(256),
  /** Of an answer, as it came and without its content coding, and of the body of a write; larger ones are not compared. */
  bodyBytes: z
    .number()
    .int()
    .positive()
    .default(256 * 1024),
  /** How long the other side may take for an answer. */
  deadlineMs: milliseconds.default(5_000),
  /** How long a difference waits until the data of both sides is known to be the same. */
  settleMs: milliseconds.default(5_000),
  /** Between two reports of what was counted. */
  reportMs: milliseconds.default(1_000),
  /** Nothing is compared while the event loop is later than this. */
  maxLagMs: milliseconds.default(50),
});

export type ShadowSettings = z.output<typeof shadowSettingsSchema>;
