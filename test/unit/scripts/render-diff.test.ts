import { expect, test } from 'vitest';
import type { DiffReport } from '../../../control/api/index.ts';
import { defaultJudgeSettings, judgeDifferences } from '../../../control/diff/judge-differences.ts';
import { defaultCompareSettings } from '../../../router/shadow/compare/index.ts';
import { emptyRouteTally } from '../../../router/shadow/tally/index.ts';
import { renderDiff } from '../../../scripts/cli/render-diff.ts';
import type { Paint } from '../../../scripts/terminal/paint.ts';

const same = (text: string) => text;
const plain: Paint = { good: same, bad: same, warn: same, strong: same, faint: same, accent: same };
const counts = { differed: 0, persisted: 0, wavered: 0, settled: 0, noise: 0 };
const sample = {
  at: '2026-11-29T10:00:00.000Z',
  requestId: 'r1',
  request: 'GET /api/products/42?fields=…',
  legacy: '9.5',
  service: '"9.50"',
  persisted: true,
};

function report(): DiffReport {
  const tally = {
    'GET /api/products/:id': {
      ...emptyRouteTally,
      compared: 4_000,
      differing: 4_000,
      repeated: 400,
      omitted: { 'queue-full': 12, 'data-behind': 3 },
      paths: {
        'type body.price': { ...counts, differed: 40, persisted: 40 },
        'value body.at': { ...counts, differed: 4_000, noise: 400, wavered: 190 },
        'value body.stock': { ...counts, differed: 9, settled: 9 },
        'value body.tag': { ...counts, differed: 2, persisted: 2 },
      },
      samples: { 'type body.price': [sample] },
    },
    'GET /api/products': { ...emptyRouteTally, compared: 3 },
  };
  const routes = judgeDifferences(tally, defaultJudgeSettings);
  const shadow = {
    ...{ run: 'r', since: '2026-11-29T09:00:00.000Z', percent: 10, repeatPercent: 10, routes: null },
    ...{ sandbox: null, compare: defaultCompareSettings, ignore: [], signedOff: null },
  };
  return {
    ...{ feature: 'product', shadow, compared: 4_003, different: 1, undecided: 1 },
    ...{ falseDiscoveryBound: 0.02, routes },
  };
}

test('what differs comes first, with how sure that is and a sample; noise is counted; all within 80 columns', () => {
  const text = renderDiff(report(), false, plain);
  expect(text).toBe(`✗ product: 4,003 requests compared, 1 difference.
  10 % of clients shadowed; counted since 2026-11-29 09:00:00 UTC

GET /api/products/:id
  4,000 compared, 4,000 differ, 400 asked twice
  left out: 12 queue-full, 3 data-behind
  different body.price  type
            1 % of answers, noise 0 %, confidence >99.99 %
            GET /api/products/42?fields=…
              legacy   9.5
              service  "9.50"
  undecided body.tag  value
            0.05 % of answers, noise 0 %, 2 of 2 second looks confirm it
  behind    body.stock  value
            0.22 % of answers, noise 0 %, 9 gone at a second look
  1 more is noise or ignored (--all shows them)

GET /api/products
  3 compared, 0 differ, 0 asked twice
  too few requests to say anything`);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('nothing compared yet says how to begin', () => {
  expect(renderDiff({ ...report(), shadow: null }, false, plain)).toContain(
    'banyan shadow product --percent 10',
  );
});
