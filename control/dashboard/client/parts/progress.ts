import { html, nothing, type TemplateResult } from 'lit-html';
import { formatCount, formatSeconds } from '../../../../common/numbers.ts';
import type { ProgressLine } from '../../../api/contract/progress.ts';

/** How far long work is: a bar where there is something to count, and the figures in words. */
export function progressBar({ phase, done, total, rate, etaSeconds, about }: ProgressLine): TemplateResult {
  const counted = done !== undefined && total !== undefined && total > 0;
  const figures = [
    ...(counted ? [`${formatCount(done)} of ${formatCount(total)}`] : []),
    ...(rate === undefined ? [] : [`${formatCount(rate)}/s`]),
    ...(etaSeconds == null ? [] : [`${formatSeconds(etaSeconds)} left`]),
  ];
  return html`<div class="progress">
    <div><strong>${phase}</strong> ${about ?? ''}</div>
    ${counted ? html`<progress max=${total} .value=${Math.min(done, total)} aria-label=${phase}></progress>` : nothing}
    ${figures.length === 0 ? nothing : html`<div class="faint">${figures.join(' · ')}</div>`}
  </div>`;
}
