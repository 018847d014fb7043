import { z } from 'zod';
import type { AuditEntry } from '../../../store/audit.ts';
import type { AuditVerification } from '../../../store/audit-chain.ts';
import { list, time } from '../words.ts';

const fields = z.record(z.string(), z.unknown()).nullable();

export const auditEntry = z.object({
  id: z.number(),
  at: time,
  who: z.string(),
  why: z.string(),
  action: z.string(),
  feature: z.string().nullable(),
  /** The fields that changed, before and after. */
  from: fields,
  to: fields,
  /** Figures of what happened: guards, times, what a verify found. */
  details: fields,
  /** Of the route table after it. */
  version: z.number(),
}) satisfies z.ZodType<AuditEntry>;

/** Newest first. */
export const auditEntries = list(auditEntry);

export const auditVerification = z.object({
  ok: z.boolean(),
  verified: z.number(),
  unchained: z.number(),
  head: z.object({ id: z.number(), hash: z.string() }).nullable(),
  fault: z.object({ id: z.number(), what: z.string() }).nullable(),
}) satisfies z.ZodType<AuditVerification>;
