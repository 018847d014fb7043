import { html, nothing, svg, type TemplateResult } from 'lit-html';
import { formatMs } from '../../../../common/numbers.ts';
import type { PastHandover, TimedStep } from '../../../api/words/handovers.ts';
import { clientCostWords, failedOf } from '../../../api/words/hold-cost-words.ts';
import { timeOf } from '../pure/words.ts';
import { now } from '../state.ts';
import { mark } from './marks.ts';

const width = 1_000;
const height = 18;

/** What each step waits for: for whoever does not know the order of a handover by heart. */
const about: Readonly<Record<string, string>> = {
  hold: 'publish that writes are parked',
  barrier: 'every router confirms, and ends its writes',
  fence: 'the old owner’s tables refuse writes',
  drain: 'the last changes are carried over',
  verify: 'the rows that came last are compared',
  look: 'all that no fence sees is looked at again',
  ids: 'counters of ids',
  guard: 'nobody altered a table meanwhile',
  decide: 'the decision',
  open: 'the new owner’s tables accept writes',
  routers: 'every router decides by the new table',
  release: 'publish that writes go on',
};

/** The steps of one handover, to scale, and each with its time. */
export function stepTimeline(steps: readonly TimedStep[]): TemplateResult | typeof nothing {
  const totalMs = steps.reduce((sum, { ms }) => sum + ms, 0);
  if (totalMs === 0) return nothing;
  const x = (ms: number) => (width * ms) / totalMs;
  const decided = steps.find(({ step }) => step === 'open');
  return html`<div class="timeline">
    <svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img"
      aria-label="Writes were held for ${formatMs(totalMs)}; the steps are listed below">
      ${steps.map(({ fromMs, ms }, index) => svg`<rect class=${index % 2 === 0 ? 'even' : 'odd'} x=${x(fromMs)} width=${Math.max(1, x(ms))} y="0" height=${height}></rect>`)}
      ${decided === undefined ? nothing : svg`<line x1=${x(decided.fromMs)} x2=${x(decided.fromMs)} y1="0" y2=${height}></line>`}
    </svg>
    <ol>
      ${steps.map(
        ({ step, ms }) =>
          html`<li title=${about[step] ?? ''}><span>${step}</span> <strong>${formatMs(ms)}</strong></li>`,
      )}
    </ol>
  </div>`;
}

export function pastHandovers(list: readonly PastHandover[]): TemplateResult {
  return html`${list.map((one) => {
    const held = one.holdMs === null ? '' : `, writes held ${formatMs(one.holdMs)}`;
    return html`<article class="handover">
      <h3>${mark(one.outcome === 'done' ? 'well' : 'warn')}${one.direction} ${one.outcome}${held}</h3>
      <p class="faint">${timeOf(one.at, now())} UTC, ${one.who}: ${one.why}</p>
      ${one.because === null ? nothing : html`<p>${one.because}</p>`}
      ${one.clients === null ? nothing : html`<p class="clients">${mark(failedOf(one.clients) === 0 ? 'well' : 'warn')}${clientCostWords(one.clients)}</p>`}
      ${stepTimeline(one.steps)}
      ${
        one.gate.length === 0
          ? nothing
          : html`<details><summary>Guards before it</summary>${one.gate.map(({ check, ok, detail }) => html`<div>${mark(ok ? 'well' : 'bad')}<strong>${check}</strong> ${detail}</div>`)}</details>`
      }
    </article>`;
  })}`;
}
