import { BanyanError } from '../../common/errors.ts';
import type { Bench, BenchContext, BenchSubject, RatioSpec } from './bench.ts';
import type { BenchCase } from './router-peers/bench-case.ts';
import type { PeerName } from './router-peers/peers.ts';
import type { ProxySubject } from './router-peers/proxy-subject.ts';

/** What the ratios without a case in their names are about. */
const usual = '64x1kB';
const cases = [
  usual,
  '1000x1kB',
  '10000x1kB',
  '64x0',
  '64x100kB',
  '64x10MB',
  `${usual}/tls`,
  `${usual}/http2`,
  `${usual}/workers`,
];
/** Beside these in every case; in the usual one beside all that Node has. */
const everywhere: readonly PeerName[] = ['banyan', 'undici', 'nginx', 'haproxy'];
const nodeProxies: readonly PeerName[] = ['fastify', 'expressHpm'];

/**
 * What a request costs on its way through the router, beside other proxies: one upstream, subjects in turns. CPU is the proxy process's
 * own, all threads, user and system, over the requests it served meanwhile. The machine may be busy with other things: so the turns are
 * short, and ratios are medians of quotients within a round. More rounds make them steadier.
 */
export const bench: Bench = {
  name: 'router',
  summary:
    'CPU, throughput and latency of a proxied request: banyan beside undici, nginx, HAProxy and others',
  rounds: 3,
  minutes: 10,
  cases: 'CONNECTIONSxBODY[/tls|/http2|/workers]: 64x1kB, 1000x100kB/tls, 64x10MB/http2',
  peers: 'banyan, undici, nginx, haproxy, fastify, expressHpm, banyan10Routes, banyan10000Routes',
  async setup(context) {
    const { parseCase } = await import('./router-peers/bench-case.ts');
    const { loadGenerators } = await import('./router-peers/load/load.ts');
    const { Peers } = await import('./router-peers/peers.ts');
    const { makeCertificate } = await import('./router-peers/proxies/certificate.ts');
    const { descriptorLimit } = await import('./router-peers/proxies/proxy.ts');
    const { proxySubject } = await import('./router-peers/proxy-subject.ts');
    const chosen = await peersOf(context);
    const asked = (context.cases ?? (context.quick ? [usual, `${usual}/http2`] : cases)).map(parseCase);
    const load = await loadGenerators(context);
    const certificate = asked.some(({ protocol }) => protocol !== 'http1')
      ? await makeCertificate(context.folder)
      : null;
    const descriptors = await descriptorLimit();
    const upstream = await startUpstream(context, asked);
    const peers = new Peers(context, upstream.url, certificate);

    const subjects: BenchSubject[] = [];
    const ratios: RatioSpec[] = [];
    for (const one of asked) {
      const generator = one.protocol === 'http2' ? load.http2 : load.http1;
      const reason = whyNot(one, { certificate: certificate !== null, generator });
      if (generator === null || reason !== null) {
        context.log(`NOT MEASURED: ${one.name}: ${reason}`);
        continue;
      }
      const add = (subject: Omit<ProxySubject, 'case' | 'upstream' | 'load'>, measured = one) =>
        subjects.push({
          ...proxySubject({ ...subject, case: measured, upstream, load: generator }, context),
          case: one.name,
        });
      if (one.workers) {
        for (const workers of [1, 2]) add(await startWorkers(context, upstream.url, workers, one));
        ratios.push(...workerRatios(one));
        continue;
      }
      const named = chosen ?? (one.name === usual ? [...everywhere, ...nodeProxies] : everywhere);
      for (const peer of named) {
        const connections = connectionsFor(one, peer, descriptors);
        const told = `a process may have ${descriptors} descriptors here (ulimit -n)`;
        if (connections < one.connections * nearEnough) {
          context.log(`NOT MEASURED: ${peer}@${one.name}: ${told}`);
          continue;
        }
        if (connections < one.connections)
          context.log(`${peer}@${one.name}: ${connections} connections: ${told}`);
        const proxy = await peers.of(peer, one);
        if (proxy !== null) add({ name: subjectName(peer, one), proxy }, { ...one, connections });
      }
      ratios.push(...peerRatios(one));
    }
    const measured = new Set(subjects.map(({ name }) => name));
    return { subjects, ratios: ratios.filter(({ of, over = of }) => measured.has(of) && measured.has(over)) };
  },
};

async function peersOf({ peers }: BenchContext): Promise<readonly PeerName[] | null> {
  if (peers === null) return null;
  const { peerNames } = await import('./router-peers/peers.ts');
  return peers.map((name) => {
    const known = peerNames.find((peer) => peer === name);
    if (known !== undefined) return known;
    throw new BanyanError('BANYAN_BENCH_UNKNOWN', `There is no peer named "${name}".`, {
      fix: `Name some of: ${peerNames.join(', ')}.`,
    });
  });
}

