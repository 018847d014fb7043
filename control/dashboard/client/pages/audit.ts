import { html, type TemplateResult } from 'lit-html';
import { auditTable } from '../parts/audit.ts';
import { state } from '../state.ts';

export function auditPage(): TemplateResult {
  return html`<h1>Audit</h1>
    <p class="faint">The last ${state.audit.length} changes, whoever made them. <code>banyan audit --verify</code> proves that the log is as it was written.</p>
    <section>${auditTable(state.audit, true)}</section>`;
}
