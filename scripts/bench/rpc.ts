import { fileURLToPath } from 'node:url';
import type { RunProcess } from '../runs/run-context.ts';
import type { Bench, BenchContext, BenchSubject } from './bench.ts';

/**
 * Comparisons, each in turns: JSON bodies of four sizes to Thrift and back beside JSON.parse and JSON.stringify; banyan's codec beside officially generated code (a page of twenty items there and back);
 * its client beside the official one (32 calls in flight on one connection); a GET transcoded by the router beside the same
 * body forwarded by the same router, and beside a gateway of Express and a generated client (32 connections).
 * CPU is that of the process measured, all threads.
 */
export const bench: Bench = {
  name: 'rpc',
  summary:
    'codec and client against the official library; JSON bodies against JSON.parse; a transcoded request against forwarding and against Express',
  rounds: 5,
  async setup(context) {
    const { loadGenerators } = await import('./router-peers/load/load.ts');
    const { http1: load } = await loadGenerators(context);
    const seconds = context.quick ? 1 : 3;

    const service = ready(await start(context, 'service.ts'));
    const upstream = ready(await start(context, 'http-upstream.ts'));
    const router = await start(context, 'router.ts', upstream, service);
    const handwritten = await start(context, 'handwritten.cjs', service);

    const ownProcess = (name: string, script: string, ...args: string[]): BenchSubject => ({
      name,
      async measure() {
        const child = await context.spawn({
          command: process.execPath,
          args: [scriptPath(script), ...args, String(seconds)],
          ready: /^\{.*\}$/,
        });
        await child.stop();
        return JSON.parse(child.ready) as Record<string, number>;
      },
    });
    const gateway = (name: string, process: RunProcess, path: string): BenchSubject => ({
      name,
      async measure({ signal }) {
        const options = { url: `${ready(process)}${path}`, connections: 32, signal, folder: context.folder };
        await load({ ...options, seconds: 1 });
        const before = process.cpuMicros();
        const { requests, ...rest } = await load({ ...options, seconds });
        return { cpuMicrosPerRequest: (process.cpuMicros() - before) / requests, ...rest };
      },
    });
    const metric = 'cpuMicrosPerRequest';
    return {
      subjects: [
        ownProcess('jsonParse', 'bodies.ts', 'parse'),
        ownProcess('jsonPlain', 'bodies.ts', 'plain'),
        ownProcess('jsonRaw', 'bodies.ts', 'raw'),
        ownProcess('codecBanyan', 'codec.ts', 'banyan'),
        ownProcess('codecGenerated', 'codec.ts', 'generated'),
        ownProcess('clientBanyan', 'client-banyan.ts', service),
        ownProcess('clientOfficial', 'client-official.ts', service),
        gateway('transcoded', router, '/items/7'),
        gateway('forwarded', router, '/other/7'),
        gateway('handwritten', handwritten, '/items/7'),
      ],
      ratios: [
        ...['1kB', '100kB', '4MB', '16MB'].flatMap((size) =>
          ['Plain', 'Raw'].map((kind) => ({
            name: `json${kind}VsParse${size}`,
            metric: `mbPerSecond${size}`,
            of: `json${kind}`,
            over: 'jsonParse',
            atLeast: 0.3,
          })),
        ),
        {
          name: 'codecVsGenerated',
          metric: 'roundTripsPerSecond',
          of: 'codecBanyan',
          over: 'codecGenerated',
          atLeast: 1,
        },
        {
          name: 'clientCpuVsOfficial',
          metric: 'cpuMicrosPerCall',
          of: 'clientBanyan',
          over: 'clientOfficial',
          atMost: 1,
        },
        { name: 'cpuVsForward', metric, of: 'transcoded', over: 'forwarded', atMost: 1.6 },
        { name: 'cpuVsHandwritten', metric, of: 'transcoded', over: 'handwritten', atMost: 0.5 },
      ],
    };
  },
};

function scriptPath(name: string): string {
  return fileURLToPath(new URL(`./rpc-peers/${name}`, import.meta.url));
}

function start(context: BenchContext, script: string, ...args: string[]): Promise<RunProcess> {
  return context.spawn({
    command: process.execPath,
    args: [scriptPath(script), ...args],
    env: { NODE_ENV: 'production' },
    ready: /^ready (\S+)$/,
  });
}

function ready(child: RunProcess): string {
  return child.ready.replace(/^ready /, '');
}
