import { expect, test } from 'vitest';
import type { AuditEntry, FeatureStatus, StatusReport } from '../../../control/api/index.ts';
import { renderStory } from '../../../scripts/report/render-story.ts';
import { stageSpans } from '../../../scripts/report/stage-spans.ts';

const at = (minute: number) => new Date(minute * 60_000).toISOString();
const entry = (id: number, action: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ id, action, at: at(id), who: 'anna', why: 'because', feature: 'parcels' },
  ...{ from: null, to: null, details: null, version: id },
  ...more,
});
const stage = (id: number, from: string, to: string, action = to) =>
  entry(id, action, { from: { stage: from }, to: { stage: to } });

test('a feature’s way through the stages, up to now', () => {
  const entries = [stage(30, 'copying', 'syncing'), entry(20, 'pause'), stage(10, 'legacy', 'copying')];
  expect(stageSpans(entries, 'syncing', at(90))).toEqual([
    { stage: 'copying', from: at(10), to: at(30) },
    { stage: 'syncing', from: at(30), to: at(90) },
  ]);
  expect(stageSpans([], 'legacy', at(90))).toEqual([]);
});

test('the story is one page without scripts, in which all that others wrote is text', () => {
  const hostile = '<script>alert(1)</script>"\'&';
  const steps = [
    { step: 'hold', ms: 4 },
    { step: 'barrier', ms: 6.5 },
  ];
  const audit = [
    entry(6, 'cutover: release', {
      details: { handover: 'h', steps: [...steps, { step: 'open', ms: 5 }], holdMs: 15.5 },
    }),
    { ...stage(5, 'cutting_over', 'extracted', 'cutover: decide'), details: { handover: 'h', steps } },
    entry(4, 'cutover: hold', {
      why: hostile,
      who: hostile,
      details: { handover: 'h', gate: [{ check: 'backlog', ok: true, detail: hostile }] },
    }),
    entry(3, 'verify', { to: { verified: { rowsCompared: 1234, different: 0, unsettled: 0 } } }),
    stage(2, 'legacy', 'copying', 'copy'),
  ];
  const feature = {
    ...{
      name: hostile,
      stage: 'extracted',
      owner: 'service',
      since: at(5),
      paused: false,
      hold: false,
      otherSide: 'current',
      rollback: true,
    },
    ...{
      failing: null,
      frozen: null,
      lost: null,
      ending: null,
      handover: null,
      verified: null,
      canaries: [],
      finding: null,
      refused: null,
      unreachable: [],
      running: null,
      move: null,
      routes: [],
    },
  } as unknown as FeatureStatus;
  const status = {
    now: at(9),
    features: [feature],
    replicas: [],
    unreachable: [],
    config: { fingerprint: '', features: {} },
  } as unknown as StatusReport;
  const side = { perSecond: 12, errorsPerSecond: 0, p50Ms: 3, p99Ms: null };
  const ignored = { route: null, path: hostile, kind: null, who: hostile, why: hostile, at: at(1) };
  const path = {
    ...{
      path: hostile,
      kind: 'value' as const,
      verdict: 'ignored' as const,
      differed: 3,
      persisted: 0,
      wavered: 0,
      settled: 0,
      noise: 0,
      share: 0.3,
    },
    ...{ noiseShare: null, confidence: 0, ignored, samples: [] },
  } as const;
  const failed = { timedOut: 0, full: 2, stopped: 0, gone: 1 };
  const holdCosts = [
    { feature: 'parcels', handover: 'h', held: 12, longestMs: 41.2, failed, reported: 2 },
    { feature: 'other', handover: 'h', held: 99, longestMs: 1, failed, reported: 1 },
  ];
  const page = renderStory({
    holdCosts,
    ...{ status, feature, audit, traffic: { seconds: 10, legacy: side, service: side, routes: {} } },
    diff: {
      ...{ feature: hostile, compared: 10, different: 0, undecided: 0, falseDiscoveryBound: 0.02 },
      shadow: {
        run: 'r',
        since: at(1),
        percent: 5,
        repeatPercent: 1,
        routes: null,
        sandbox: null,
        compare: { numbers: 'value', keyOrder: 'ignore', headers: [] },
        ignore: [],
        signedOff: null,
      },
      routes: [
        {
          route: hostile,
          compared: 10,
          differing: 3,
          repeated: 1,
          omitted: {},
          crowded: 0,
          tooFew: false,
          paths: [path],
        },
      ],
    },
  });
  expect(page).not.toMatch(/<script|<img|<link|https?:/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
  for (const told of [
    'cutover done, writes held 15.5 ms',
    '12 requests held, the slowest 41.2 ms, 2 found no room to wait (503), 1 gave up; 2 of ? routers reported',
    'barrier <strong>6.50 ms</strong>',
    '1,234',
    'copying',
    '10 answers were compared',
    '30 %',
  ]) {
    expect(page).toContain(told);
  }
});
