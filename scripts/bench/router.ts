import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Bench, BenchContext, BenchSubject } from './bench.ts';
import type { LoadOptions } from './router-peers/load.ts';
import type { RunningProxy } from './router-peers/native-proxies.ts';

/**
 * What a request costs on its way through the router, beside other proxies: one upstream (nginx where it is installed)
 * answering 1 KiB, 32 connections, subjects in turns. CPU is the proxy process's own, all threads, user and system, over
 * the requests it served meanwhile. The machine may be busy with other things: so the turns are short and many, the first is
 * long enough for every code path to be compiled, and ratios are medians of quotients within a round.
 */
export const bench: Bench = {
  name: 'router',
  summary:
    'CPU and throughput of a proxied request: banyan against undici, Express + hpm, Fastify, nginx, HAProxy',
  rounds: 11,
  async setup(context) {
    const { findProgram, startHaproxy, startNginxProxy, startNginxUpstream } = await import(
      './router-peers/native-proxies.ts'
    );
    const { ownLoad, wrkLoad } = await import('./router-peers/load.ts');
    const [nginx, haproxy, wrk] = await Promise.all(['nginx', 'haproxy', 'wrk'].map(findProgram));
    const load = wrk ? (options: LoadOptions) => wrkLoad(wrk, options) : ownLoad;
    const upstream = nginx ? await startNginxUpstream(context, nginx) : await startNode(context, 'upstream');
    context.log(`upstream: ${nginx ? 'nginx' : 'node'}; load: ${wrk ? 'wrk' : 'from this process'}`);

    const proxies: [string, RunningProxy][] = [
      ['banyan', await startNode(context, 'banyan', upstream.url, '200')],
      ['undici', await startNode(context, 'undici', upstream.url)],
      ['expressHpm', await startNode(context, 'express-hpm', upstream.url)],
      ['fastify', await startNode(context, 'fastify', upstream.url)],
      ['banyan10Routes', await startNode(context, 'banyan', upstream.url, '10')],
      ['banyan10000Routes', await startNode(context, 'banyan', upstream.url, '10000')],
    ];
    if (nginx) proxies.push(['nginx', await startNginxProxy(context, nginx, upstream.url)]);
    if (haproxy) proxies.push(['haproxy', await startHaproxy(context, haproxy, upstream.url)]);

    const subjects = proxies.map(
      ([name, { url, process }]): BenchSubject => ({
        name,
        async measure({ index, signal }) {
          const options = { url: `${url}/shop7/items/42`, connections: 32, signal };
          // Each turn begins unmeasured: connections are made, and what V8 put aside while this subject waited comes back.
          await load({ ...options, seconds: index === 0 && !context.quick ? 5 : 1 });
          const before = process.cpuMicros();
          const { requests, ...rest } = await load({ ...options, seconds: 1 });
          return { cpuMicrosPerRequest: (process.cpuMicros() - before) / requests, ...rest };
        },
      }),
    );
    const workers = await startNode(context, 'banyan-workers', upstream.url, '2');
    subjects.push({
      name: 'router-2-workers',
      // Throughput only: the CPU of two processes is not one process's to tell.
      async measure({ signal }) {
        const options = { url: `${workers.url}/shop7/items/42`, connections: 32, signal };
        await load({ ...options, seconds: 1 });
        const { requestsPerSecond } = await load({ ...options, seconds: context.quick ? 1 : 4 });
        return { requestsPerSecond };
      },
    });
    const metric = 'cpuMicrosPerRequest';
    // Two workers, the load and the upstream need a core each before a second worker can show what it adds.
    const coresAllow = availableParallelism() >= 4;
    return {
      subjects,
      ratios: [
        { name: 'cpuVsUndici', metric, of: 'banyan', over: 'undici', atMost: 1.25 },
        { name: 'cpuVsExpressHpm', metric, of: 'banyan', over: 'expressHpm', atMost: 0.4 },
        { name: 'cpuVsFastify', metric, of: 'banyan', over: 'fastify', atMost: 0.9 },
        { name: 'cpuRoutes10000Vs10', metric, of: 'banyan10000Routes', over: 'banyan10Routes', atMost: 1.05 },
        {
          name: 'workers2Vs1',
          metric: 'requestsPerSecond',
          of: 'router-2-workers',
          over: 'banyan',
          ...(coresAllow && { atLeast: 1.7 }),
        },
        { name: 'cpuVsNginx', metric, of: 'banyan', over: 'nginx' },
        { name: 'cpuVsHaproxy', metric, of: 'banyan', over: 'haproxy' },
      ],
    };
  },
};

async function startNode(context: BenchContext, name: string, ...args: string[]): Promise<RunningProxy> {
  const script = fileURLToPath(new URL(`./router-peers/${name}.ts`, import.meta.url));
  const child = await context.spawn({
    command: process.execPath,
    args: [script, ...args],
    env: { NODE_ENV: 'production' },
    ready: /^ready (\S+)$/,
  });
  return { url: child.ready.replace(/^ready /, ''), process: child };
}
