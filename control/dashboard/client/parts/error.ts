import { html, nothing, type TemplateResult } from 'lit-html';
import type { ErrorBody } from '../../../api/contract/errors.ts';
import { inCode } from './marks.ts';

/** What went wrong, and what to do now. */
export function errorBox({ code, message, fix, faults }: ErrorBody): TemplateResult {
  const others = faults.filter(({ what }) => !message.includes(what));
  return html`<div class="error" role="alert">
    <p>${message} <span class="code">${code}</span></p>
    ${others.map((fault) => html`<p>${fault.what}<span class="fix">${inCode(fault.fix)}</span></p>`)}
    ${fix === '' ? nothing : html`<p class="fix">${inCode(fix)}</p>`}
  </div>`;
}
