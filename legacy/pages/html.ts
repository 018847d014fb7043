import escapeHtml from 'escape-html';

/** Text that is HTML already. Only `html` makes it, so that whatever else goes into a page is escaped. */
export class Html {
  readonly #text: string;

  constructor(parts: readonly string[], values: readonly HtmlValue[]) {
    this.#text = parts.reduce((text, part, index) => text + inserted(values[index - 1]) + part);
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a page: nothing for null, undefined and false. */
export type HtmlValue = string | number | bigint | Html | null | undefined | false | readonly HtmlValue[];

/** A page or a part of one; each value is escaped, for text and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts, values);
}

function inserted(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(inserted).join('');
  return escapeHtml(String(value));
}
