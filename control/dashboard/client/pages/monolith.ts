import { html, nothing, type TemplateResult } from 'lit-html';
import { formatBytes, formatCount } from '../../../../common/numbers.ts';
import type { MonolithAnswer } from '../../../api/contract/answers/index.ts';
import { hasLeft, seamsWords, tallyWords } from '../../../api/words/monolith-words.ts';
import { load, loaded } from '../loaded.ts';
import { errorBox } from '../parts/error.ts';
import { inCode, sideName } from '../parts/marks.ts';
import { hashOf } from '../pure/page.ts';
import { stageName } from '../pure/words.ts';

const path = '/v1/monolith';

export function openMonolith(): void {
  void load(path);
}

/** What is left in the monolith: what has left is counted only. */
export function monolithPage(): TemplateResult {
  const { value, error } = loaded<MonolithAnswer>(path);
  return html`<h1>Monolith</h1>
    ${error !== null ? errorBox(error) : value === undefined ? html`<p class="loading">Looking …</p>` : standing(value)}`;
}

function standing({ database, tables, routes, seams, unseen }: MonolithAnswer): TemplateResult {
  const bySize = tables.filter((one) => !hasLeft(one)).toSorted((a, b) => b.bytes - a.bytes);
  const left = routes.filter((one) => !hasLeft(one));
  return html`<section aria-labelledby="left-tables"><h2 id="left-tables">Tables of ${database}</h2>
      <p>${tallyWords(tables)}</p>
      ${
        bySize.length === 0
          ? nothing
          : wide(
              'Tables',
              html`<thead><tr><th scope="col">Table</th><th scope="col" class="number">Rows, about</th><th scope="col" class="number">Size</th><th scope="col">Feature</th><th scope="col">Stage</th></tr></thead>
        <tbody>${bySize.map((one) => html`<tr><td><code>${one.table}</code></td><td class="number">${formatCount(one.rows)}</td><td class="number">${formatBytes(one.bytes)}</td>${feature(one)}</tr>`)}</tbody>`,
            )
      }</section>
    <section aria-labelledby="left-routes"><h2 id="left-routes">Routes</h2>
      <p>${tallyWords(routes)}</p>
      ${
        left.length === 0
          ? nothing
          : wide(
              'Routes',
              html`<thead><tr><th scope="col">Route</th><th scope="col">Feature</th><th scope="col">Stage</th></tr></thead>
        <tbody>${left.map((one) => html`<tr><td><code>${one.method} ${one.path}</code></td>${feature(one)}</tr>`)}</tbody>`,
            )
      }
      ${unseen.map((sentence) => html`<p class="faint">Not seen: ${inCode(sentence)}</p>`)}</section>
    <section aria-labelledby="left-seams"><h2 id="left-seams">Seams</h2>
      <p>${seamsWords(seams)}</p>
      ${
        seams.length === 0
          ? nothing
          : wide(
              'Seams',
              html`<thead><tr><th scope="col">Process</th><th scope="col">Feature</th><th scope="col">Stage</th><th scope="col">Calls</th></tr></thead>
        <tbody>${seams.map((one) => html`<tr><td>${one.host} (${one.pid})</td>${feature(one)}<td>${sideName(one.side)}</td></tr>`)}</tbody>`,
            )
      }</section>`;
}

function wide(label: string, table: TemplateResult): TemplateResult {
  return html`<div class="wide" role="group" aria-label=${label} tabindex="0"><table>${table}</table></div>`;
}

function feature(one: { readonly feature: string | null; readonly stage: string | null }): TemplateResult {
  const { feature, stage } = one;
  return html`<td>${feature === null ? html`<span class="faint">–</span>` : html`<a href=${hashOf({ name: 'feature', feature })}>${feature}</a>`}</td><td>${stage === null ? html`<span class="faint">–</span>` : stageName(stage)}</td>`;
}
