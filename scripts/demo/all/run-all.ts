import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { loadConfig } from '../../../control/config/index.ts';
import { natsUrl } from '../../stack/parts/index.ts';
import { repositoryRoot } from '../../stack/stack-settings.ts';
import type { Stack } from '../../stack/start-stack.ts';
import { auditDatabases } from '../audit-databases.ts';
import { compareRows } from '../compare-rows.ts';
import { Narrator } from '../narrator.ts';
import { pickProducts } from '../pick-products.ts';
import { requestsByRoute } from '../requests-by-route.ts';
import { type AllReport, makeAllReport, type TablePair } from './all-report.ts';
import { auditLogs } from './audit-logs.ts';
import { auditRedemptions } from './audit-redemptions.ts';
import { auditRegisters, auditStock, registerPlaces, stockOf } from './audit-registers.ts';
import { auditSearch } from './audit-search.ts';
import { EventAudience } from './event-audience.ts';
import { MemoryWatch } from './memory-watch.ts';
import { NightlyJobs } from './nightly-jobs.ts';
import { untilSearchIsFresh } from './search-status.ts';
import { sampleShops } from './shop-sample.ts';
import { editedProducts, ShopTraffic, visitors } from './shop-traffic.ts';
import { tellAll } from './tell-all.ts';

export interface RunAllOptions {
  readonly stack: Stack;
  readonly seconds: number;
  /** On the clock of `performance.now()`: when the stack's start began. */
  readonly beganAt: number;
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly signal: AbortSignal;
  /** Told before the first request, so that what the stack remarks goes where the story is told. */
  readonly onNarrator: (narrator: Narrator) => void;
}

const between = { visitorsMs: 60, jobsMs: 3_000 };

/** Tells the story of the whole shop on a running stack and audits what it left behind. */
export async function runAll({
  stack,
  seconds,
  beganAt,
  stream,
  signal,
  onNarrator,
}: RunAllOptions): Promise<AllReport> {
  const { settings } = stack;
  const { databases, router: routers } = stack.info();
  const config = await loadConfig(undefined, repositoryRoot);
  const picked = await pickProducts(databases.legacy);
  const sample = await sampleShops(databases.legacy, editedProducts(picked.products), visitors.owners);
  const goods = sample.forCustomers.flatMap(({ products }) => products);
  const stockBefore = await stockOf(databases.legacy, goods);
  const traffic = new ShopTraffic({ ...picked, routers, sample, pauseMs: between.visitorsMs });
  const narrator = new Narrator({ stream, pulse: () => traffic });
  onNarrator(narrator);
  const kinds = Object.entries(visitors).map(([kind, count]) => `${count} ${kind}`);
  narrator.done('traffic', `${kinds.join(', ')}; nightly jobs run meanwhile`);
  await using running = new AsyncDisposableStack();
  running.defer(() => narrator.end());
  const audience = await EventAudience.open(databases.legacy, databases.product, natsUrl(settings));
  running.defer(() => audience.close());
  const memory = new MemoryWatch(
    () => new Map([['demo', process.pid], ...stack.processes().map(({ name, pid }) => [name, pid] as const)]),
  );
  running.defer(() => memory.stop().then(() => undefined));
  const jobs = new NightlyJobs(settings, between.jobsMs);
  running.defer(() => jobs.stop().then(() => undefined));
  running.defer(() => traffic.stop());

  const told = await tellAll({ config, stack, traffic, audience, jobs, seconds, narrator, signal });
  const runs = await jobs.stop();
  narrator.begin('audit');
  await audience.untilCaughtUp(signal);
  const products = await auditDatabases(databases, traffic.ledger);
  const pairs: (TablePair & { samples: readonly string[] })[] = [];
  for (const { database } of settings.parts) {
    for (const table of database?.tables ?? []) {
      const sides = { legacy: databases.legacy, service: databases[database!.name]! };
      pairs.push({ feature: database!.name, table, ...(await compareRows(sides, table)) });
    }
  }
  const registers = await auditRegisters(registerPlaces(databases), traffic.registers);
  const routerLogs = routers.map((_, index) => join(settings.dataDir, 'logs', `router${index}.log`));
  const logs = await auditLogs({
    ...{ legacy: databases.legacy, log: databases.log!, routerLogs, since: told.logsSince, signal },
  });
  const indexed = () => untilSearchIsFresh(settings, signal).then((status) => Number(status.products));
  const search = await auditSearch(routers[0]!, databases.product, indexed, signal);
  const others = [
    ...(await auditStock(databases.legacy, stockBefore)),
    ...(await auditRedemptions(routers[0]!, traffic.registers)),
  ];
  narrator.done('audit', 'what visitors were told against every database, and all rows byte by byte');
  return makeAllReport({
    engine: settings.engine,
    rows: settings.rows,
    seconds: Math.round(told.seconds),
    secondsInAll: Math.round((performance.now() - beganAt) / 1000),
    ...{ total: traffic.total, acknowledged: traffic.acknowledged, failures: traffic.failures },
    ...{ kills: told.kills, handovers: told.handovers, verifies: told.verifies },
    byFeature: await requestsByRoute(routerLogs, 'feature'),
    byFace: traffic.latencies.summary(),
    ...{ products, registers, pairs, others, jobs: runs, jobFailures: jobs.failures },
    logs,
    search,
    events: await audience.judge(),
    peakMemory: await memory.stop(),
    restarts: stack.restarts(),
  });
}
