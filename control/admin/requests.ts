import type { Request } from 'express';
import { z } from 'zod';
import { BanyanError } from '../../common/errors.ts';
import { forcible } from '../conductor/gate.ts';
import type { Actor } from '../store/index.ts';

const why = z.string().trim().min(1, { error: 'say why: it is kept in the audit log' }).max(2_000);

const saysWhy = (body: { readonly why?: string | undefined; readonly dryRun: boolean }) =>
  body.dryRun || body.why !== undefined;
const whyMissing = { error: 'say why: it is kept in the audit log', path: ['why'] };

export const changeRequest = z.strictObject({ why });
export const copyRequest = z.strictObject({ why, skipDataCheck: z.boolean().default(false) });
export const optionalWhy = z.strictObject({ why: why.optional() });
export const handoverRequest = z
  .strictObject({
    why: why.optional(),
    dryRun: z.boolean().default(false),
    force: z.array(z.enum(forcible)).default([]),
  })
  .refine(saysWhy, whyMissing);
export const repairRequest = z
  .strictObject({
    why: why.optional(),
    table: z.string().min(1).optional(),
    keys: z.array(z.array(z.string()).min(1)).min(1).max(10_000).optional(),
    dryRun: z.boolean().default(false),
  })
  .refine(saysWhy, whyMissing)
  .refine((body) => body.keys === undefined || body.table !== undefined, {
    error: 'name the table whose keys these are',
    path: ['table'],
  });
/** Only the shape: what the values must be, and how they go together, is for canary/read-canary.ts to say. */
export const canaryRequest = z
  .strictObject({
    why: why.optional(),
    percent: z.number().optional(),
    ramp: z.array(z.number()).optional(),
    every: z.string().optional(),
    until: z.string().optional(),
    routes: z.array(z.string().min(1)).min(1).optional(),
    guard: z
      .strictObject({
        action: z.string().optional(),
        webhook: z.string().optional(),
        minimumRequests: z.number().optional(),
      })
      .optional(),
    dryRun: z.boolean().default(false),
  })
  .refine(saysWhy, whyMissing);
export const cohortsRequest = z
  .strictObject({
    why: why.optional(),
    cohorts: z.array(z.string().min(1)),
    routes: z.array(z.string().min(1)).min(1).optional(),
    dryRun: z.boolean().default(false),
  })
  .refine(saysWhy, whyMissing);
/** Only the shape: shadow/set-shadow.ts says what the values must be. */
export const shadowRequest = z
  .strictObject({
    why: why.optional(),
    percent: z.number(),
    repeatPercent: z.number().optional(),
    routes: z.array(z.string().min(1)).min(1).optional(),
    sandbox: z.string().optional(),
    numbers: z.enum(['value', 'text']).optional(),
    keyOrder: z.enum(['ignore', 'compare']).optional(),
    headers: z.array(z.string()).optional(),
    restart: z.boolean().optional(),
    dryRun: z.boolean().default(false),
  })
  .refine(saysWhy, whyMissing);
export const ignoreRequest = z.strictObject({
  why,
  path: z.string().min(1).max(400),
  kind: z.string().optional(),
  route: z.string().min(1).optional(),
  remove: z.boolean().optional(),
});
export const diffQuery = z.object({ route: z.string().min(1).optional() });
export const auditQuery = z.object({
  feature: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** Checks what a client sent. Throws `BANYAN_REQUEST_INVALID` with all faults. */
export function parseRequest<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({
    code: 'BANYAN_REQUEST_INVALID',
    what: `${issue.path.join('.') || 'the request'}: ${issue.message}`,
    fix: 'Correct it; docs/control.md lists every request.',
  }));
  throw new BanyanError('BANYAN_REQUEST_INVALID', faults.map((fault) => fault.what).join('; '), {
    fix: 'Correct the request; docs/control.md lists them all.',
    faults,
  });
}

/** Who asks: what the client says of itself. The token says that it may. */
export function actorOf(request: Request, reason: string): Actor {
  const who = readable(request.get('x-banyan-who')?.trim() ?? '');
  return { who: who === '' ? 'unnamed' : who.slice(0, 190), why: reason };
}

/** Header fields carry ASCII: names in other scripts come percent-encoded. */
function readable(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}
