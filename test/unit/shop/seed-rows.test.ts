import { expect, it } from 'vitest';
import { randomFrom } from '../../../legacy/seed/random.ts';
import { productColumns, productRow } from '../../../legacy/seed/rows.ts';

const rows = () => {
  const random = randomFrom(7);
  return Array.from({ length: 2_000 }, (_, i) => productRow(random, i + 1, random.between(1, 20)));
};
const column = (name: string) => rows().map((row) => row[productColumns.indexOf(name)]);

it('gives the same rows from the same number', () => {
  expect(rows()).toEqual(rows());
  expect(productRow(randomFrom(8), 1, 1)).not.toEqual(productRow(randomFrom(7), 1, 1));
});

it('has what a move must carry: NULLs, two alphabets, emoji, quotes, line breaks, large and small prices', () => {
  const attributes = column('attributes');
  expect(attributes.filter((text) => text === null).length).toBeGreaterThan(300);
  for (const text of attributes) if (text !== null) JSON.parse(String(text));
  const prose = [...column('name'), ...column('description')].join('');
  for (const kind of [/[가-힣]/, /[A-Za-z]/, /\p{Emoji_Presentation}/u, /"/, /\n/, /\\/])
    expect(prose).toMatch(kind);
  const prices = column('price').map(Number);
  expect(Math.max(...prices)).toBeGreaterThan(100_000);
  expect(Math.min(...prices)).toBeLessThan(10);
});

it('keeps to the rules of the API', () => {
  for (const sku of column('sku')) expect(sku).toMatch(/^[\w.-]{1,64}$/);
  expect(new Set(column('sku')).size).toBe(2_000);
  for (const price of column('price')) expect(price).toMatch(/^\d{1,10}\.\d\d$/);
  for (const at of column('updated_at')) expect(at).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
});
