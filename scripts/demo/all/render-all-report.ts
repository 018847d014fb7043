import { formatBytes, formatCount, formatMs, formatSeconds, formatShare } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import type { AllReport } from './all-report.ts';

/** The closing report of the whole shop for people, within 90 columns. */
export function renderAllReport(report: AllReport, paint: Paint): string {
  const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]) =>
    renderTable(columns, rows, { indent: 2, paint });
  const bad = (value: number) => (value > 0 ? paint.bad(formatCount(value)) : formatCount(value));
  const ms = (value: number | null) => (value === null ? '–' : formatMs(value));
  const { requests, writes, verify, events, logs, search } = report;
  const features = table(
    [
      { title: 'requests by feature', value: (row) => row.route.padEnd(26) },
      { ...count('legacy'), value: (row) => formatCount(row.legacy) },
      { ...count('service'), value: (row) => formatCount(row.service) },
      {
        ...{ title: 'at service', align: 'right' },
        value: (row) => formatShare(row.service, row.legacy + row.service),
      },
    ],
    requests.byFeature,
  );
  const faces = table(
    [
      { title: 'latency by face', value: (row) => row.face.padEnd(26) },
      { ...count('requests'), value: (row) => formatCount(row.requests) },
      { title: 'p50', align: 'right', value: (row) => ms(row.p50) },
      { title: 'p99', align: 'right', value: (row) => ms(row.p99) },
      { title: 'longest', align: 'right', value: (row) => ms(row.max) },
    ],
    requests.byFace,
  );
  const handovers = table(
    [
      {
        title: 'change of ownership',
        value: (one) => `${one.feature.padEnd(9)} ${directions[one.direction]}`,
      },
      { title: 'writes held', align: 'right', value: (one) => formatMs(one.holdMs) },
      { title: 'fence to drained', align: 'right', value: (one) => ms(one.fenceToDrainedMs) },
    ],
    report.handovers,
  );
  const kills = table(
    [
      { title: 'killed by kill -9', value: (one) => one.kind.padEnd(26) },
      { title: 'process', value: (one) => one.process },
      { title: 'as before after', align: 'right', value: (one) => formatSeconds(one.backMs / 1000) },
      { ...count('requests it cost'), value: (one) => formatCount(one.failed) },
      { ...count('jobs'), value: (one) => formatCount(one.failedJobs) },
    ],
    report.kills,
  );
  const pairs = table(
    [
      { title: 'rows, byte by byte', value: (one) => `${one.feature.padEnd(9)} ${one.table}`.padEnd(26) },
      { ...count('legacy'), value: (one) => formatCount(one.legacy) },
      { ...count('service'), value: (one) => formatCount(one.service) },
      { title: 'different', align: 'right', value: (one) => bad(one.different) },
    ],
    report.pairs,
  );
  const jobs = report.jobs.map(({ job, runs }) => `${job} ${runs}`).join(', ');
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  const jobsByKills = sum(report.kills.map((one) => one.failedJobs));
  const failedJobs = sum(report.jobs.map((one) => one.failed)) - jobsByKills;
  const totals: readonly (readonly [string, string])[] = [
    [
      'requests',
      `${formatCount(requests.total)} sent, ${bad(requests.failed)} failed beyond the ${formatCount(requests.failedByKills)} that the kills cost`,
    ],
    [
      'writes',
      `${formatCount(writes.acknowledged)} acknowledged, ${bad(writes.lost)} lost, ${bad(writes.doubled)} doubled ${paint.faint('(in every database that has them)')}`,
    ],
    [
      'verify',
      `${formatCount(verify.rowsCompared)} rows compared by banyan, ${bad(verify.different)} different`,
    ],
    [
      'events',
      `${formatCount(events.promised)} promised, ${formatCount(events.taken)} with an effect, ${bad(events.wrong)} wrong: each once, in its key's order`,
    ],
    [
      'logs',
      `${formatCount(logs.rows)} rows moved, ${formatCount(logs.answered)} requests since; ${bad(logs.wrong)} of them not there exactly once`,
    ],
    [
      'search',
      `${formatCount(search.indexed)} products in the index, ${formatCount(search.live)} in the rows; ${formatCount(search.searched)} searched for, ${bad(search.wrong)} wrong`,
    ],
    ['jobs', `${jobs}; ${bad(failedJobs)} failed beyond the ${formatCount(jobsByKills)} that the kills cost`],
    ['memory', memoryOf(report)],
    [
      'time',
      `${formatSeconds(report.secondsInAll)} in all, ${formatSeconds(report.seconds)} of it under traffic`,
    ],
  ];
  const findings = report.findings.map((text) => `  ${paint.bad('✗')} ${text}`);
  const verdict = report.ok
    ? `${paint.good('✓')} ${paint.strong('Every service has left. No request failed but for the kills; nothing is lost.')}`
    : `${paint.bad('✗')} ${paint.strong('Something went wrong: see above.')}`;
  return [
    ...[features, faces, handovers, kills, pairs],
    totals.map(([name, text]) => `  ${paint.strong(name.padEnd(9))} ${text}`).join('\n'),
    ...(findings.length > 0 ? [findings.join('\n')] : []),
    verdict,
  ].join('\n\n');
}

/** A column of numbers. */
function count(title: string): { readonly title: string; readonly align: 'right' } {
  return { title, align: 'right' };
}

const directions = { cutover: 'legacy → service', rollback: 'service → legacy' } as const;

/** Of pages that several processes have, each has its part. */
function memoryOf({ peakMemory }: AllReport): string {
  if (peakMemory === null) return 'not known';
  const { bytes, processes } = peakMemory;
  const servers = processes.filter(({ process }) => process.endsWith('Db'));
  const ofServers = servers.reduce((sum, one) => sum + one.bytes, 0);
  return `${formatBytes(bytes)} at most, all ${processes.length} processes together; ${formatBytes(ofServers)} of it the ${servers.length} database servers`;
}
