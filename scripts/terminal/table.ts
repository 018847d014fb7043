import type { Paint } from './paint.ts';
import { pad, textWidth } from './text-width.ts';
import { wrapCell } from './wrap-lines.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** True for what is read as one, a time for instance: others give way for it. */
  readonly whole?: boolean;
}

export interface TableOptions {
  /** Spaces before each line. */
  readonly indent?: number;
  /** Styles the header line; where it is a terminal's, the table is made to fit it. */
  readonly paint?: Paint;
}

const gap = '  ';
/** No column is made narrower than this. */
const narrowest = 8;

/**
 * Rows as aligned columns with a header line; no borders, so that `awk` and `cut` can read it. Ends without a newline. On a terminal
 * that is too narrow the widest columns go over several lines.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { indent = 0, paint }: TableOptions = {},
): string {
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const wished = columns.map((column, index) =>
    Math.max(textWidth(column.title), ...cells.map((line) => textWidth(line[index] ?? ''))),
  );
  const room = (paint?.columns ?? Number.POSITIVE_INFINITY) - indent;
  const widths = fitted(wished, (index) => columns[index]?.whole !== true, room);
  const line = (texts: readonly string[], style: (text: string) => string) => {
    const pieces = texts.map((text, index) => wrapCell(text, widths[index] ?? 0));
    const height = Math.max(...pieces.map(({ length }) => length));
    return Array.from({ length: height }, (_, at) =>
      `${' '.repeat(indent)}${pieces
        .map((piece, index) => style(pad(piece[at] ?? '', widths[index] ?? 0, columns[index]?.align)))
        .join(gap)}`.trimEnd(),
    ).join('\n');
  };
  return [
    line(
      columns.map((column) => column.title),
      paint?.faint ?? ((text) => text),
    ),
    ...cells.map((texts) => line(texts, (text) => text)),
  ].join('\n');
}

/** The widest columns give way until all of them fit; where they cannot, nothing is changed. */
function fitted(
  wished: readonly number[],
  mayGiveWay: (index: number) => boolean,
  room: number,
): readonly number[] {
  const widths = [...wished];
  const total = () => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));
  while (total() > room) {
    const giving = widths.map((width, index) => (mayGiveWay(index) ? width : 0));
    const widest = Math.max(...giving);
    if (widest <= narrowest) return wished;
    widths[giving.lastIndexOf(widest)] = widest - 1;
  }
  return widths;
}
