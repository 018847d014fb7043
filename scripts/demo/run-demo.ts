import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { AdminClient } from '../../control/api/index.ts';
import { loadConfig } from '../../control/config/index.ts';
import { progressStep } from '../cli/commands/run-action.ts';
import { whoAmI } from '../cli/who.ts';
import { repositoryRoot } from '../stack/stack-settings.ts';
import type { Stack } from '../stack/start-stack.ts';
import { auditDatabases } from './audit-databases.ts';
import type { DriveOptions } from './drive-feature.ts';
import { periods } from './latencies.ts';
import { Narrator } from './narrator.ts';
import { pickProducts } from './pick-products.ts';
import { type DemoReport, makeReport } from './report.ts';
import { requestsByRoute } from './requests-by-route.ts';
import { tellStory } from './tell-story.ts';
import { Traffic } from './traffic.ts';

export interface RunDemoOptions {
  readonly stack: Stack;
  readonly seconds: number;
  readonly stream: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly signal: AbortSignal;
  /** Told before the first request, so that what the stack remarks goes where the story is told. */
  readonly onNarrator: (narrator: Narrator) => void;
}

const feature = 'product';

/** Tells the story on a running stack and audits what it left behind. */
export async function runDemo({
  stack,
  seconds,
  stream,
  signal,
  onNarrator,
}: RunDemoOptions): Promise<DemoReport> {
  const info = stack.info();
  const config = await loadConfig(undefined, repositoryRoot);
  const sample = await pickProducts(info.databases.legacy);
  const traffic = new Traffic({ routers: info.router, readers: 12, writers: 4, pauseMs: 40, ...sample });
  const narrator = new Narrator({ stream, pulse: () => traffic });
  onNarrator(narrator);
  narrator.done('traffic', `12 readers, 4 writers through ${info.router.join(', ')}`);
  const drive: DriveOptions = {
    connect: () => AdminClient.open({ ...info.admin, who: whoAmI() }),
    feature,
    why: 'the demo’s story',
    onProgress: (line) => narrator.progress(progressStep(line)),
    signal,
    note: (text) => narrator.note(text),
  };
  try {
    const told = await tellStory({
      config,
      traffic,
      rows: stack.settings.rows,
      seconds,
      drive,
      narrator,
    });
    narrator.begin('audit');
    const audit = await auditDatabases(info.databases, traffic.ledger);
    narrator.done('audit', 'the ledger against both databases, and byte by byte');
    const logs = info.router.map((_, index) => join(stack.settings.dataDir, 'logs', `router${index}.log`));
    return makeReport({
      engine: stack.settings.engine,
      rows: stack.settings.rows,
      seconds: Math.round(told.seconds * 10) / 10,
      requests: {
        total: traffic.total,
        failed: traffic.failed,
        byRoute: await requestsByRoute(logs),
        failures: traffic.failures,
      },
      latency: Object.fromEntries(
        periods.map((period) => [period, traffic.latencies.summary(period)]),
      ) as DemoReport['latency'],
      cutovers: told.cutovers,
      verify: { rowsCompared: told.verify.rowsCompared, different: told.verify.different },
      restarts: stack.restarts(),
      acknowledged: traffic.ledger.acknowledged,
      audit,
    });
  } finally {
    narrator.end();
    await traffic.stop();
  }
}
