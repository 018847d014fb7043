import { join } from 'node:path';
import { AdminClient } from '../../../control/api/index.ts';
import { whoAmI } from '../../cli/who.ts';
import { auditDatabases } from '../../demo/audit-databases.ts';
import { type DriveOptions, driveFeature, untilDrained } from '../../demo/drive-feature.ts';
import { pickProducts } from '../../demo/pick-products.ts';
import { Traffic } from '../../demo/traffic.ts';
import type { Engine } from '../../servers/index.ts';
import { stackPlace } from '../../stack/stack-place.ts';
import { stackSettings } from '../../stack/stack-settings.ts';
import { type Stack, startStack } from '../../stack/start-stack.ts';
import type { SoakContext, SoakOutcome } from '../soak.ts';
import { flatness } from './flatness.ts';
import { type Sample, takeSample } from './take-sample.ts';

const feature = 'product';
const samplesInAll = 20;
/** Of each process: what outgrows it ends, and with it the soak. With much less, collecting garbage is all that a slow machine does. */
const heapMegabytes = 192;

/** The demo shop's product feature goes to its service and back, again and again, while clients read and write through two routers. */
export async function handOverAndBack(
  context: SoakContext,
  engine: Engine,
  handovers: number,
): Promise<SoakOutcome> {
  const { signal, log } = context;
  const settings = await stackSettings(
    { engine, rows: 2_000, routers: 2, restart: false, accessLog: 0 },
    { ...process.env, ...(await stackPlace(join(context.folder, engine))) },
  );
  // Dead objects may not stay until they are in the way: what grows then is what is really held.
  const environment = {
    ...settings.environment,
    NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}`,
  };
  const stack = await startStack(
    { ...settings, environment },
    { step: () => undefined, progress: () => undefined, changed: () => undefined, note: log },
    signal,
  );
  context.defer(() => stack.stop());
  const info = stack.info();
  const traffic = new Traffic({
    ...{ routers: info.router, readers: 6, writers: 4, pauseMs: 40 },
    ...(await pickProducts(info.databases.legacy)),
  });
  context.defer(() => traffic.stop());
  const drive = driveOptions(stack, context);
  traffic.start();
  await driveFeature(drive, 'copy');
  await driveFeature(drive, 'verify');

  const samples: Sample[] = [];
  const holds: number[] = [];
  const every = Math.max(2, Math.round(handovers / samplesInAll / 2) * 2);
  for (let done = 0; done < handovers; done++) {
    signal.throwIfAborted();
    const result = await driveFeature(drive, done % 2 === 0 ? 'cutover' : 'rollback');
    if (result === null || 'dryRun' in result)
      throw new Error('control went away, and nothing here takes it down');
    holds.push(result.holdMs);
    if ((done + 1) % every === 0) {
      samples.push(await takeSample(stack, done + 1));
      log(`${engine}: ${done + 1} of ${handovers}, ${describe(samples.at(-1)!)}`);
    }
  }
  await traffic.stop();
  await untilDrained(drive);
  const audit = await auditDatabases(info.databases, traffic.ledger);
  const wrong = [audit.legacy, audit.service].flatMap(({ lost, duplicated }) => [...lost, ...duplicated]);
  const flat = flatness(samples);
  holds.sort((a, b) => a - b);
  const quantile = (share: number) =>
    holds[Math.min(holds.length - 1, Math.floor(share * holds.length))] ?? 0;
  return {
    facts: {
      handovers,
      requests: traffic.total,
      'writes acknowledged': traffic.ledger.acknowledged,
      'hold p50, ms': quantile(0.5),
      'hold p99, ms': quantile(0.99),
      'hold at most, ms': quantile(1),
      ...flat.facts,
    },
    failures: [
      ...(traffic.failed === 0
        ? []
        : [`${traffic.failed} requests failed, the first: ${JSON.stringify(traffic.failures[0])}`]),
      ...(wrong.length === 0 ? [] : [`${wrong.length} writes lost or doubled, the first: ${wrong[0]}`]),
      ...(audit.tables.different === 0
        ? []
        : [`${audit.tables.different} rows differ between the sides, the first: ${audit.tables.samples[0]}`]),
      ...flat.failures,
    ],
  };
}

function driveOptions(stack: Stack, { signal, log }: SoakContext): DriveOptions {
  return {
    connect: () => AdminClient.open({ ...stack.info().admin, who: whoAmI() }),
    feature,
    why: 'to and fro',
    onProgress: () => undefined,
    signal,
    note: log,
  };
}

function describe(sample: Sample): string {
  const parts = [...sample.figures].map(([name, value]) => `${name} ${value}`);
  return parts.join(', ');
}
