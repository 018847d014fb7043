import type { Slabs } from '../answer/slabs.ts';
import type { TurnEnd } from '../answer/turn-end.ts';
import type { RecentWrites } from '../cohorts/recent-writes.ts';
import type { HoldCosts } from '../hold/hold-costs.ts';
import type { HoldQueue } from '../hold/hold-queue.ts';
import type { WritesInFlight } from '../hold/writes-in-flight.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracing } from '../observe/tracing.ts';
import type { LiveTable } from '../replica/live-table.ts';
import type { RequestIds } from '../request/request-ids.ts';
import type { Shadow } from '../shadow/shadow.ts';
import type { ShadowSides } from '../sides/create-shadow-sides.ts';
import type { Sides } from '../sides/create-sides.ts';
import type { FailurePolicy } from '../table/failure-policy.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { NormalizedOptions } from './router-options.ts';

/** The parts that every request of one router works with. */
export interface RouterCore extends Sides {
  readonly options: NormalizedOptions;
  readonly table: LiveTable;
  /** null where the router does not pass requests on itself. */
  readonly shadow: Shadow | null;
  /** Whom shadows ask. */
  readonly shadowSides: ShadowSides | null;
  readonly holds: HoldQueue;
  readonly holdCosts: HoldCosts;
  readonly writes: WritesInFlight;
  readonly recentWrites: RecentWrites;
  readonly turnEnd: TurnEnd;
  readonly slabs: Slabs;
  readonly ids: RequestIds;
  readonly metrics: Metrics;
  readonly tracing: Tracing | null;
  readonly accessLog: AccessLog;
  /** What holds when an upstream is slow or fails, where the route says nothing. */
  readonly policy: FailurePolicy;
  /** Requests that have begun and not ended. */
  readonly exchanges: OpenExchanges;
  /** True once a graceful stop began: every response asks its client to connect anew. */
  draining: boolean;
}
