import type { Bench, BenchSubject } from './bench.ts';

/**
 * What shadows cost the clients' requests. In `primaryPath` all is done for every request that is done on its client's way: it is
 * considered, and its answer kept as it passes. `shadowed` has as many shadows as fit, on top.
 */
export const bench: Bench = {
  name: 'shadow',
  summary: 'CPU and latency of a proxied request while the other side is asked too',
  rounds: 11,
  async setup(context) {
    const { findDebianProgram } = await import('../servers/find-debian-program.ts');
    const { loadGenerators } = await import('./router-peers/load/load.ts');
    const { startNginxUpstream } = await import('./router-peers/proxies/nginx.ts');
    const { startNode } = await import('./router-peers/proxies/node-program.ts');
    const nginx = await findDebianProgram('nginx', context);
    const { http1: load } = await loadGenerators(context);
    const upstream = nginx
      ? await startNginxUpstream(context, nginx, [1_024])
      : await startNode(context, 'upstream');
    const ways: [string, string[]][] = [
      ['plain', ['0']],
      ['primaryPath', ['100', 'no-calls']],
      ['shadowed', ['100', 'calls']],
    ];
    const subjects: BenchSubject[] = [];
    for (const [name, args] of ways) {
      const router = await startNode(context, 'banyan-shadow', upstream.url, ...args);
      subjects.push({
        name,
        async measure({ index, signal }) {
          const options = {
            url: `${router.url}/items/1024`,
            connections: 32,
            signal,
            folder: context.folder,
          };
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
