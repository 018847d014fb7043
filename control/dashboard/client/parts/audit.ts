import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { AuditEntry } from '../../../api/contract/answers/index.ts';
import { hashOf } from '../pure/page.ts';
import { timeOf } from '../pure/words.ts';
import { now } from '../state.ts';

/** Who changed what, when and why; `named`: of which feature, too. */
export function auditTable(entries: readonly AuditEntry[], named: boolean): TemplateResult {
  if (entries.length === 0) return html`<p class="faint">Nothing was changed yet.</p>`;
  return html`<div class="wide" role="group" aria-label="Changes" tabindex="0"><table class="audit">
    <thead><tr>
      <th scope="col">When (UTC)</th>${named ? html`<th scope="col">Feature</th>` : nothing}<th scope="col">What</th>
      <th scope="col">Who</th><th scope="col">Why</th><th scope="col">More</th>
    </tr></thead>
    <tbody>${repeat(
      entries,
      ({ id }) => id,
      ({ id, at, who, why, action, feature, from, to, details }) => html`<tr>
        <td class="when">${timeOf(at, now())}</td>
        ${named ? html`<td>${feature === null ? 'all' : html`<a href=${hashOf({ name: 'feature', feature })}>${feature}</a>`}</td>` : nothing}
        <td>${action}</td><td>${who}</td><td class="why">${why}</td>
        <td><details><summary aria-label="More of entry ${id}">${id}</summary><pre tabindex="0">${JSON.stringify({ from, to, details }, null, 1)}</pre></details></td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}
