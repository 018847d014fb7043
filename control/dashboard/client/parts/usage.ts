import { html, nothing, type TemplateResult } from 'lit-html';
import { counted, formatCount, formatSeconds } from '../../../../common/numbers.ts';
import type { QuestionAnswer } from '../../../api/contract/operations.ts';

type Usage = QuestionAnswer<'usage'>;

const most = 20;

/** Statements that write or read a feature's tables on legacy's server; banyan's own are left out. */
export function usageTable({
  entries,
  counted: isCounted,
  withinSeconds,
  access,
  server,
  unseen,
}: Usage): TemplateResult {
  const others = entries.filter(({ own }) => !own);
  const when = `in the last ${formatSeconds(withinSeconds)}${isCounted ? '' : ', as long as it was watched: that server keeps no count of statements'}`;
  const did = access === 'write' ? 'wrote' : 'read';
  return html`<p class="faint">${others.length === 0 ? 'No statement' : counted(others.length, 'statement')} ${did} them on ${server} ${when}. Those through the router are counted too.</p>
    ${others.length === 0 ? nothing : table(others.slice(0, most), access)}
    ${others.length <= most ? nothing : html`<p class="faint">${formatCount(others.length - most)} more: <code>banyan ${access === 'write' ? 'writers' : 'readers'}</code></p>`}
    ${unseen.length === 0 ? nothing : html`<details><summary>What is not seen</summary><ul>${unseen.map((sentence) => html`<li>${sentence}</li>`)}</ul></details>`}`;
}

function table(entries: Usage['entries'], access: Usage['access']): TemplateResult {
  return html`<div class="wide" role="group" aria-label=${access === 'write' ? 'Writers' : 'Readers'} tabindex="0"><table>
    <thead><tr><th scope="col" class="number">Last</th><th scope="col" class="number">Runs</th><th scope="col">Tables</th><th scope="col">Statement</th><th scope="col">Seen of</th></tr></thead>
    <tbody>${entries.map(
      (one) => html`<tr>
        <td class="number">${one.lastSeenSecondsAgo === null ? 'now' : `${formatSeconds(one.lastSeenSecondsAgo)} ago`}</td>
        <td class="number">${one.executions === null ? '–' : formatCount(one.executions)}</td>
        <td>${one.tables.join(', ')}</td><td><code>${one.statement}</code></td>
        <td>${one.accounts.length === 0 ? html`<span class="faint">–</span>` : one.accounts.join(', ')}</td></tr>`,
    )}</tbody>
  </table></div>`;
}
