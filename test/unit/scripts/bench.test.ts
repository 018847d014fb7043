import { describe, expect, it } from 'vitest';
import type { Bench } from '../../../scripts/bench/bench.ts';
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
