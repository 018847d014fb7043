import type {
  AuditEntry,
  DiffReport,
  FeatureStatus,
  HoldCosts,
  QuestionAnswer,
  StatusReport,
} from '../../control/api/index.ts';
import { moverWords, readsAtService, verifiedWords } from '../../control/api/words/feature-words.ts';
import { handoversOf, type PastHandover, type TimedStep } from '../../control/api/words/handovers.ts';
import { clientCostWords } from '../../control/api/words/hold-cost-words.ts';
import { renderPlan } from '../../control/api/words/plan-words.ts';
import { tellStatus } from '../../control/api/words/told.ts';
import { counted, formatCount, formatMs, formatSeconds, formatShare } from '../terminal/numbers.ts';
import { html, type Markup } from './html.ts';
import { type StageSpan, stageSpans } from './stage-spans.ts';
import { style } from './style.ts';

/** All that a migration's story is told from. */
export interface Story {
  readonly status: StatusReport;
  readonly feature: FeatureStatus;
  /** Of the feature, newest first. */
  readonly audit: readonly AuditEntry[];
  /** Of the feature's handovers. */
  readonly holdCosts: readonly HoldCosts[];
  readonly diff: DiffReport;
  readonly traffic: QuestionAnswer<'traffic'>['traffic'];
}

