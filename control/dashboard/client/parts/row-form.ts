import { html, nothing, type TemplateResult } from 'lit-html';
import type { RowAnswer } from '../../../api/contract/answers/index.ts';
import { rowWords, valueWords } from '../../../api/words/row-words.ts';
import { loadByPost, loaded } from '../loaded.ts';
import { changed } from '../state.ts';
import { errorBox } from './error.ts';
import { mark } from './marks.ts';

/** What is typed, and of which feature. */
let typed = { feature: '', table: '', key: '' };
/** The key that was looked for. */
let asked = '';

/** Whether one row is the same on both sides. `tables`: legacy's, at least one. */
export function rowForm(feature: string, tables: readonly string[]): TemplateResult {
  if (typed.feature !== feature) typed = { feature, table: '', key: '' };
  const { value, error, asking } = loaded<RowAnswer>(keyOf(feature));
  const table = typed.table === '' ? (tables[0] ?? '') : typed.table;
  const set = (change: object) => {
    typed = { ...typed, ...change };
    changed();
  };
  const ask = (event: Event) => {
    event.preventDefault();
    asked = typed.key.trim();
    if (asked === '') return;
    const about = { feature, key: asked.split(',').map((part) => part.trim()) };
    void loadByPost('/v1/row', { ...about, table }, keyOf(feature));
  };
  return html`<form class="line" @submit=${ask}>
      <label for="row-table">Table</label>
      <select id="row-table" @change=${(event: Event) => set({ table: (event.target as HTMLSelectElement).value })}>${tables.map((name) => html`<option ?selected=${name === table}>${name}</option>`)}</select>
      <label for="row-key">Key</label>
      <input id="row-key" autocomplete="off" .value=${typed.key} aria-describedby="row-hint" @input=${(event: Event) => set({ key: (event.target as HTMLInputElement).value })}>
      <button type="submit" ?disabled=${asking}>Compare</button>
      <span class="faint" id="row-hint">Columns of one key are joined by commas.</span>
    </form>
    <div aria-live="polite">${error !== null ? errorBox(error) : value === undefined ? nothing : found(value)}</div>`;
}

function keyOf(feature: string): string {
  return `row ${feature}`;
}

function found({ feature, rows }: RowAnswer): TemplateResult | readonly TemplateResult[] {
  if (rows.length === 0) return html`<p>Neither side of ${feature} has a row ${asked}.</p>`;
  return rows.map(
    (
      row,
    ) => html`<p>${mark(row.equal ? 'well' : 'bad')}<code>${row.table}</code> ${Object.values(row.key).join(',')}: ${rowWords(row)}</p>
      <div class="wide" role="group" aria-label="Row" tabindex="0"><table class="row-columns">
        <thead><tr><th scope="col">Column</th><th scope="col">Legacy</th><th scope="col">Service</th><th scope="col">Equal</th></tr></thead>
        <tbody>${row.columns.map(
          ({ name, legacy, service, equal }) => html`<tr>
            <td><code>${name}</code></td><td>${valueWords(row.on.legacy, legacy)}</td><td>${valueWords(row.on.service, service)}</td>
            <td class=${equal ? '' : 'bad'}>${equal ? 'yes' : 'no'}</td></tr>`,
        )}</tbody>
      </table></div>`,
  );
}
