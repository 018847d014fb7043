/** Whole numbers that do not end in zero: most of them are spelt so, and need no further look. */
const plainInteger = /^-?(?:[1-9]\d*)?[1-9]$/;
/** BigInt's own cost grows with the square of the digits: a longer exponent is told apart by its text. */
const longestExponent = 18;

/**
 * A JSON number by its value: one spelling for 1, 1.0, 10e-1 and 0.1e1, with every digit that counts. -0 is 0, as in arithmetic.
 * No floating-point number comes in between.
 */
export function decimalValue(text: string): string {
  if (plainInteger.test(text)) return text;
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  if (exponent.length > longestExponent) return text;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end -= 1;
  if (end === 0) return '0';
  const power = Number(exponent) - fraction.length + (digits.length - end);
  const significant = digits.slice(0, end);
  return power === 0 ? `${sign}${significant}` : `${sign}${significant}e${power}`;
}
