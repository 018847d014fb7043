import { describe, expect, test } from 'vitest';
import { type CanaryInput, canaryFaulty, readCanary } from '../../../../control/canary/read-canary.ts';
import { readDuration, readInstant } from '../../../../control/canary/read-time.ts';

const now = '2026-11-22T10:00:00.000Z';
const subject = {
  name: 'thing',
  routes: [
    { id: 'GET /things', access: 'read' },
    { id: 'GET /things/:id', access: 'read' },
    { id: 'POST /things', access: 'write' },
  ],
} as const;
const read = (input: CanaryInput) => readCanary(subject, input, now);
const faultsOf = (input: CanaryInput) => read(input).faults.map(({ at }) => at);

describe('a canary that makes sense', () => {
  test('one percentage, of all reads or of some', () => {
    expect(read({ percent: '12.5 %' })).toEqual({
      order: {
        routes: ['GET /things', 'GET /things/:id'],
        ramp: [12.5],
        everyMs: null,
        until: null,
        guard: null,
      },
      faults: [],
    });
    expect(read({ percent: 0, routes: ['GET /things/:id'] }).order.routes).toEqual(['GET /things/:id']);
  });

  test('a guarded ramp, and every fault of a guard', () => {
    const guarded = { ramp: '1,5', every: '10m' };
    expect(read({ ...guarded, guard: { action: 'freeze', minimumRequests: 50 } })).toMatchObject({
      order: { guard: { action: 'freeze', webhook: null, minimumRequests: 50 } },
      faults: [],
    });
    expect(read({ ...guarded, guard: {} }).order.guard).toMatchObject({ action: 'step-back' });
    const wrong = { action: 'explode', webhook: 'ftp://a', minimumRequests: 0 };
    expect(faultsOf({ percent: 5, guard: wrong })).toEqual([
      'guard.action',
      'guard.webhook',
      'guard.minimumRequests',
      'guard',
    ]);
  });

  test('a ramp with an end', () => {
    expect(read({ ramp: '1,5, 25,50,100', every: '10m', until: '3h' })).toMatchObject({
      order: { ramp: [1, 5, 25, 50, 100], everyMs: 600_000, until: '2026-11-22T13:00:00.000Z' },
      faults: [],
    });
    expect(read({ percent: 5, until: '2026-11-22T19:30:00+09:00' }).order.until).toBe(
      '2026-11-22T10:30:00.000Z',
    );
  });
});

describe('a canary that makes none is told everything at once', () => {
  test.each<[CanaryInput, string[]]>([
    [{}, ['percent']],
    [{ percent: 5, ramp: '1,5', every: '1m' }, ['percent']],
    [{ percent: 'many' }, ['percent']],
    [{ percent: '' }, ['percent']],
    [{ percent: ' ' }, ['percent']],
    [{ percent: ' % ' }, ['percent']],
    [{ percent: 100.5 }, ['percent']],
    [{ percent: 0.123 }, ['percent']],
    [{ ramp: '5,1', every: '10m' }, ['ramp']],
    [{ ramp: '5,5', every: '10m' }, ['ramp']],
    [{ ramp: '5,101,x', every: '10m' }, ['ramp', 'ramp']],
    [{ ramp: '', every: '10m' }, ['ramp']],
    [{ ramp: [], every: '10m' }, ['ramp']],
    [{ ramp: '1,5' }, ['every']],
    [{ percent: 5, every: '10m' }, ['every']],
    [{ ramp: '1,5', every: '0' }, ['every']],
    [{ ramp: '1,5', every: '0m' }, ['every']],
    [{ ramp: '1,5', every: '-5m' }, ['every']],
    [{ percent: 5, until: '2026-11-22T09:59:59Z' }, ['until']],
    [{ percent: 5, until: '0s' }, ['until']],
    [{ percent: 5, until: '2026-11-22T18:00:00' }, ['until']],
    [{ percent: 5, until: '9999999999999d' }, ['until']],
    [{ percent: 5, until: 'tomorrow' }, ['until']],
    [
      { ramp: '5,1,200', every: '0', until: '2020-01-01T00:00:00Z', routes: ['POST /things', 'GET /x'] },
      ['ramp', 'ramp', 'every', 'until', 'routes', 'routes'],
    ],
  ])('%j', (input, places) => {
    const faults = faultsOf(input);
    expect([...faults].sort()).toEqual([...places].sort());
    for (const fault of read(input).faults) expect(fault.fix).not.toBe('');
  });

  test('routes that do not fit are refused, anything else is a mistake of the request', () => {
    const routes = ['POST /things'];
    expect(canaryFaulty('thing', read({ percent: 5, routes }).faults).code).toBe('BANYAN_CANARY_REFUSED');
    expect(canaryFaulty('thing', read({ percent: 500, routes }).faults)).toMatchObject({
      code: 'BANYAN_REQUEST_INVALID',
      faults: [{ at: 'percent' }, { at: 'routes' }],
    });
  });
});

describe('times', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['10', null],
    ['10 minutes', null],
    ['m', null],
    ['', null],
    ['5m x', null],
  ])('the duration %j', (text, ms) => expect(readDuration(text)).toBe(ms));

  test.each([
    ['2026-11-22T18:00:00Z', '2026-11-22T18:00:00.000Z'],
    ['2026-11-22T18:00+09:00', '2026-11-22T09:00:00.000Z'],
    ['2026-02-30T18:00:00Z', null],
    ['2026-11-22', null],
    ['2026-11-22T18:00:00', null],
    ['2026-13-01T18:00:00Z', null],
  ])('the point in time %j', (text, iso) => expect(readInstant(text)).toBe(iso));
});
