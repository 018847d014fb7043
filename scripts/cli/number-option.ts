import { InvalidArgumentError } from 'commander';

interface Bounds {
  readonly least?: number;
  readonly most?: number;
  /** Nothing after the point. Default false. */
  readonly whole?: boolean;
}

/**
 * Reads an option's number, which `Number` alone does not: of an empty text, as an unset variable of a shell gives it, that makes 0.
 * What the admin API knows of bounds is left to it.
 */
export function numberOption({ least, most, whole = false }: Bounds = {}): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const fits = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (fits && value >= (least ?? value) && value <= (most ?? value)) return value;
    const from = least === undefined ? '' : ` from ${least}`;
    const to = most === undefined ? (least === undefined ? '' : ' up') : ` to ${most}`;
    throw new InvalidArgumentError(`Give a ${whole ? 'whole ' : ''}number${from}${to}.`);
  };
}
