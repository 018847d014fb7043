import { html, type TemplateResult } from 'lit-html';
import type { HandoverRehearsal } from '../../../api/contract/answers/index.ts';
import { inCode, mark } from './marks.ts';

type Gate = HandoverRehearsal['gate'];

/** Every guard of a handover with its figure, and what to do where it says no. */
export function gateList(gate: Gate): TemplateResult {
  return html`<ul class="gate">
    ${gate.map(
      ({ check, ok, detail, fix, forced }) => html`<li>
        ${mark(forced ? 'warn' : ok ? 'well' : 'bad')}
        <strong>${check}</strong>
        <div>${detail}${ok || fix === undefined ? '' : html`<div class="fix">${inCode(fix)}</div>`}</div>
      </li>`,
    )}
  </ul>`;
}
