import { pad, textWidth } from './text-width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

export interface TableOptions {
  /** Spaces before each line. */
  readonly indent?: number;
  /** Applied to the header line. */
  readonly styleTitle?: (text: string) => string;
}

/** Rows as aligned columns with a header line; no borders, so that `awk` and `cut` can read it. Ends without a newline. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string {
  const indent = ' '.repeat(options.indent ?? 0);
  const style = options.styleTitle ?? ((text) => text);
  const cells = rows.map((row) => columns.map((column) => column.value(row)));
  const widths = columns.map((column, index) =>
    Math.max(textWidth(column.title), ...cells.map((line) => textWidth(line[index] ?? ''))),
  );
  const line = (texts: readonly string[], paint: (text: string) => string) =>
    indent +
    texts
      .map((text, index) => paint(pad(text, widths[index] ?? 0, columns[index]?.align)))
      .join('  ')
      .trimEnd();
  return [
    line(
      columns.map((column) => column.title),
      style,
    ),
    ...cells.map((texts) => line(texts, (text) => text)),
  ].join('\n');
}
