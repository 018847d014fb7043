import { z } from 'zod';
import { auditEntry } from './answers/audit.ts';
import { statusReport } from './answers/status.ts';
import { progressLine } from './progress.ts';
import { texts } from './words.ts';

/**
 * What `GET /v1/events` sends, server-sent events by name. A client that comes back with `Last-Event-ID` misses no change:
 * ids are those of the audit log, which every control process reads.
 */
export const events = {
  /** Where everything stands: first on every connection. Its id is that of the last change before it. */
  state: statusReport,
  /** One change of state, as the audit log has it. */
  change: auditEntry,
  /** How far the work on a feature is. Has no id: what was missed is over. */
  progress: progressLine.extend({ feature: z.string() }),
  /** All that is wrong now with a feature, or with what all share (null); told anew whenever it changes. */
  trouble: z.object({ feature: z.string().nullable(), troubles: texts }),
} as const;

export type EventName = keyof typeof events;
export type EventData<E extends EventName> = z.output<(typeof events)[E]>;
