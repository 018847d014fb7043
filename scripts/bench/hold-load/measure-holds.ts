import { join } from 'node:path';
import { AdminClient, type HandoverResult } from '../../../control/api/index.ts';
import { whoAmI } from '../../cli/who.ts';
import { driveFeature } from '../../demo/drive-feature.ts';
import { pickProducts } from '../../demo/pick-products.ts';
import type { Engine } from '../../servers/index.ts';
import { stackPlace } from '../../stack/stack-place.ts';
import { stackSettings } from '../../stack/stack-settings.ts';
import { startStack } from '../../stack/start-stack.ts';
import type { BenchContext } from '../bench.ts';
import { CoreUse } from './core-use.ts';
import { SteadyWrites } from './steady-writes.ts';

export interface HoldsOptions {
  readonly context: BenchContext;
  readonly engine: Engine;
  /** Cutovers and rollbacks together. */
  readonly handovers: number;
  readonly writesPerSecond: number;
  readonly signal: AbortSignal;
}

/** Hands the product feature over and back under writes, on a stack of its own; fails where one write failed. */
export async function measureHolds(options: HoldsOptions): Promise<Record<string, number>> {
  const { context, engine, handovers, writesPerSecond, signal } = options;
  const settings = await stackSettings(
    { engine, rows: 2_000, routers: 2, restart: false, accessLog: 0 },
    { ...process.env, ...(await stackPlace(join(context.folder, `${engine}-${handovers}`))) },
  );
  const stack = await startStack(
    settings,
    { step: () => undefined, progress: () => undefined, changed: () => undefined, note: context.log },
    signal,
  );
  try {
    const info = stack.info();
    const drive = {
      connect: () => AdminClient.open({ ...info.admin, who: whoAmI() }),
      ...{ feature: 'product', why: 'to and fro', onProgress: () => undefined, signal, note: context.log },
    };
    await driveFeature(drive, 'copy');
    await driveFeature(drive, 'verify');
    const { products } = await pickProducts(info.databases.legacy);
    const cores = new CoreUse(info);
    const writes = new SteadyWrites({ routers: info.router, products, perSecond: writesPerSecond });
    try {
      await writes.assertKeptUp(cores, signal);
      cores.take();
      // A hold is not complete before each write has ended that was begun before it: this is what the applications take for one.
      const alone = writes.takeTimes();
      const writeTimes = { writeP50Ms: quantile(alone, 0.5), writeP99Ms: quantile(alone, 0.99) };
      const before = writes.answered;
      const beganAt = performance.now();
      const results: HandoverResult[] = [];
      for (let done = 0; done < handovers; done++) {
        signal.throwIfAborted();
        await writes.caughtUp(signal);
        const result = await driveFeature(drive, done % 2 === 0 ? 'cutover' : 'rollback');
        if (result === null || 'dryRun' in result) throw new Error('control went away');
        writes.assertWell();
        results.push(result);
      }
      const seconds = (performance.now() - beganAt) / 1_000;
      const used = Object.entries(cores.take()).map(([part, share]) => [`${part}Cores`, share]);
      return {
        writesPerSecond: (writes.answered - before) / seconds,
        ...writeTimes,
        ...describe(results),
        ...Object.fromEntries(used),
      };
    } finally {
      await writes.stop();
    }
  } finally {
    await stack.stop();
  }
}

function describe(results: readonly HandoverResult[]): Record<string, number> {
  const holds = results.map(({ holdMs }) => holdMs);
  const names = [...new Set(results.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  const steps = names.map((name) => {
    const times = results.map((result) => result.steps.find(({ step }) => step === name)?.ms ?? 0);
    return [`${name}StepP50Ms`, quantile(times, 0.5)] as const;
  });
  const longest = results.reduce((one, other) => (other.holdMs > one.holdMs ? other : one));
  return {
    heldP50Ms: quantile(holds, 0.5),
    heldP90Ms: quantile(holds, 0.9),
    heldP99Ms: quantile(holds, 0.99),
    heldMaxMs: quantile(holds, 1),
    ...Object.fromEntries(steps),
    ...Object.fromEntries(longest.steps.map(({ step, ms }) => [`${step}StepOfLongestMs`, ms])),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
