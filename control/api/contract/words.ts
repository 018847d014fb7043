import { z } from 'zod';
import { type Direction, handovers, type Stage, stages } from '../../feature/stages.ts';

/** Pieces that several requests and answers are made of. */

/** ISO 8601 in UTC, by the state store's clock unless told otherwise. */
export const time = z.iso.datetime();

export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

export const texts = list(z.string());

export const why = z.string().trim().min(1, { error: 'say why: it is kept in the audit log' }).max(2_000);

/** What the command line says where nobody gave a reason: a rollback at three in the morning must not fail for want of one. */
export const noReason = '(no reason given)';

export const direction = z.literal(Object.keys(handovers) as Direction[]);
export const stage = z.literal(Object.keys(stages) as Stage[]);
export const side = z.enum(['legacy', 'service']);

/** A number of keys; or that nobody knows how many. */
export const acceptedLoss = z.union([z.int().min(0), z.literal('unknown')]);

/** A result says so only where nothing was changed. */
export const dryRun = z.literal(true).exactOptional();

/** One thing that is wrong, and what to do about it. */
export const fault = z.object({
  code: z.string(),
  what: z.string(),
  fix: z.string(),
  at: z.string().exactOptional(),
});
