import { describe, expect, it } from 'vitest';
import type { Bench } from '../../../scripts/bench/bench.ts';
import { parseCase } from '../../../scripts/bench/router-peers/bench-case.ts';
import { percentilesOf } from '../../../scripts/bench/router-peers/load/percentiles.ts';
import { median, spreadPercent } from '../../../scripts/bench/runner/median.ts';
import { runBench } from '../../../scripts/bench/runner/run-bench.ts';

const run = (bench: Bench, rounds: number, signal = new AbortController().signal) =>
  runBench({ bench, rounds, quick: true, signal, log: () => undefined });

describe('the bench runner', () => {
  it('lets subjects take turns, throws the warm-up away and prints medians and ratios', async () => {
    const order: string[] = [];
    const stopped: string[] = [];
    const values: Record<string, number[]> = { a: [1000, 1, 9, 2], b: [1000, 2, 2, 2] };
    const bench: Bench = {
      name: 'turns',
      summary: '',
      async setup(context) {
        context.defer(() => stopped.push('first'));
        context.defer(() => stopped.push('second'));
        const subject = (name: string) => ({
          name,
          async measure({ index }: { index: number }) {
            order.push(`${name}${index}`);
            return { perSecond: values[name]?.[index] ?? 0 };
          },
        });
        return {
          subjects: [subject('a'), subject('b')],
          ratios: [
            { name: 'aOverB', metric: 'perSecond', of: 'a', over: 'b', atLeast: 2 },
            { name: 'aOverAbsent', metric: 'perSecond', of: 'a', over: 'absent' },
          ],
        };
      },
    };
    const { result, details } = await run(bench, 3);
    expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2', 'b3', 'a3']);
    expect(result.subjects).toEqual({ a: { perSecond: 2 }, b: { perSecond: 2 } });
    expect(result.ratios).toEqual({ aOverB: 1 });
    expect(details.missed.map((ratio) => ratio.name)).toEqual(['aOverB']);
    expect(stopped).toEqual(['second', 'first']);
  });

  it('goes case by case, tells each as it is done, leaves out what fails and what there is no time for', async () => {
    const told: string[] = [];
    const lines: string[] = [];
    const subject = (name: string, of: string, measure = async () => ({ perSecond: 4 })) => ({
      ...{ name, case: of, measure },
    });
    const bench: Bench = {
      name: 'cases',
      summary: '',
      setup: async () => ({
        subjects: [
          subject('a', '1'),
          subject('b', '1', async () => Promise.reject(new Error('it has no leg to stand on'))),
          subject('c', '1', () => new Promise((resolve) => setTimeout(resolve, 40, { perSecond: 2 }))),
          subject('d', '2'),
        ],
        ratios: [
          { name: 'aOverC', metric: 'perSecond', of: 'a', over: 'c' },
          { name: 'aOverB', metric: 'perSecond', of: 'a', over: 'b' },
        ],
      }),
    };
    const { result, details } = await runBench({
      ...{ bench, rounds: 100, quick: true, minutes: 0.001, log: (text) => lines.push(text) },
      signal: new AbortController().signal,
      onCase: (one) => told.push(`${one.bench}: ${JSON.stringify(one.ratios)}`),
    });
    expect(told).toEqual(['cases 1: {"aOverC":2}']);
    expect(result.subjects).toEqual({ a: { perSecond: 4 }, c: { perSecond: 2 } });
    expect(details.unmeasured).toEqual(['b', 'd']);
    expect(lines.filter((line) => !line.includes('perSecond'))).toEqual([
      'NOT MEASURED: b: it has no leg to stand on',
      expect.stringMatching(/^1 has [2-9] rounds instead of 100: the time is up/),
      expect.stringContaining('NOT MEASURED: 2: the time is up'),
    ]);
  });

  it('stops what it started when a subject fails, and when it is interrupted', async () => {
    const stopped: string[] = [];
    const interrupt = new AbortController();
    const bench = (measure: () => Promise<Record<string, number>>): Bench => ({
      name: 'fails',
      summary: '',
      async setup(context) {
        const child = await context.spawn({
          command: process.execPath,
          args: ['-e', 'console.log("ready"); setInterval(() => {}, 1000)'],
          ready: /^ready$/,
        });
        context.defer(() => stopped.push(String(child.pid > 0)));
        return { subjects: [{ name: 'a', measure }], ratios: [] };
      },
    });
    await expect(
      run(
        bench(async () => ({ perSecond: Number.NaN })),
        1,
      ),
    ).rejects.toThrow('not a number');
    const endless = bench(async () => {
      interrupt.abort(new Error('enough'));
      return { perSecond: 1 };
    });
    await expect(run(endless, 5, interrupt.signal)).rejects.toThrow('enough');
    expect(stopped).toEqual(['true', 'true']);
  });

  it('tells what a process said that did not get ready', async () => {
    const bench: Bench = {
      name: 'dies',
      summary: '',
      async setup(context) {
        await context.spawn({
          command: process.execPath,
          args: ['-e', 'console.error("no luck")'],
          ready: /^ready$/,
        });
        return { subjects: [], ratios: [] };
      },
    };
    await expect(run(bench, 1)).rejects.toMatchObject({
      code: 'BANYAN_RUN_PROCESS_FAILED',
      fix: expect.stringContaining('no luck'),
    });
  });
});

describe('medians', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('of %j is %d', (values, wanted) => {
    expect(median(values)).toBe(wanted);
  });
  it('have no spread when all values are equal', () => {
    expect(spreadPercent([5, 5, 5, 5])).toBe(0);
    expect(median([])).toBeNaN();
  });
});

describe("the router bench's cases", () => {
  it.each([
    ['64x1kB', { connections: 64, bodyBytes: 1_024, protocol: 'http1', workers: false }],
    ['10000x0', { connections: 10_000, bodyBytes: 0, protocol: 'http1' }],
    ['1x10MB/tls', { connections: 1, bodyBytes: 10 * 1_024 * 1_024, protocol: 'tls' }],
    ['64x100kB/http2', { bodyBytes: 102_400, protocol: 'http2' }],
    ['64x1kB/workers', { workers: true }],
  ])('%s', (name, wanted) => {
    expect(parseCase(name)).toMatchObject({ name, ...wanted });
  });

  it.each(['', '0x1kB', '64', '64x', '64x1GB', '64x1kB/quic', '64x1kB/tls/tls', '64x1kB/tls/workers'])(
    'refuse "%s"',
    (name) => {
      expect(() => parseCase(name)).toThrow(expect.objectContaining({ code: 'BANYAN_BENCH_UNKNOWN' }));
    },
  );

  it('tell percentiles of times in any order', () => {
    const times = Array.from({ length: 1_000 }, (_, n) => ((n * 7) % 1_000) + 1);
    expect(percentilesOf(times)).toEqual({ p50Ms: 501, p99Ms: 991 });
    expect(percentilesOf([])).toEqual({ p50Ms: Number.NaN, p99Ms: Number.NaN });
  });
});
