import { describe, expect, it } from 'vitest';
import { Latencies } from '../../../scripts/demo/latencies.ts';
import { renderReport } from '../../../scripts/demo/render-report.ts';
import { makeReport, type ReportFacts } from '../../../scripts/demo/report.ts';
import { textWidth } from '../../../scripts/terminal/text-width.ts';

const plain = (text: string) => text;
const paint = { good: plain, bad: plain, warn: plain, strong: plain, faint: plain, accent: plain };
const clean = { lost: [], duplicated: [] };
const latencies = new Latencies();
for (let ms = 1; ms <= 100; ms++) latencies.add('before', ms);

const facts: ReportFacts = {
  engine: 'mariadb',
  rows: 50_000,
  seconds: 100,
  requests: {
    total: 31_234,
    failed: 0,
    byRoute: [{ route: 'GET /api/products/:id', legacy: 12_345, service: 4_567 }],
    failures: [],
  },
  latency: {
    before: latencies.summary('before'),
    during: latencies.summary('during'),
    after: latencies.summary('after'),
  },
  cutovers: [
    { direction: 'cutover', holdMs: 212.3, fenceToDrainedMs: 80 },
    { direction: 'rollback', holdMs: 1_250, fenceToDrainedMs: null },
  ],
  verify: { rowsCompared: 50_100, different: 0 },
  restarts: 0,
  acknowledged: 4_000,
  audit: {
    tables: { legacy: 50_100, service: 50_100, different: 0, samples: [] },
    legacy: clean,
    service: clean,
  },
};

describe('the closing report', () => {
  it('is ok when nothing failed, nothing is lost and the tables are equal', () => {
    const report = makeReport(facts);
    expect(report).toMatchObject({
      ok: true,
      writes: { acknowledged: 4_000, lost: 0, duplicated: 0 },
      findings: [],
    });
  });

  it.each<[string, Partial<ReportFacts>]>([
    ['a request failed', { requests: { ...facts.requests, failed: 1 } }],
    ['nothing was asked', { requests: { ...facts.requests, total: 0 } }],
    ['nothing was written', { acknowledged: 0 }],
    ['legacy lost a write', { audit: { ...facts.audit, legacy: { lost: ['x'], duplicated: [] } } }],
    [
      'the service has a write twice',
      { audit: { ...facts.audit, service: { lost: [], duplicated: ['x'] } } },
    ],
    ['verify found a difference', { verify: { rowsCompared: 1, different: 1 } }],
    ['the bytes differ', { audit: { ...facts.audit, tables: { ...facts.audit.tables, different: 1 } } }],
  ])('is not ok when %s', (_what, change) => {
    expect(makeReport({ ...facts, ...change }).ok).toBe(false);
  });

  it('fits 90 columns', () => {
    const text = renderReport(makeReport(facts), paint);
    for (const line of text.split('\n')) expect(textWidth(line), line).toBeLessThanOrEqual(90);
    expect(text).toContain('cutover   legacy → service');
    expect(text).toContain('1.25 s');
  });
});

describe('latencies', () => {
  it('are exact percentiles, and null where there was no request', () => {
    expect(latencies.summary('before')).toEqual({ requests: 100, p50: 50, p99: 99, max: 100 });
    expect(latencies.summary('after')).toEqual({ requests: 0, p50: null, p99: null, max: null });
  });

  it('leave the warm-up out', () => {
    const cold = new Latencies();
    cold.add('warm-up', 900);
    expect(cold.summary('before').requests).toBe(0);
  });
});
