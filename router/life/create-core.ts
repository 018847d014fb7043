import { hostname } from 'node:os';
import { BanyanError } from '../../common/errors.ts';
import { Slabs } from '../answer/slabs.ts';
import { TurnEnd } from '../answer/turn-end.ts';
import { RecentWrites } from '../cohorts/recent-writes.ts';
import { HoldCosts } from '../hold/hold-costs.ts';
import { HoldQueue } from '../hold/hold-queue.ts';
import { WritesInFlight } from '../hold/writes-in-flight.ts';
import { createAccessLog } from '../observe/access-log.ts';
import { Metrics } from '../observe/metrics.ts';
import { createTracing } from '../observe/tracing.ts';
import { CountsReport } from '../replica/counts-report.ts';
import { LiveTable } from '../replica/live-table.ts';
import { readSnapshot } from '../replica/snapshot-file.ts';
import { createRequestIds } from '../request/request-ids.ts';
import { Shadow } from '../shadow/shadow.ts';
import type { ShadowSides } from '../sides/create-shadow-sides.ts';
import { allUpstreams, type Sides } from '../sides/create-sides.ts';
import { defaultPolicy } from '../table/failure-policy.ts';
import { OpenExchanges } from './open-exchanges.ts';
import type { RouterCore } from './router-core.ts';
import type { NormalizedOptions } from './router-options.ts';

/** Puts the parts of one router together. Nothing runs yet: `firstTable`, then `startCore`. */
export function createCore(
  options: NormalizedOptions,
  sides: Sides,
  shadowSides: ShadowSides | null = null,
): RouterCore {
  const policy = defaultPolicy(options);
  const metrics = new Metrics();
  const shadow =
    shadowSides === null
      ? null
      : new Shadow({ settings: options.shadow, ...shadowSides, logger: options.logger });
  const holds = new HoldQueue(options.hold);
  const holdCosts = new HoldCosts();
  const writes: WritesInFlight = new WritesInFlight(() => table.hurryIfHolding());
  const table: LiveTable = new LiveTable({
    link: options.link,
    replica: options.replica,
    host: hostname(),
    services: () => [...sides.services.keys()],
    snapshotFile: options.snapshotFile,
    beatMs: options.beatMs,
    beatTimeoutMs: options.beatTimeoutMs,
    points: options.points,
    logger: options.logger,
    policy,
    writesInFlight: (feature) => writes.count(feature),
    onChange: () => holds.releaseAll(),
    holdCosts,
    counts: new CountsReport({
      features: () => table.current.table.features,
      shadow,
      series: () => metrics.snapshot().series,
      everyMs: options.shadow.reportMs,
    }),
    onCurrent: (ago, sentAt) => shadow?.currency.note(ago, sentAt),
  });
  return {
    options,
    ...sides,
    shadowSides,
    table,
    shadow,
    holds,
    holdCosts,
    writes,
    recentWrites: new RecentWrites(options.readYourWritesMs, 200_000),
    turnEnd: new TurnEnd(),
    slabs: new Slabs(),
    ids: createRequestIds(),
    metrics,
    tracing: options.tracer === null ? null : createTracing(options.tracer),
    accessLog: createAccessLog(options.logger, options.accessLog.sample),
    policy,
    exchanges: new OpenExchanges(),
    draining: false,
  };
}

/** Begins what runs beside the requests. */
export function startCore(core: RouterCore): void {
  core.table.start();
  core.shadow?.start();
  for (const upstream of allUpstreams(core)) upstream.start();
}

/** Gives the lease back and closes the ways to the sides, but not the services that were handed in. */
export async function stopCore(core: RouterCore): Promise<void> {
  core.shadow?.stop();
  await core.table.stop();
  await Promise.all(allUpstreams(core).map((upstream) => upstream.close()));
}

/** Closes the services that were handed in. */
export async function closeServices({ services, shadowSides }: RouterCore): Promise<void> {
  const sides = [...services.values(), ...(shadowSides?.services.values() ?? [])];
  const handedIn = new Set(sides.flatMap(({ service }) => service ?? []));
  await Promise.all([...handedIn].map((service) => service.close()));
}

/** The store's table if it answers, else the snapshot; without either, waits for the store. */
export async function firstTable({
  options,
  table,
}: {
  readonly options: Pick<NormalizedOptions, 'snapshotFile' | 'startTimeoutMs' | 'beatMs' | 'logger'>;
  readonly table: LiveTable;
}): Promise<void> {
  const snapshot = options.snapshotFile === null ? null : await readSnapshot(options.snapshotFile);
  if (snapshot !== null) table.restore(snapshot);
  const giveUpAt = performance.now() + options.startTimeoutMs;
  while (!(await table.beat())) {
    if (snapshot !== null) {
      options.logger.warn(
        { version: snapshot.version, writtenAt: snapshot.writtenAt },
        'serving by the snapshot',
      );
      return;
    }
    if (performance.now() >= giveUpAt) {
      throw new BanyanError(
        'BANYAN_ROUTER_NO_TABLE',
        'The state store does not answer and there is no snapshot to serve by.',
        {
          fix: 'Start the state store, or check the state section of the configuration.',
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, options.beatMs));
  }
}