async function startUpstream(context: BenchContext, asked: readonly BenchCase[]) {
  const { findDebianProgram } = await import('../servers/find-debian-program.ts');
  const { startNginxUpstream } = await import('./router-peers/proxies/nginx.ts');
  const { startNode } = await import('./router-peers/proxies/node-program.ts');
  const nginx = await findDebianProgram('nginx', context);
  if (nginx === null) {
    context.log('nginx is not here and cannot be fetched: the upstream is a Node program, and slower');
    return startNode(context, 'upstream');
  }
  return startNginxUpstream(context, nginx, [0, ...asked.map(({ bodyBytes }) => bodyBytes)]);
}

/** Why a case cannot be measured on this machine; null: it can. */
function whyNot(
  { protocol }: BenchCase,
  has: { readonly certificate: boolean; readonly generator: unknown },
): string | null {
  if (protocol !== 'http1' && !has.certificate) return 'there is no openssl to make a certificate with';
  if (has.generator !== null) return null;
  return 'there is no h2load (Debian: nghttp2-client), and it cannot be fetched';
}

/** A case on fewer connections than it says is still that case as long as it has this share of them. */
const nearEnough = 0.95;
/** What a proxy has open besides connections. */
const otherDescriptors = 200;

/** How many clients' connections it can have. nginx has another one for each, all others keep requests waiting for one of a few. */
function connectionsFor({ connections }: BenchCase, peer: PeerName, allowed: number): number {
  const most =
    peer === 'nginx' ? Math.floor((allowed - otherDescriptors) / 2) : allowed - otherDescriptors - 512;
  return Math.min(connections, most);
}

async function startWorkers(
  context: BenchContext,
  upstream: string,
  count: number,
  { name }: BenchCase,
): Promise<Pick<ProxySubject, 'name' | 'proxy' | 'workers'>> {
  const { startNode } = await import('./router-peers/proxies/node-program.ts');
  const { childrenOf } = await import('../runs/cpu-time.ts');
  const proxy = await startNode(context, 'banyan-workers', upstream, String(count));
  return { name: workersName(count, name), proxy, workers: () => childrenOf(proxy.process.pid) };
}

function workersName(count: number, caseName: string): string {
  return `banyan${count}Workers@${caseName}`;
}

/** The usual case goes without saying. */
function subjectName(peer: PeerName, { name }: BenchCase): string {
  return name === usual ? peer : `${peer}@${name}`;
}

function peerRatios(one: BenchCase): RatioSpec[] {
  const of = subjectName('banyan', one);
  const at = one.name === usual ? '' : `@${one.name}`;
  const ratio = (name: string, metric: string, peer: PeerName, target?: number): RatioSpec => ({
    ...{ name: `${name}${at}`, metric, of, over: subjectName(peer, one) },
    ...(target !== undefined && at === '' && { atMost: target }),
  });
  const cpu = 'cpuMicrosPerRequest';
  return [
    ratio('cpuVsUndici', cpu, 'undici', 0.75),
    ratio('cpuVsFastify', cpu, 'fastify', 0.6),
    ratio('cpuVsExpressHpm', cpu, 'expressHpm', 0.4),
    ratio('cpuVsNginx', cpu, 'nginx'),
    ratio('cpuVsHaproxy', cpu, 'haproxy'),
    ...(['p50', 'p99'] as const).flatMap((percentile) => [
      ratio(`${percentile}VsUndici`, `${percentile}Ms`, 'undici'),
      ratio(`${percentile}VsNginx`, `${percentile}Ms`, 'nginx'),
      ratio(`${percentile}VsHaproxy`, `${percentile}Ms`, 'haproxy'),
    ]),
    {
      ...ratio('cpuRoutes10000Vs10', cpu, 'banyan10Routes', 1.05),
      of: subjectName('banyan10000Routes', one),
    },
  ];
}

/** On two cores, which load and upstream share, a second worker cannot double what is served: what it costs shows all the same. */
function workerRatios({ name }: BenchCase): RatioSpec[] {
  const [of, over] = [workersName(2, name), workersName(1, name)];
  return [
    { name: `cpuWorkers2Vs1@${name}`, metric: 'cpuMicrosPerRequest', of, over, atMost: 1.15 },
    { name: `requestsWorkers2Vs1@${name}`, metric: 'requestsPerSecond', of, over },
    { name: `p50Workers2Vs1@${name}`, metric: 'p50Ms', of, over },
    { name: `p99Workers2Vs1@${name}`, metric: 'p99Ms', of, over },
  ];
}
