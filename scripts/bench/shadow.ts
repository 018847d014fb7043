import { fileURLToPath } from 'node:url';
import type { Bench, BenchSubject } from './bench.ts';
import type { LoadOptions } from './router-peers/load.ts';

/**
 * What shadows cost the clients' requests. In `primaryPath` all is done for every request but to ask the other side: its answer is
 * kept, and a shadow of it prepared and given up. `shadowed` has as many of those as fit, on top.
 */
export const bench: Bench = {
  name: 'shadow',
  summary: 'CPU and latency of a proxied request while the other side is asked too',
  rounds: 11,
  async setup(context) {
    const { findProgram, startNginxUpstream } = await import('./router-peers/native-proxies.ts');
    const { ownLoad, wrkLoad } = await import('./router-peers/load.ts');
    const [nginx, wrk] = await Promise.all(['nginx', 'wrk'].map(findProgram));
    const load = wrk ? (options: LoadOptions) => wrkLoad(wrk, options) : ownLoad;
    const start = async (name: string, ...args: string[]) => {
      const script = fileURLToPath(new URL(`./router-peers/${name}.ts`, import.meta.url));
      const child = await context.spawn({
        command: process.execPath,
        args: [script, ...args],
        env: { NODE_ENV: 'production' },
        ready: /^ready (\S+)$/,
      });
      return { url: child.ready.replace(/^ready /, ''), process: child };
    };
    const upstream = nginx ? await startNginxUpstream(context, nginx) : await start('upstream');
    const ways: [string, string[]][] = [
      ['plain', ['0']],
      ['primaryPath', ['100', 'no-calls']],
      ['shadowed', ['100', 'calls']],
    ];
    const subjects: BenchSubject[] = [];
    for (const [name, args] of ways) {
      const router = await start('banyan-shadow', upstream.url, ...args);
      subjects.push({
        name,
        async measure({ index, signal }) {
          const options = { url: `${router.url}/items/42`, connections: 32, signal };
          await load({ ...options, seconds: index === 0 && !context.quick ? 5 : 1 });
          const before = router.process.cpuMicros();
          const { requests, ...rest } = await load({ ...options, seconds: 2 });
          return { cpuMicrosPerRequest: (router.process.cpuMicros() - before) / requests, ...rest };
        },
      });
    }
    const metric = 'cpuMicrosPerRequest';
    return {
      subjects,
      ratios: [
        { name: 'cpuPrimaryPath', metric, of: 'primaryPath', over: 'plain', atMost: 1.05 },
        { name: 'p99PrimaryPath', metric: 'p99Ms', of: 'primaryPath', over: 'plain' },
        { name: 'cpuShadowed', metric, of: 'shadowed', over: 'plain' },
        { name: 'p99Shadowed', metric: 'p99Ms', of: 'shadowed', over: 'plain' },
      ],
    };
  },
};
