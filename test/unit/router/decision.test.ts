import { compileTable, decide, explain, parseIdentitySources, routeConflicts } from 'banyan/router';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, bucketsBelow, cohortBuckets } from '../../../router/cohorts/cohorts.ts';
import { murmur3 } from '../../../router/cohorts/murmur3.ts';
import { RecentWrites } from '../../../router/cohorts/recent-writes.ts';
import { feature, route, table } from '../../support/router/router-stage.ts';

const facts = {
  leaseValid: true,
  mayBeOutdated: false,
  identity: 'header:7',
  cohort: null,
  sideAsked: null,
  wroteRecently: false,
} as const;

function decided(
  change: Parameters<typeof table>[0],
  target: string,
  over: Partial<Parameters<typeof decide>[2]> = {},
) {
  const compiled = compileTable(table(change));
  const [method = '', path = ''] = target.split(' ');
  const match = compiled.matcher.match(method, path, { host: 'a', rawHeaders: [], query: '' });
  return decide(compiled, match === null ? null : compiled.routes[match.index]!, { ...facts, ...over });
}

describe('murmur3', () => {
  it.for([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['abc', 0, 0xb3dd93fa],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ] as const)('hashes %j with seed %i', ([text, seed, hash]) => {
    expect(murmur3(text, seed)).toBe(hash);
  });
});

describe('cohorts', () => {
  it('are even: no percent of the buckets strays far from its share', () => {
    const inside = Array.from({ length: 50_000 }, (_, n) => bucketOf('salt', `header:${n}`));
    for (const percent of [1, 5, 10, 50, 90]) {
      const share = inside.filter((bucket) => bucket < bucketsBelow(percent)).length / inside.length;
      expect(Math.abs(share * 100 - percent)).toBeLessThan(0.5);
    }
  });
  it('are monotone: who is inside a smaller percentage is inside a larger one', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (identity, a, b) => {
          const bucket = bucketOf('s', identity);
          const [low, high] = a < b ? [a, b] : [b, a];
          return bucket < cohortBuckets && !(bucket < bucketsBelow(low) && bucket >= bucketsBelow(high));
        },
      ),
    );
  });
  it('are independent between features', () => {
    const both = Array.from(
      { length: 20_000 },
      (_, n) => [bucketOf('a', `${n}`), bucketOf('b', `${n}`)] as const,
    );
    const inA = both.filter(([a]) => a < 1_000);
    expect(inA.filter(([, b]) => b < 1_000).length / inA.length).toBeLessThan(0.15);
  });
});

describe('decide', () => {
  it.for([
    ['what no route matches', {}, 'GET /other', {}, 'unmatched', 'act', 'legacy'],
    ['a write before the cutover', {}, 'POST /things', {}, 'write-to-owner', 'act', 'legacy'],
    ['a write after it', { owner: 'service' }, 'POST /things', {}, 'write-to-owner', 'act', 'service'],
    ['a write on hold', { hold: true }, 'POST /things', {}, 'feature-on-hold', 'hold', 'legacy'],
    [
      'a write in transition with a lease',
      { inTransition: true },
      'POST /things',
      {},
      'write-to-owner',
      'act',
      'legacy',
    ],
    [
      'a write in transition without one',
      { inTransition: true },
      'POST /things',
      { leaseValid: false },
      'lease-expired',
      'hold',
      'legacy',
    ],
    [
      'a write elsewhere without a lease',
      {},
      'POST /things',
      { leaseValid: false },
      'write-to-owner',
      'act',
      'legacy',
    ],
    [
      'a write of a process that slept over its lease',
      {},
      'POST /things',
      { leaseValid: false, mayBeOutdated: true },
      'lease-expired',
      'hold',
      'legacy',
    ],
    [
      'a write that asks for a side',
      {},
      'POST /things',
      { sideAsked: 'service' },
      'write-to-owner',
      'act',
      'legacy',
    ],
    ['a read on hold', { hold: true }, 'GET /things/1', {}, 'read-0-percent', 'act', 'legacy'],
    [
      'a read that asks for the service',
      {},
      'GET /things/1',
      { sideAsked: 'service' },
      'side-service-asked',
      'act',
      'service',
    ],
    [
      'a read after an own write',
      { owner: 'service' },
      'GET /things/1',
      { wroteRecently: true },
      'read-your-writes',
      'act',
      'service',
    ],
  ] as const)('%s', ([, change, target, over, reason, outcome, side]) => {
    expect(decided({ features: [feature(change)] }, target, over)).toMatchObject({
      reason,
      outcome,
      side,
      version: reason ? 1 : 0,
    });
  });

  it('splits reads by bucket, and asks for no identity at 0 and 100', () => {
    const at = (readPercent: number, identity: string) =>
      decided({ routes: [route('GET /things/:id', { readPercent })] }, 'GET /things/1', { identity }).reason;
    expect(at(0, 'x')).toBe('read-0-percent');
    expect(at(100, 'x')).toBe('read-100-percent');
    for (let n = 0; n < 200; n++) {
      const inside = bucketOf('thing', `header:${n}`) < 1_025;
      expect(at(10.25, `header:${n}`)).toBe(inside ? 'cohort-inside' : 'cohort-outside');
    }
  });

  it('leaves a route of an unknown feature with legacy', () => {
    expect(decided({ features: [], routes: [route('POST /things')] }, 'POST /things')).toMatchObject({
      side: 'legacy',
    });
  });
});

