import { html, nothing, type TemplateResult } from 'lit-html';
import type { Told } from '../../../api/words/told.ts';
import { hashOf } from '../pure/page.ts';

const words = { bad: 'Broken', warn: 'Attention', note: 'Note', well: 'Well' } as const;
const signs = { bad: '✗', warn: '!', note: 'i', well: '✓' } as const;

export type Level = keyof typeof words;

/** A sign that says the same to eyes and to a screen reader. */
export function mark(level: Level): TemplateResult {
  return html`<span class="mark ${level}"><span aria-hidden="true">${signs[level]}</span><span class="unseen">${words[level]}: </span></span>`;
}

/** `legacy` or `service`, in its colour everywhere. */
export function sideName(side: string): TemplateResult {
  return html`<span class="side ${side === 'service' ? 'service' : 'legacy'}">${side}</span>`;
}

/** What is wrong, and what to do about it. */
export function toldList(list: readonly Told[], named: boolean): TemplateResult | typeof nothing {
  if (list.length === 0) return nothing;
  return html`<ul class="told">
    ${list.map(
      ({ feature, level, what, code, fix, more }) => html`<li class=${level}>
        ${mark(level)}
        <div>
          ${named && feature !== null ? html`<a href=${hashOf({ name: 'feature', feature })}>${feature}</a>: ` : nothing}${what}
          ${code === null ? nothing : html`<span class="code">${code}</span>`}
          ${more.map((line) => html`<div class="more">${line}</div>`)}
          ${fix === null ? nothing : html`<div class="fix">${inCode(fix)}</div>`}
        </div>
      </li>`,
    )}
  </ul>`;
}

/** Text with `commands` in it; a statement of SQL, whose names have backticks, is one as a whole. */
export function inCode(text: string): readonly (string | TemplateResult)[] {
  if (/^(?:ALTER|CREATE|DROP|GRANT|SET) .*;$/.test(text)) return [html`<code>${text}</code>`];
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}
