import { describe, expect, it } from 'vitest';
import { describeSign, nextBrake } from '../../../mover/throttle/brake.ts';
import { CommitTimes } from '../../../mover/throttle/commit-times.ts';
import { Pace } from '../../../mover/throttle/pace.ts';

const never = new AbortController().signal;
const settled = async (promise: Promise<void>, ms: number) =>
  Promise.race([promise.then(() => 'goes on'), new Promise((resolve) => setTimeout(resolve, ms, 'rests'))]);

describe('nextBrake', () => {
  const sign = (value: number) => ({ what: `${value} threads run on the source`, value, limit: 50 });

  it('halves the share while something is over its limit, to a stop, and doubles it afterwards', () => {
    const down: number[] = [1];
    while (down.at(-1) !== 0) down.push(nextBrake(down.at(-1) as number, [sign(10), sign(51)]));
    expect(down).toEqual([1, 1 / 2, 1 / 4, 1 / 8, 0]);
    const up: number[] = [0];
    while (up.at(-1) !== 1) up.push(nextBrake(up.at(-1) as number, [sign(50)]));
    expect(up).toEqual([0, 1 / 8, 1 / 4, 1 / 2, 1]);
  });

  it('says what is over which limit', () => {
    expect(describeSign(sign(51))).toBe('51 threads run on the source, more than 50');
  });
});

describe('Pace', () => {
  it('lets so many workers go on, and lets them rest in proportion to what they worked', async () => {
    const pace = new Pace({ workers: 2, share: 1 });
    expect(await settled(pace.rest(1, 10_000, never), 50)).toBe('goes on');
    expect(await settled(pace.rest(2, 0, never), 50)).toBe('rests');
    pace.ask({ workers: 2, share: 0.5 });
    expect(await settled(pace.rest(0, 5, never), 500)).toBe('goes on');
    expect(await settled(pace.rest(0, 5_000, never), 50)).toBe('rests');
  });

  it('wakes whoever rests as soon as the pace changes', async () => {
    const pace = new Pace({ workers: 1, share: 1 });
    pace.brake(0, ['why']);
    const resting = pace.rest(0, 0, never);
    expect(await settled(resting, 30)).toBe('rests');
    expect(pace.now).toEqual({ workers: 1, share: 0, because: ['why'] });
    pace.brake(1, []);
    expect(await settled(resting, 500)).toBe('goes on');
    const third = pace.rest(2, 0, never);
    pace.ask({ workers: 3, share: 1 });
    expect(await settled(third, 500)).toBe('goes on');
    const ended = new AbortController();
    const over = pace.rest(9, 0, ended.signal);
    ended.abort();
    expect(await settled(over, 500)).toBe('goes on');
  });
});

it('CommitTimes follows the last commits', () => {
  const times = new CommitTimes();
  expect(times.averageMs).toBe(0);
  times.note(10);
  times.note(110);
  expect(times.averageMs).toBeCloseTo(40);
});
