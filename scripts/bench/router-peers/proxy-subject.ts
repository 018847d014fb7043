import { cpuMicrosOf } from '../../runs/cpu-time.ts';
import type { BenchContext, BenchSubject } from '../bench.ts';
import type { BenchCase } from './bench-case.ts';
import type { Load, LoadGenerator } from './load/load.ts';
import type { RunningProxy } from './proxies/proxy.ts';

export interface ProxySubject {
  readonly name: string;
  readonly case: BenchCase;
  readonly proxy: RunningProxy;
  readonly upstream: RunningProxy;
  readonly load: LoadGenerator;
  /** The processes that do the proxy's work, where they are not one. */
  readonly workers?: () => readonly number[];
}

/** Requests that a turn must have served. */
const fewest = 50;
/** Seconds that one turn takes at most, however busy the machine is. */
const longestTurn = 24;
/** Those that were warmed up: long enough for every code path to be compiled. */
const warm = new WeakSet<RunningProxy>();

/**
 * Measures a proxy in one case: CPU of its processes and of the upstream's over the requests served meanwhile, and how long clients waited.
 * Each turn begins unmeasured, but with many connections: what the machine put aside while this one waited comes back.
 */
export function proxySubject(subject: ProxySubject, context: BenchContext): BenchSubject {
  const { name, proxy, upstream, load } = subject;
  const { connections, bodyBytes, protocol } = subject.case;
  const ask = (seconds: number): Promise<Load> =>
    load({
      url: `${proxy.url}/shop7/items/${bodyBytes}`,
      connections,
      seconds,
      signal: context.signal,
      http2: protocol === 'http2',
      folder: context.folder,
    });
  // Many connections take a while to be made, which counts too; few requests a second take longer to be counted.
  const many = connections > 500;
  const seconds = connections > 5_000 ? 10 : many || bodyBytes > 1_000_000 ? 3 : 1;
  const cpu = () => (subject.workers?.() ?? [proxy.process.pid]).map(cpuMicrosOf);
  const measured = async (forSeconds: number) => {
    const before = { own: cpu(), upstream: upstream.process.cpuMicros() };
    const done = await ask(forSeconds);
    return {
      load: done,
      spent: cpu().map((micros, index) => micros - before.own[index]!),
      upstreamSpent: upstream.process.cpuMicros() - before.upstream,
    };
  };
  return {
    name,
    async measure() {
      if (!warm.has(proxy)) await ask(context.quick ? 1 : 4);
      else if (!many) await ask(1);
      warm.add(proxy);
      let turn = await measured(seconds);
      // On a machine that is busy with other things, so few say nothing: longer, until they do.
      for (let longer = 2; turn.load.requests < fewest && seconds * longer <= longestTurn; longer *= 2) {
        turn = await measured(seconds * longer);
      }
      const { requests, ...rest } = turn.load;
      const { spent, upstreamSpent } = turn;
      const sum = spent.reduce((total, micros) => total + micros, 0);
      return {
        cpuMicrosPerRequest: sum / requests,
        upstreamMicrosPerRequest: upstreamSpent / requests,
        ...rest,
        ...(spent.length > 1 && { busiestShare: Math.max(...spent) / sum }),
      };
    },
  };
}
