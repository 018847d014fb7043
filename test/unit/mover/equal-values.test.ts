import { describe, expect, it } from 'vitest';
import { equalJson, equalValues } from '../../../mover/verify/equal-values.ts';
import { column } from './column.ts';

describe('equalJson', () => {
  it.each([
    ['{"a": 1, "b": [2.50, null]}', '{"b":[2.5,null],"a":1}', true],
    ['1.0', '1', true],
    ['1e2', '100', true],
    ['9007199254740993', '9007199254740992', false],
    ['18446744073709551615', '18446744073709551614', false],
    ['100000000000000000000000', '1e23', true],
    ['"1"', '1', false],
    ['[1,2]', '[2,1]', false],
    ['{"a":null}', '{}', false],
    ['"\\u0041"', '"A"', true],
    ['not json', 'not json either', false],
  ])('%s and %s: %s', (a, b, equal) => {
    expect(equalJson(a, b)).toBe(equal);
  });
});

describe('equalValues', () => {
  const raw = (text: string) => Buffer.from(text);
  it('compares bytes between equal engines, also of JSON and floats', () => {
    expect(equalValues(column('j', 'json'), raw('1.0'), raw('1'), false)).toBe(false);
    expect(equalValues(column('d', 'double'), raw('1e20'), raw('100000000000000000000'), false)).toBe(false);
  });
  it('compares JSON and floats by value between different engines, and nothing else', () => {
    expect(equalValues(column('j', 'json'), raw('1.0'), raw('1'), true)).toBe(true);
    expect(equalValues(column('d', 'double'), raw('1e20'), raw('100000000000000000000'), true)).toBe(true);
    expect(equalValues(column('n', 'decimal'), raw('1.0'), raw('1'), true)).toBe(false);
  });
  it('tells NULL from the empty value', () => {
    expect(equalValues(column('s', 'varchar'), null, raw(''), true)).toBe(false);
    expect(equalValues(column('s', 'varchar'), null, null, false)).toBe(true);
  });
});