describe('matching', () => {
  const routes = [
    route('GET /things/:id', { id: 'plain' }),
    route('GET /things/:id', { id: 'host', constraints: { host: 'a.example' } }),
    route('GET /things/:id', { id: 'anyHost', constraints: { host: '*.example' } }),
    route('GET /things/:id', { id: 'header', constraints: { headers: { 'x-v': '2' } } }),
    route('GET /things/:id', { id: 'anyHeader', constraints: { headers: { 'X-V': '*' } } }),
    route('GET /things/:id', { id: 'query', constraints: { query: { beta: '1' } } }),
    route('GET /things/new', { id: 'static', constraints: { headers: { 'x-v': '9' } } }),
  ];
  const { matcher } = compileTable(table({ routes }));
  const found = (path: string, host = 'h', rawHeaders: string[] = [], query = '') => {
    const match = matcher.match('GET', path, { host, rawHeaders, query });
    return match === null ? null : routes[match.index]!.id;
  };
  it('prefers host over header over query over none, an exact value over any', () => {
    expect(found('/things/1')).toBe('plain');
    expect(found('/things/1', 'A.example:80', ['X-V', '2'], 'beta=1')).toBe('host');
    expect(found('/things/1', 'b.example', ['X-V', '2'])).toBe('anyHost');
    expect(found('/things/1', 'h', ['x-V', '2'], 'beta=1')).toBe('header');
    expect(found('/things/1', 'h', ['x-v', '3'], 'beta=1')).toBe('anyHeader');
    expect(found('/things/1', 'h', [], 'a=b&beta=1')).toBe('query');
    expect(found('/things/1', 'h', [], 'beta=2')).toBe('plain');
  });
  it('gives way to the next pattern when the constraints of a closer one fail', () => {
    expect(found('/things/new', 'h', ['x-v', '9'])).toBe('static');
    expect(found('/things/new')).toBe('plain');
  });
  it('keeps its matcher while only percentages and owners change', () => {
    const before = compileTable(table());
    const after = compileTable(table({ version: 2, features: [feature({ owner: 'service' })] }), before);
    expect(after.matcher).toBe(before.matcher);
    expect(compileTable(table({ routes: [route('GET /x')] }), after).matcher).not.toBe(before.matcher);
  });
});

describe('routeConflicts', () => {
  it('finds routes that match the same requests, however they are spelled', () => {
    const faults = routeConflicts([
      route('GET /a/:id'),
      route('GET /A/:name/', { feature: 'other' }),
      route('POST /a/:id'),
      route('GET /b', { constraints: { headers: { 'X-A': '1' } } }),
      route('GET /b', { id: 'same', constraints: { headers: { 'x-a': '1' } } }),
      route('GET /b', { id: 'apart', constraints: { headers: { 'x-a': '2' } } }),
    ]);
    expect(faults.map((fault) => fault.code)).toEqual(['BANYAN_ROUTE_CONFLICT', 'BANYAN_ROUTE_CONFLICT']);
    expect(faults[0]?.what).toContain('GET /A/:name/ (other) and GET /a/:id (thing)');
  });
  it('keeps a table with conflicts from being put in force', () => {
    expect(() => compileTable(table({ routes: [route('GET /a/:x'), route('GET /a/:y')] }))).toThrow(
      /match the same/,
    );
  });
});

describe('explain', () => {
  const compiled = compileTable(
    table({
      features: [feature({ stage: 'syncing' })],
      routes: [route('GET /things/:id', { readPercent: 50 }), route('POST /things')],
    }),
  );
  const sources = parseIdentitySources(['header:x-user-id', 'cookie:session']);
  it('says route, feature, stage, owner, bucket, decision and why', () => {
    const said = explain(
      compiled,
      { method: 'get', target: '/things/7?x=1', rawHeaders: ['X-User-Id', '42'] },
      sources,
    );
    const bucket = bucketOf('thing', 'header:42');
    expect(said).toMatchObject({
      feature: 'thing',
      stage: 'syncing',
      owner: 'legacy',
      identity: 'header:42',
      bucket,
      cohortEnd: 5_000,
    });
    expect(said.params).toEqual({ id: '7' });
    expect(said.decision?.reason).toBe(bucket < 5_000 ? 'cohort-inside' : 'cohort-outside');
    expect(said.why).toContain(`bucket ${bucket}`);
  });
  it('says what would be refused, and believes trusted peers only', () => {
    expect(explain(compiled, { method: 'GET', target: '/a/../b' }, sources).refused).toMatchObject({
      status: 400,
    });
    const asked = { method: 'GET', target: '/things/7', rawHeaders: ['X-Banyan-Side', 'service'] };
    expect(explain(compiled, { ...asked, trusted: true }, sources).decision?.reason).toBe(
      'side-service-asked',
    );
    expect(explain(compiled, asked, sources).decision?.reason).toMatch(/^cohort/);
  });
});

describe('recent writes', () => {
  it('are remembered for the window, and no more of them than the limit', () => {
    let now = 0;
    const writes = new RecentWrites(100, 2, () => now);
    writes.note('thing', 'a');
    expect([writes.has('thing', 'a'), writes.has('other', 'a'), writes.has('thing', 'b')]).toEqual([
      true,
      false,
      false,
    ]);
    now = 100;
    expect(writes.has('thing', 'a')).toBe(false);
    for (const identity of ['b', 'c', 'd']) writes.note('thing', identity);
    expect([writes.size, writes.has('thing', 'b'), writes.has('thing', 'd')]).toEqual([2, false, true]);
  });
});
