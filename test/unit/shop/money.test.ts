import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromCents, toCents } from '../../../legacy/models/money.ts';

it('goes to cents and back without losing one', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (cents) => {
      expect(toCents(fromCents(cents))).toBe(cents);
    }),
  );
});

it('reads what MySQL prints', () => {
  expect(['0.00', '7', '7.5', '9999999999.99'].map(toCents)).toEqual([0n, 700n, 750n, 999_999_999_999n]);
});
