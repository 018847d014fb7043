import { z } from 'zod';

const milliseconds = z.int().min(1).max(3_600_000);

/** An answer's body when no side could answer, in place of the router's own JSON. */
export const errorBodySchema = z.strictObject({
  contentType: z
    .string()
    .regex(/^[\x20-\x7e]+$/, { error: 'is no media type' })
    .default('application/json; charset=utf-8'),
  /** `{status}`, `{code}`, `{message}` and `{requestId}` are filled in, escaped for JSON or HTML as the media type asks. */
  body: z.string(),
});

/**
 * What a router does when a route's side is slow or fails. Everything may be left out: the router's own settings
 * hold then. Plain JSON, because it travels in the route table.
 */
export const routePolicySchema = z.strictObject({
  timeouts: z
    .strictObject({
      /** Until a connection to legacy is there, milliseconds. */
      connectMs: milliseconds.optional(),
      /** Until legacy's answer begins. */
      firstByteMs: milliseconds.optional(),
      /** Between two pieces of legacy's answer. */
      idleMs: milliseconds.optional(),
      /** From the decision to the answer's end, on either side; null: no limit. */
      totalMs: milliseconds.nullable().optional(),
    })
    .optional(),
  /** Further tries; never of a write that may have been executed. */
  retries: z.int().min(0).max(10).optional(),
  /** False: a canaried read that the service cannot answer fails instead of going to legacy. */
  fallback: z.boolean().optional(),
  errorBody: errorBodySchema.optional(),
});

export type RoutePolicy = z.output<typeof routePolicySchema>;
export type ErrorBody = z.output<typeof errorBodySchema>;

/** `own` over `general`, setting by setting; undefined when neither says anything. */
export function mergePolicies(
  general: RoutePolicy | undefined,
  own: RoutePolicy | undefined,
): RoutePolicy | undefined {
  if (general === undefined || own === undefined) return own ?? general;
  const timeouts = { ...general.timeouts, ...defined(own.timeouts ?? {}) };
  return {
    ...general,
    ...defined(own),
    ...(Object.keys(timeouts).length > 0 && { timeouts }),
  };
}

/** A setting that is there but undefined says nothing. */
function defined<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
