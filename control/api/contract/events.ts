import { z } from 'zod';
import { auditEntry } from './answers/audit.ts';
import { featureStatus, replica, statusReport } from './answers/status.ts';
import { routeTraffic } from './answers/traffic.ts';
import { progressLine } from './progress.ts';
import { list, texts, time } from './words.ts';

const featureFigures = featureStatus
  .pick({ finding: true, refused: true, unreachable: true, running: true, move: true })
  .extend({ traffic: routeTraffic.extend({ seconds: z.number() }).nullable() });

const figures = z.object({
  now: time,
  /** All of them; left out: they are as they were but for their beats. */
  replicas: list(replica).exactOptional(),
  /** By name; one that is left out is as it was. */
  features: z.record(z.string(), featureFigures),
});

export type FeatureFigures = z.output<typeof featureFigures>;

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
  /** For who asks with `figures=true`, at most once a second: what has changed of it since it was told last. */
  figures,
  /** All that is wrong now with a feature, or with what all share (null); told anew whenever it changes. */
  trouble: z.object({ feature: z.string().nullable(), troubles: texts }),
} as const;

export type EventName = keyof typeof events;
export type EventData<E extends EventName> = z.output<(typeof events)[E]>;
