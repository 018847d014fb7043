import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours for one stream: plain text unless it is a terminal, NO_COLOR and FORCE_COLOR honoured. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly accent: (text: string) => string;
  /** Of the terminal; left out, it is none. */
  readonly columns?: number;
}

export function paintFor(stream: Writable & { readonly columns?: number }): Paint {
  const style = (format: Style) => (text: string) => styleText(format, text, { stream });
  return {
    good: style('green'),
    bad: style('red'),
    warn: style('yellow'),
    strong: style('bold'),
    faint: style('dim'),
    accent: style('cyan'),
    ...(stream.columns === undefined ? {} : { columns: stream.columns }),
  };
}
