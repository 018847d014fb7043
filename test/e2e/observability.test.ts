import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LogLine } from '../../scripts/logs/log-line.ts';
import { findDebianProgram, type ProgramCommand } from '../../scripts/servers/find-debian-program.ts';
import { runProgram } from '../../scripts/servers/run-program.ts';
import type { StackInfo } from '../../scripts/stack/stack-info.ts';
import { httpCall } from '../support/http-call.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { jsonOf, startTestStack, type TestStack } from '../support/stack.ts';

const folder = join(import.meta.dirname, '../../docs/observability');
const prometheusProgram = await findDebianProgram('prometheus').catch(() => null);
const promtool = await findDebianProgram('promtool').catch(() => null);

describe('what docs/observability has, with a running stack', () => {
  const stopping = new AsyncDisposableStack();
  let spans: OtlpReceiver;
  let stack: TestStack;
  let info: StackInfo;
  beforeAll(async () => {
    spans = stopping.use(await startOtlpReceiver());
    vi.stubEnv('NODE_OPTIONS', `--import ${pathToFileURL(join(folder, 'otel.mjs'))}`);
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', spans.url);
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '100');
    vi.stubEnv('LOG_LEVEL', 'debug');
    stack = stopping.use(await startTestStack('observability', '--rows', '200'));
    vi.unstubAllEnvs();
    info = await stack.info();
    for (const command of [['copy'], ['verify'], ['canary', '--percent', '100']]) {
      const [name, ...flags] = command;
      const ended = await stack.banyan(name!, 'product', ...flags);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
    }
  });
  afterAll(() => stopping.disposeAsync());

  const get = (path: string, headers = {}) => httpCall(info.router[0]!, { method: 'GET', path, headers });

  it('a request is one trace from the client to the service, and its log lines are found by its id', async () => {
    // The router follows a moment after the command has returned.
    const metrics = async () => {
      await get('/api/products/1');
      return (await httpCall(info.routerHealth[0]!, { method: 'GET', path: '/metrics' })).body.toString();
    };
    await expect.poll(metrics).toMatch(/^banyan_requests_total\{.*side="service"/m);

    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    const answer = await get('/api/products/1', { traceparent });
    expect(answer.status).toBe(200);
    await expect.poll(() => spans.spansOf(traceId).length).toBe(3);
    const [outer, call, served] = chain(spans.spansOf(traceId), '00f067aa0ba902b7');
    expect([outer, call, served]).toEqual([
      'GET /api/products/:id',
      'ProductService/getProduct',
      'ProductService/getProduct',
    ]);

    const logs = async (id: string) => {
      const ended = await stack.banyan('logs', id, join(stack.place.dataDir, 'logs'), '--json');
      return (jsonOf(ended) as { lines: LogLine[] }).lines;
    };
    const both = ['product: call', 'router: request'];
    const told = (lines: LogLine[]) => lines.map(({ process, message }) => `${process}: ${message}`).sort();
    await expect.poll(async () => told(await logs(traceId))).toEqual(both);
    const [{ fields }] = (await logs(traceId)) as [LogLine];
    expect(told(await logs(String(fields.requestId)))).toEqual(both);
  });

  it.skipIf(promtool === null)('the alerts are sound, and ring when they should', async () => {
    expect(await run(promtool!, ['check', 'rules', 'alerts.yml'])).toMatch(/SUCCESS/);
    expect(await run(promtool!, ['check', 'config', '--syntax-only', 'prometheus.yml'])).toMatch(/SUCCESS/);
    expect(await run(promtool!, ['test', 'rules', 'alerts.test.yml'])).toMatch(/SUCCESS/);
  });

  it.skipIf(prometheusProgram === null)(
    'every query of the board and the alerts is of metrics that the processes export',
    async () => {
      const example = await readFile(join(folder, 'prometheus.yml'), 'utf8');
      const addresses = [info.routerHealth[0]!, info.admin.url, info.productHealth].map(
        (url) => new URL(url).host,
      );
      const config = ['127.0.0.1:7409', '127.0.0.1:7410', '127.0.0.1:7412'].reduce(
        (text, usual, index) => text.replace(usual, addresses[index]!),
        example
          .replace('alerts.yml', join(folder, 'alerts.yml'))
          .replace('/etc/banyan/prometheus-token', info.admin.tokenFile)
          .replace('scrape_interval: 15s', 'scrape_interval: 1s\n  evaluation_interval: 1s'),
      );
      await using prometheus = await startPrometheus(
        prometheusProgram!,
        join(stack.place.dataDir, 'prometheus'),
        config,
      );
      const up = async () => {
        await get('/api/products/1');
        const { result } = (await prometheus.get('/api/v1/query', { query: 'up' })) as VectorData;
        return result.map(({ metric, value }) => `${metric.job} ${value[1]}`).sort();
      };
      await expect.poll(up).toEqual(['banyan-control 1', 'banyan-router 1', 'banyan-service 1']);

      // Of a histogram the name is told, and its series have endings.
      const described = (await prometheus.get('/api/v1/targets/metadata')) as { metric: string }[];
      const known = new Set(
        described.flatMap(({ metric }) => ['', '_bucket', '_sum', '_count'].map((end) => metric + end)),
      );
      const labels = new Set((await prometheus.get('/api/v1/labels')) as string[]);
      const queries = [...(await boardQueries()), ...(await alertQueries(prometheus))];
      expect(queries.length).toBeGreaterThan(40);
      const unknown: string[] = [];
      for (const query of queries) {
        await prometheus.get('/api/v1/query', { query });
        for (const [name] of query.matchAll(/\bbanyan_\w+/g)) if (!known.has(name)) unknown.push(name);
        for (const [, inside] of query.matchAll(/(?:\bby \(|\{)([^)}]*)[)}]/g)) {
          for (const [, label] of inside!.matchAll(/(\w+)(?==|!|,|$)/g))
            if (!labels.has(label!)) unknown.push(label!);
        }
      }
      // Compared pairs and labels of `route` are there once a feature is shadowed.
      expect(unknown.filter((name) => !name.startsWith('banyan_shadow_') && name !== 'service')).toEqual([]);
      // One that was pending before the first scrape is looked at again.
      const alerts = async () => ((await prometheus.get('/api/v1/alerts')) as { alerts: unknown[] }).alerts;
      await expect.poll(alerts).toEqual([]);
    },
  );
});

interface VectorData {
  readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
}

/** Names of the spans from the one below `parent` downwards. */
function chain(all: ReturnType<OtlpReceiver['spansOf']>, parent: string): string[] {
  const next = all.find(({ parentSpanId }) => parentSpanId === parent);
  return next === undefined ? [] : [next.name, ...chain(all, next.spanId)];
}

async function run([command, ...before]: ProgramCommand, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runProgram([command, ...before, ...args], { cwd: folder });
  return stdout + stderr;
}

async function boardQueries(): Promise<string[]> {
  const board = JSON.parse(await readFile(join(folder, 'grafana-board.json'), 'utf8')) as {
    readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
  };
  return board.panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$feature', '.*'));
}

async function alertQueries(prometheus: Prometheus): Promise<string[]> {
  const { groups } = (await prometheus.get('/api/v1/rules')) as {
    readonly groups: readonly { readonly rules: readonly { readonly query: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.map(({ query }) => query));
}
