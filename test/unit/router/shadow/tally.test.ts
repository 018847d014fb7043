import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Difference } from '../../../../router/shadow/compare/index.ts';
import { mergeTallies, type Observation, TallyKeeper } from '../../../../router/shadow/tally/index.ts';
import { redactTarget, redactValue } from '../../../../router/shadow/tally/redact.ts';

const route = 'GET /a';
const value = (path: string): Difference => ({ path, kind: 'value', first: '1', second: '2' });

function observation(over: Partial<Observation>): Observation {
  return { route, requestId: 'r', request: 'GET /a', differences: [], repeat: null, ...over };
}

function countsOf(...observations: Partial<Observation>[]) {
  const keeper = new TallyKeeper(1_000);
  for (const one of observations) keeper.record(observation(one));
  return keeper.tally()[route]!.paths;
}

describe('a second look', () => {
  const differences = [value('body.a')];

  test('legacy says the same again: the difference persists', () => {
    expect(countsOf({ differences, repeat: { why: 'doubted', legacy: [], settled: null } })).toEqual({
      'value body.a': { differed: 1, persisted: 1, wavered: 0, settled: 0, noise: 0 },
    });
  });

  test('legacy contradicts itself: a doubted one wavers, of a sampled one nothing is known', () => {
    const legacy = [value('body.a')];
    expect(
      countsOf({ differences, repeat: { why: 'doubted', legacy, settled: null } })['value body.a'],
    ).toEqual({
      differed: 1,
      persisted: 0,
      wavered: 1,
      settled: 0,
      noise: 0,
    });
    expect(
      countsOf({ differences, repeat: { why: 'sampled', legacy, settled: null } })['value body.a'],
    ).toEqual({
      differed: 1,
      persisted: 0,
      wavered: 0,
      settled: 0,
      noise: 1,
    });
  });

  test('the sides agree, and legacy does not agree with itself: that is noise', () => {
    const repeat = { why: 'sampled', legacy: [value('body.a')], settled: null } as const;
    expect(countsOf({ repeat })['value body.a']).toEqual({
      differed: 0,
      persisted: 0,
      wavered: 1,
      settled: 0,
      noise: 1,
    });
  });

  test('the service says what legacy said once its data is current: it was behind, and no sample is kept', () => {
    const keeper = new TallyKeeper(1_000);
    keeper.record(
      observation({
        differences,
        repeat: { why: 'doubted', legacy: [], settled: { legacy: [], service: [] } },
      }),
    );
    const { paths, samples } = keeper.tally()[route]!;
    expect(paths['value body.a']).toMatchObject({ persisted: 0, settled: 1 });
    expect(samples).toEqual({});
  });
});

test('tallies of several routers are as one tally of all, in whatever order they come', () => {
  const paths = fc.constantFrom('body.a', 'body.b', 'body.c[]', '__proto__').map(value);
  const repeat = fc.option(
    fc.record({
      why: fc.constantFrom('sampled' as const, 'doubted' as const),
      legacy: fc.array(paths, { maxLength: 2 }),
      settled: fc.constant(null),
    }),
  );
  const observations = fc.array(
    fc.record({
      route: fc.constantFrom('GET /a', 'GET /b'),
      requestId: fc.uuid(),
      request: fc.constant('GET /a'),
      differences: fc.array(paths, { maxLength: 2 }),
      repeat,
      replica: fc.nat({ max: 2 }),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(observations, (all) => {
      const clock = { at: 0 };
      const keepers = [0, 1, 2, 3].map(() => new TallyKeeper(1e9, () => clock.at));
      for (const { replica, ...one } of all) {
        clock.at += 1;
        keepers[replica]!.record(one);
        keepers[3]!.record(one);
      }
      const [a, b, c, whole] = keepers.map((keeper) => keeper.tally());
      expect(mergeTallies([a!, b!, c!])).toEqual(mergeTallies([whole!]));
      expect(mergeTallies([c!, mergeTallies([b!, a!])])).toEqual(mergeTallies([whole!]));
    }),
    { numRuns: 200 },
  );
});

test('samples end, and confirmed ones are kept before others', () => {
  const clock = { at: 0 };
  const keeper = new TallyKeeper(1_000, () => clock.at);
  const differences = [value('body.a')];
  for (let i = 0; i < 5; i++) keeper.record(observation({ requestId: `r${i}`, differences }));
  const repeat = { why: 'doubted', legacy: [], settled: null } as const;
  clock.at = 500;
  keeper.record(observation({ requestId: 'confirmed', differences, repeat }));
  const ids = () => keeper.tally()[route]!.samples['value body.a']?.map(({ requestId }) => requestId);
  expect(ids()).toEqual(['confirmed', 'r0', 'r1']);
  clock.at = 1_200;
  expect(ids()).toEqual(['confirmed']);
  clock.at = 1_600;
  expect(ids()).toBeUndefined();
});

test('a side that makes up names fills neither memory nor the report', () => {
  const keeper = new TallyKeeper(1_000);
  for (let i = 0; i < 5_000; i++) keeper.record(observation({ differences: [value(`body.made${i}up`)] }));
  const { paths, samples, crowded } = keeper.tally()[route]!;
  expect(Object.keys(paths)).toHaveLength(400);
  expect(Object.keys(samples)).toHaveLength(400);
  expect(crowded).toBe(4_600);
});

test('samples show nothing that is nobody’s business', () => {
  expect(redactValue('body.user.password', '"hunter2"')).toBe('(redacted)');
  expect(redactValue('body.accessToken', '"x"')).toBe('(redacted)');
  expect(redactValue('body.note', '"write to ann@example.org"')).toBe('"write to (redacted)"');
  expect(redactValue('body.note', '"card 4111 1111 1111 1111"')).toBe('"card (redacted)"');
  expect(redactValue('body.note', '"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIx"')).not.toContain(
    'eyJ',
  );
  expect(redactValue('body.price', '12.50')).toBe('12.50');
  expect(redactValue('body.id', '9007199254740993')).toBe('9007199254740993');
  expect(redactValue('body.text', `"${'words '.repeat(200)}"`)!.length).toBeLessThan(130);
  expect(redactTarget('/users/7?email=ann@example.org&token=secret')).toBe('/users/7?email=…&token=…');
  expect(redactTarget('/users/ann@example.org/orders')).toBe('/users/(redacted)/orders');
});

test('a place is looked at again so many times in a minute, and again in the next', () => {
  let now = 0;
  const keeper = new TallyKeeper(1_000, () => now);
  const differences = [value('body.a')];
  const record = () =>
    keeper.record(observation({ differences, repeat: { why: 'doubted', legacy: [], settled: null } }));
  for (let look = 0; look < 200; look++) {
    expect(keeper.isDoubtful(route, differences)).toBe(true);
    record();
  }
  expect(keeper.isDoubtful(route, differences)).toBe(false);
  expect(keeper.isDoubtful(route, [...differences, value('body.b')])).toBe(true);
  now = 60_000;
  expect(keeper.isDoubtful(route, differences)).toBe(true);
  record();
  expect(keeper.tally()[route]!.paths['value body.a']).toMatchObject({ persisted: 201 });
});
