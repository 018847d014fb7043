import { z } from 'zod';
import { routeSchema } from '../../../../router/table/route-table.ts';
import { list } from '../words.ts';

/** Where a request would go, and why. */
export const explanation = z.object({
  request: z.object({ method: z.string(), path: z.string(), query: z.string() }),
  matched: z.boolean(),
  route: z.string().nullable(),
  params: z.record(z.string(), z.string()),
  feature: z.string().nullable(),
  stage: z.string().nullable(),
  owner: z.string().nullable(),
  access: z.string().nullable(),
  /** How the route's service is asked; null: no route. */
  call: routeSchema.shape.call.nullable(),
  /** The cohort named for the route that the client belongs to. */
  cohort: z.string().nullable(),
  identity: z.string().nullable(),
  /** 0–9999; null where no identity is asked for. */
  bucket: z.number().nullable(),
  readPercent: z.number().nullable(),
  outcome: z.string(),
  side: z.string(),
  reason: z.string(),
  why: z.string(),
  /** Other routes that method and path alone would have matched. */
  rivals: list(z.object({ route: z.string(), why: z.string() })),
  /** By the setting's name: its value and who said so. */
  policy: z.record(z.string(), z.object({ value: z.unknown(), from: z.string() })),
  /** How long the service's answer may take; null where legacy answers. */
  deadlineMs: z.number().nullable(),
  version: z.number(),
  source: z.enum(['control', 'snapshot']),
});
