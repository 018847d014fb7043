import type { DiffReport } from '../../control/api/index.ts';
import { counted, formatCount } from '../terminal/numbers.ts';
import type { Paint } from '../terminal/paint.ts';

type Route = DiffReport['routes'][number];
type Path = Route['paths'][number];

/** What `banyan diff` prints: routes, and under each the places that matter. */
export function renderDiff(report: DiffReport, all: boolean, paint: Paint): string {
  const { feature, shadow, compared, different } = report;
  if (shadow === null) {
    return `No answer of ${feature} was ever compared. Begin: \`banyan shadow ${feature} --percent 10 --why …\``;
  }
  const mark = different > 0 ? paint.bad('✗') : compared > 0 ? paint.good('✓') : paint.warn('–');
  const standing = shadow.percent === 0 ? 'not shadowed now' : `${shadow.percent} % of clients shadowed`;
  const lines = [
    `${mark} ${feature}: ${counted(compared, 'request')} compared, ${counted(different, 'difference')}.`,
    `  ${paint.faint(`${standing}; counted since ${time(shadow.since)}`)}`,
  ];
  if (compared === 0 && shadow.percent > 0 && shadow.percent < 100) {
    const few =
      'None of these clients has asked a read of it since: who a client is, router.identity says, and few clients may all be among the others.';
    lines.push(`  ${few}`);
  }
  for (const route of report.routes) lines.push('', ...renderRoute(route, all, paint));
  if (shadow.signedOff !== null) {
    const { who, at, why } = shadow.signedOff;
    lines.push('', `signed off by ${who} at ${time(at)} (${why})`);
  }
  return lines.join('\n');
}

function renderRoute(route: Route, all: boolean, paint: Paint): string[] {
  const omitted = Object.entries(route.omitted).map(([why, count]) => `${formatCount(count)} ${why}`);
  const facts = [
    `${formatCount(route.compared)} compared, ${formatCount(route.differing)} ${route.differing === 1 ? 'differs' : 'differ'}, ${formatCount(route.repeated)} asked twice`,
    ...(omitted.length === 0 ? [] : [`left out: ${omitted.join(', ')}`]),
  ];
  const lines = [paint.strong(route.route), ...facts.map((fact) => `  ${paint.faint(fact)}`)];
  if ((route.omitted['no-answer'] ?? 0) > 0)
    lines.push(
      `  ${paint.warn('no-answer: one side failed or took too long; the log of the service, or legacy’s, says why')}`,
    );
  if (route.tooFew) lines.push(`  ${paint.warn('too few requests to say anything')}`);
  const quiet = (path: Path) => path.verdict === 'noise' || path.verdict === 'ignored';
  for (const path of route.paths) if (all || !quiet(path)) lines.push(...renderPath(path, paint));
  const hidden = all ? 0 : route.paths.filter(quiet).length;
  if (hidden > 0)
    lines.push(
      `  ${paint.faint(`${hidden} more ${hidden === 1 ? 'is' : 'are'} noise or ignored (--all shows them)`)}`,
    );
  return lines;
}

function renderPath(path: Path, paint: Paint): string[] {
  const colour = path.verdict === 'different' ? paint.bad : paint.faint;
  const noise = path.noiseShare === null ? '' : `, noise ${percent(path.noiseShare)}`;
  const looks = path.persisted + path.wavered;
  const sure =
    path.verdict === 'different'
      ? `, confidence ${confidence(path.confidence)}`
      : looks > 0
        ? `, ${path.persisted} of ${looks} second looks confirm it`
        : '';
  const behind = path.settled > 0 ? `, ${path.settled} gone at a second look` : '';
  const lines = [
    `  ${colour(path.verdict.padEnd(9))} ${path.path}  ${paint.faint(path.kind)}`,
    `            ${percent(path.share)} of answers${noise}${sure}${behind}`,
  ];
  if (path.ignored !== null) lines.push(`            ${path.ignored.who}: ${path.ignored.why}`);
  const sample = path.samples[0];
  if (sample !== undefined && path.verdict !== 'noise') {
    lines.push(
      `            ${paint.faint(cut(sample.request))}`,
      `              legacy   ${cut(sample.legacy ?? '(nothing)')}`,
      `              service  ${cut(sample.service ?? '(nothing)')}`,
    );
  }
  return lines;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 ? 0 : value < 0.01 ? '<0.01' : Number(value.toPrecision(2))} %`;
}

/** Never rounded up to certainty. */
function confidence(value: number): string {
  return value > 0.9999 ? '>99.99 %' : `${(Math.floor(value * 10_000) / 100).toFixed(2)} %`;
}

function cut(text: string): string {
  return text.length <= 54 ? text : `${text.slice(0, 53)}…`;
}

function time(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`;
}
