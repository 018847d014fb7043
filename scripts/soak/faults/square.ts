import { type Cell, describeCell } from './cells.ts';
import { faultKinds } from './fault.ts';
import { points } from './points.ts';

/**
 * Of the cells one for each engine, point and kind of fault: one that was run and was well, or else the first. Point after
 * point, so that one that is cut short leaves whole points behind.
 */
export function squareOf(cells: readonly Cell[], wasWell: (cell: Cell) => boolean): Cell[] {
  const chosen = new Map<string, Cell>();
  for (const cell of cells) {
    const { engine, point, fault } = cell;
    const field = [engine, points.indexOf(point), fault.kind].join();
    const before = chosen.get(field);
    if (before === undefined || (!wasWell(before) && wasWell(cell))) chosen.set(field, cell);
  }
  const place = ({ point, fault }: Cell) =>
    points.indexOf(point) * faultKinds.length + faultKinds.indexOf(fault.kind);
  return [...chosen.values()].sort(
    (a, b) => place(a) - place(b) || describeCell(a).localeCompare(describeCell(b)),
  );
}
