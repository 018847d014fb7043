import { html, nothing, type TemplateResult } from 'lit-html';
import type { PlanAnswer } from '../../../api/contract/answers/index.ts';
import { inCode, mark } from './marks.ts';

const standings = {
  done: ['✓', 'Done'],
  now: ['→', 'Next'],
  later: ['·', 'Later'],
} as const;

/** What is done, what can be done next and what comes later, each with its command; and what stands in the way. */
export function nextSteps({ steps, faults }: PlanAnswer): TemplateResult {
  return html`<ol class="steps">${steps.map(({ command, standing, about }) => {
    const [sign, word] = standings[standing];
    return html`<li class=${standing}><span class="mark ${standing === 'done' ? 'well' : 'note'}"><span aria-hidden="true">${sign}</span><span class="unseen">${word}: </span></span>
      <div>${command === null ? 'wait' : html`<code>${command}</code>`}<div class="faint">${about}</div></div></li>`;
  })}</ol>
  ${faults.map(({ check, detail, code, fix }) => html`<div class="stands">${mark('bad')}<div>${check}: ${detail} <span class="code">${code}</span><div class="fix">${inCode(fix)}</div></div></div>`)}
  ${faults.length > 0 || steps.some(({ standing }) => standing === 'now') ? nothing : html`<p class="faint">Nothing is left to do.</p>`}`;
}
