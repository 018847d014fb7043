import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { PlanDescription } from '../../../control/api/index.ts';
import { planTimes, renderPlan } from '../../../control/api/words/plan-words.ts';
import { runCli } from '../../../scripts/cli/main.ts';

const directory = join(import.meta.dirname, '../../..');

async function canary(...args: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdout, stderr, env: {}, directory, signal: new AbortController().signal };
  const code = await runCli(['canary', 'product', '--why', 'x', '--json', ...args], io);
  return { code, faults: JSON.parse(String(stdout.read())).error.faults as { at: string; fix: string }[] };
}

describe('banyan canary', () => {
  it.each([
    [['--ramp', '5,1', '--every', '10m'], ['ramp']],
    [['--ramp', '50,101', '--every', '10m'], ['ramp']],
    [['--ramp', '1,5', '--every', '0'], ['every']],
    [['--percent', '5', '--every', '10m'], ['every']],
    [
      ['--every', '10m'],
      ['every', 'percent'],
    ],
    [
      ['--ramp', '5,x,1', '--until', '2020-01-01T00:00:00Z', '--route', 'GET /x'],
      ['every', 'ramp', 'ramp', 'routes', 'until'],
    ],
  ])('%j: every fault at once, exit status 2, without asking anyone', async (args, places) => {
    const { code, faults } = await canary(...args);
    expect(code).toBe(2);
    expect(faults.map(({ at }) => at).sort()).toEqual(places);
    for (const { fix } of faults) expect(fix).not.toBe('');
  });
});

describe('a plan in words', () => {
  const plan: PlanDescription = {
    id: 'one',
    who: 'ops',
    why: 'first readers',
    startedAt: '2026-11-22T10:00:00.000Z',
    routes: ['GET /a', 'GET /b'],
    ramp: [1, 5, 25],
    everyMs: 600_000,
    percent: 1,
    next: { percent: 5, at: '2026-11-22T10:10:00.000Z' },
    coming: [
      { percent: 5, at: '2026-11-22T10:10:00.000Z' },
      { percent: 25, at: '2026-11-22T10:20:00.000Z' },
    ],
    until: '2026-11-22T13:00:00.000Z',
    revertsTo: { 'GET /a': 0, 'GET /b': 40 },
    guard: null,
    watchedUntil: null,
    frozen: null,
  };

  it('says what is next, when, and when it goes back', () => {
    expect(renderPlan(plan, '2026-11-22T10:02:30.000Z')).toBe(
      'is at 1 %; next 5 % at 2026-11-22 10:10:00 UTC, in 7m30s; then 25 %; back to 0–40 %, each route to its own at 2026-11-22 13:00:00 UTC, in 2h57m',
    );
    expect(planTimes({ ...plan, revertsTo: { 'GET /a': 0 } })).toEqual([
      '5 % at 2026-11-22 10:10:00 UTC',
      '25 % at 2026-11-22 10:20:00 UTC',
      'back to 0 % at 2026-11-22 13:00:00 UTC',
    ]);
  });

  it('says that it stands still, and why', () => {
    const frozen = { since: '2026-11-22T10:04:00.000Z', because: 'paused' } as const;
    const coming = [{ percent: 5, at: null }];
    expect(renderPlan({ ...plan, frozen, coming, next: coming[0]!, until: null })).toBe(
      'is at 1 %; stands still since 2026-11-22 10:04:00 UTC (paused); next 5 %',
    );
  });
});