/** One page without scripts that needs nothing but itself: what happened to a feature, for people who were not there. Pure. */
export function renderStory(story: Story): string {
  const { status, feature, audit, diff, holdCosts } = story;
  const handovers = handoversOf(audit, holdCosts);
  const told = tellStatus(status).filter((one) => one.feature === feature.name);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${feature.name}: its migration</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${feature.name}</h1>
<p class="faint">As of ${time(status.now)} UTC, by banyan.</p>
<section><h2>Where it is</h2>
<dl>
<dt>Stage</dt><dd>${words(feature.stage)}</dd>
<dt>Rows owned by</dt><dd class="${feature.owner}">${feature.owner}</dd>
<dt>Reads at the service</dt><dd>${readsAtService(feature)}</dd>
<dt>Verified</dt><dd>${verifiedWords(feature)}</dd>
<dt>Mover</dt><dd>${moverWords(feature).text}</dd>
<dt>Handovers</dt><dd>${handovers.length === 0 ? 'none' : summary(handovers)}</dd>
</dl>
${told.map(({ what, fix, level }) => html`<p class="${level}">${what}${fix === null ? '' : html` <em>${fix}</em>`}</p>`)}
${feature.canaries.map((plan) => html`<p>The ${plan.guard?.after ?? 'canary'} ${renderPlan(plan, status.now)}. (${plan.who}: ${plan.why})</p>`)}
</section>
<section><h2>Its way through the stages</h2>${stages(stageSpans(audit, feature.stage, status.now))}</section>
<section><h2>Handovers</h2>${handovers.length === 0 ? html`<p class="faint">None yet.</p>` : handovers.map(handover)}</section>
<section><h2>Traffic at that time</h2>${trafficTable(story)}</section>
<section><h2>Verifies</h2>${verifies(audit)}</section>
<section><h2>Differences between the answers</h2>${differences(diff)}</section>
<section><h2>All that was changed</h2>
<table><thead><tr><th>When (UTC)</th><th>What</th><th>Who</th><th>Why</th></tr></thead>
<tbody>${[...audit].reverse().map((entry) => html`<tr><td>${time(entry.at)}</td><td>${entry.action}</td><td>${entry.who}</td><td>${entry.why}</td></tr>`)}</tbody></table>
</section>
</main>
</body>
</html>
`.text;
}

function summary(list: readonly PastHandover[]): string {
  const count = (outcome: PastHandover['outcome']) => list.filter((one) => one.outcome === outcome).length;
  const longest = Math.max(...list.map(({ holdMs }) => holdMs ?? 0));
  const parts = (['done', 'taken back', 'under way'] as const).flatMap((outcome) =>
    count(outcome) === 0 ? [] : [`${count(outcome)} ${outcome}`],
  );
  return `${parts.join(', ')}; writes were held ${formatMs(longest)} at most`;
}

/** To scale, and each with its length. */
function stages(spans: readonly StageSpan[]): Markup {
  const lengths = spans.map(({ from, to }) => Date.parse(to) - Date.parse(from));
  const bar = toScale(spans.map(({ stage }, index) => ({ name: stage, ms: lengths[index]! })));
  return html`${bar}<table><thead><tr><th>Stage</th><th>From (UTC)</th><th class="number">For</th></tr></thead>
<tbody>${spans.map(({ stage, from }, index) => html`<tr><td>${words(stage)}</td><td>${time(from)}</td><td class="number">${formatSeconds(lengths[index]! / 1_000)}</td></tr>`)}</tbody></table>`;
}

function handover(one: PastHandover): Markup {
  const { direction, outcome, at, who, why, because, holdMs, steps, gate, clients } = one;
  return html`<article><h3>${direction} ${outcome}${holdMs === null ? '' : `, writes held ${formatMs(holdMs)}`}</h3>
<p class="faint">${time(at)} UTC, ${who}: ${why}</p>
${because === null ? '' : html`<p>${because}</p>`}
${clients === null ? '' : html`<p>${clientCostWords(clients)}</p>`}
${stepBar(steps)}
${gate.length === 0 ? '' : html`<details><summary>Guards before it</summary><ul>${gate.map(({ check, ok, detail }) => html`<li>${ok ? '✓' : '✗'} <strong>${check}</strong> ${detail}</li>`)}</ul></details>`}
</article>`;
}

function stepBar(steps: readonly TimedStep[]): Markup | string {
  if (steps.length === 0) return '';
  return html`${toScale(steps.map(({ step, ms }) => ({ name: step, ms })))}<p>${steps.map(({ step, ms }) => html`<span class="step">${step} <strong>${formatMs(ms)}</strong></span> `)}</p>`;
}

const width = 1_000;

function toScale(parts: readonly { readonly name: string; readonly ms: number }[]): Markup | string {
  const total = parts.reduce((sum, { ms }) => sum + ms, 0);
  if (total === 0) return '';
  let x = 0;
  const rects = parts.map(({ name, ms }, index) => {
    const at = x;
    const wide = Math.max(1, (width * ms) / total);
    x += (width * ms) / total;
    return html`<rect class="${index % 2 === 0 ? 'even' : 'odd'}" x="${at.toFixed(1)}" width="${wide.toFixed(1)}" height="18"><title>${words(name)}</title></rect>`;
  });
  return html`<svg viewBox="0 0 ${width} 18" preserveAspectRatio="none" role="img" aria-label="to scale">${rects}</svg>`;
}

function trafficTable({ traffic }: Story): Markup {
  if (traffic === null) return html`<p class="faint">Not known.</p>`;
  const sides = (['legacy', 'service'] as const).map((side) => {
    const { perSecond, errorsPerSecond, p50Ms, p99Ms } = traffic[side];
    const ms = (value: number | null) => (value === null ? '–' : formatMs(value));
    return html`<tr><td class="${side}">${side}</td><td class="number">${perSecond}</td><td class="number">${errorsPerSecond}</td><td class="number">${ms(p50Ms)}</td><td class="number">${ms(p99Ms)}</td></tr>`;
  });
  return html`<table><thead><tr><th>Side</th><th class="number">Requests/s</th><th class="number">Errors/s</th><th class="number">p50</th><th class="number">p99</th></tr></thead><tbody>${sides}</tbody></table>`;
}

interface Verified {
  readonly rowsCompared: number;
  readonly different: number;
  readonly unsettled: number;
}

function verifies(audit: readonly AuditEntry[]): Markup {
  const rows = [...audit].reverse().flatMap(({ at, who, to }) => {
    const found = to?.verified as Verified | null | undefined;
    if (found == null) return [];
    const { rowsCompared, different, unsettled } = found;
    return html`<tr><td>${time(at)}</td><td>${who}</td><td class="number">${formatCount(rowsCompared)}</td><td class="number">${formatCount(different)}</td><td class="number">${formatCount(unsettled)}</td></tr>`;
  });
  if (rows.length === 0)
    return html`<p class="faint">Nobody asked for one; rows are verified steadily, too: see “Where it is”.</p>`;
  return html`<table><thead><tr><th>When (UTC)</th><th>Who</th><th class="number">Rows compared</th><th class="number">Different</th><th class="number">Unsettled</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function differences({ shadow, compared, routes }: DiffReport): Markup {
  if (shadow === null) return html`<p class="faint">Answers were not compared.</p>`;
  const rows = routes.flatMap((route) =>
    route.paths.map(
      (
        path,
      ) => html`<tr><td><code>${route.route}</code></td><td><code>${path.path}</code></td><td>${path.verdict}</td><td class="number">${formatShare(path.differed, route.compared)}</td>
<td>${path.ignored === null ? '' : `${path.ignored.who}: ${path.ignored.why}`}</td></tr>`,
    ),
  );
  const signed =
    shadow.signedOff === null
      ? ''
      : html`<p>Signed off by ${shadow.signedOff.who} on ${time(shadow.signedOff.at)} UTC: ${shadow.signedOff.why}</p>`;
  return html`<p>${counted(compared, 'answer')} ${compared === 1 ? 'was' : 'were'} compared since ${time(shadow.since)} UTC.</p>${signed}
${rows.length === 0 ? html`<p>All were equal.</p>` : html`<table><thead><tr><th>Route</th><th>Place</th><th>Verdict</th><th class="number">Of the answers</th><th>Settled</th></tr></thead><tbody>${rows}</tbody></table>`}`;
}

function time(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

function words(stage: string): string {
  return stage.replaceAll('_', ' ');
}
