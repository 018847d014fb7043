import { expect, test } from 'vitest';
import { writeMarkFields, writeMarks } from '../../../router/cohorts/write-mark.ts';

test('a mark comes back by cookie or by header; what is none is left out', () => {
  const [, cookie, name, value] = writeMarkFields('order-items', 1_764_483_634_123) as [
    string,
    string,
    string,
    string,
  ];
  const mark = { feature: 'order-items', at: 1_764_483_634_123 };
  expect(writeMarks({ cookie: `a=1; ${cookie.split(';')[0]}; b=2` })).toEqual([mark]);
  expect(writeMarks({ [name.toLowerCase()]: `${value}, product.1764483634124` })).toEqual([
    mark,
    { feature: 'product', at: 1_764_483_634_124 },
  ]);
  const rubbish = 'banyan_wrote_x=; banyan_wrote_y=1e9; banyan_wrote_z=9999999999999999999; banyan_wrote_; =';
  expect(writeMarks({ cookie: rubbish, 'x-banyan-wrote': '.1,x,y.z,,' })).toEqual([]);
});
