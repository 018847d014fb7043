import { formatCount, formatMs, formatShare } from '../terminal/numbers.ts';
import type { Paint } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';
import { periods } from './latencies.ts';
import type { DemoReport } from './report.ts';

/** The closing report for people, within 90 columns. */
export function renderReport(report: DemoReport, paint: Paint): string {
  const options = { indent: 2, paint };
  const count = (value: number, bad = false) =>
    bad && value > 0 ? paint.bad(formatCount(value)) : formatCount(value);
  const ms = (value: number | null) => (value === null ? '–' : formatMs(value));
  const routes = renderTable(
    [
      { title: 'requests by route', value: (row) => row.route },
      { title: 'legacy', align: 'right', value: (row) => formatCount(row.legacy) },
      { title: 'service', align: 'right', value: (row) => formatCount(row.service) },
      {
        title: 'at service',
        align: 'right',
        value: (row) => formatShare(row.service, row.legacy + row.service),
      },
    ],
    report.requests.byRoute,
    options,
  );
  const latency = renderTable(
    [
      { title: 'latency, as clients saw it', value: (period) => `${period} the move`.padEnd(26) },
      { title: 'requests', align: 'right', value: (period) => formatCount(report.latency[period].requests) },
      { title: 'p50', align: 'right', value: (period) => ms(report.latency[period].p50) },
      { title: 'p99', align: 'right', value: (period) => ms(report.latency[period].p99) },
      { title: 'longest', align: 'right', value: (period) => ms(report.latency[period].max) },
    ],
    periods,
    options,
  );
  const handovers = renderTable(
    [
      { title: 'change of ownership', value: (one) => directions[one.direction].padEnd(26) },
      { title: 'writes held', align: 'right', value: (one) => formatMs(one.holdMs) },
      { title: 'fence to drained', align: 'right', value: (one) => ms(one.fenceToDrainedMs) },
    ],
    report.cutovers,
    options,
  );
  const totals: readonly (readonly [string, string])[] = [
    ['requests', `${formatCount(report.requests.total)} sent, ${count(report.requests.failed, true)} failed`],
    [
      'writes',
      `${formatCount(report.writes.acknowledged)} acknowledged, ${count(report.writes.lost, true)} lost, ${count(report.writes.duplicated, true)} duplicated ${paint.faint('(audited in both databases)')}`,
    ],
    [
      'rows',
      `${formatCount(report.verify.rowsCompared)} compared by banyan, ${count(report.verify.different, true)} different; byte by byte ${count(report.tables.different, true)} different`,
    ],
  ];
  const findings = report.findings.map((text) => `  ${paint.bad('✗')} ${text}`);
  const verdict = report.ok
    ? `${paint.good('✓')} ${paint.strong('The product feature left, came back and left again. No request failed.')}`
    : `${paint.bad('✗')} ${paint.strong('Something went wrong: see above.')}`;
  return [
    routes,
    latency,
    handovers,
    totals.map(([name, text]) => `  ${paint.strong(name.padEnd(9))} ${text}`).join('\n'),
    ...(findings.length > 0 ? [findings.join('\n')] : []),
    verdict,
  ].join('\n\n');
}

const directions = { cutover: 'cutover   legacy → service', rollback: 'rollback  service → legacy' } as const;
