import { expect, it } from 'vitest';
import { nameFeature, withFeature } from '../../../common/name-feature.ts';

it('puts the feature into commands that ask for one, and leaves all others as they are', () => {
  for (const [said, told] of [
    ['Run `banyan resume` first.', 'Run `banyan resume product` first.'],
    [
      'then `banyan repair` or `banyan resume`: it',
      'then `banyan repair product` or `banyan resume product`: it',
    ],
    ['(`banyan schema FEATURE --apply` makes them)', '(`banyan schema product --apply` makes them)'],
    ['`banyan schema --apply`', '`banyan schema product --apply`'],
    ['`banyan repair orders --from legacy`', '`banyan repair orders --from legacy`'],
    [
      'see `banyan status`, `banyan check`, `banyan grants`',
      'see `banyan status`, `banyan check`, `banyan grants`',
    ],
    ['`banyan copy product --skip-data-check`', '`banyan copy product --skip-data-check`'],
    ['say `triggers: ...`', 'say `triggers: ...`'],
  ] as const) {
    expect(nameFeature(said, 'product')).toBe(told);
  }
});

it('does so in an error and in each fault that it lists', () => {
  const fault = { code: 'BANYAN_X', what: 'w', fix: '`banyan verify`' };
  expect(withFeature({ code: 'BANYAN_Y', fix: '`banyan resume`', faults: [fault] }, 'a')).toEqual({
    code: 'BANYAN_Y',
    fix: '`banyan resume a`',
    faults: [{ ...fault, fix: '`banyan verify a`' }],
  });
  const fine: { readonly ok: boolean; readonly fix?: string } = { ok: true };
  expect(withFeature(fine, 'a')).toEqual({ ok: true });
});
