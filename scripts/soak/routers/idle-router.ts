import { pino } from 'pino';
import { noStopPoints } from '../../../common/stop-points.ts';
import { MysqlStateLink } from '../../../control/store/index.ts';
import type { DatabaseEndpoint } from '../../../mover/index.ts';
import { LiveTable } from '../../../router/replica/live-table.ts';
import type { FailurePolicy } from '../../../router/table/failure-policy.ts';

export interface IdleRouterOptions {
  readonly state: DatabaseEndpoint;
  readonly leaseMs: number;
  readonly replica: string;
  /** Features whose service it says it can ask. */
  readonly services: readonly string[];
}

/** A router without its requests: it keeps its route table and its lease by a link of its own, as a router does. */
export function idleRouter({ state, leaseMs, replica, services }: IdleRouterOptions) {
  const link = new MysqlStateLink({ state, leaseMs });
  const table = new LiveTable({
    ...{ link, replica, host: 'soak', services: () => services, snapshotFile: null },
    ...{ beatMs: 100, beatTimeoutMs: 2_000, points: noStopPoints },
    logger: pino({ level: 'silent' }),
    policy: {} as FailurePolicy,
    writesInFlight: () => 0,
    onChange: () => undefined,
  });
  return { link, table };
}
