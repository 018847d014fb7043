import { describe, expect, it } from 'vitest';
import { literal } from '../../../mover/sql/literal.ts';
import { column } from './column.ts';

const raw = (text: string) => Buffer.from(text);

describe('literal', () => {
  it.each([
    ['bigint', '-9223372036854775808', '-9223372036854775808'],
    ['decimal', '0.000000000000000000000000000001', '0.000000000000000000000000000001'],
    ['double', '1.7976931348623157e308', '1.7976931348623157e308'],
    ['double', '0.1', '0.1e0'],
    ['datetime', '0000-00-00 00:00:00', "'0000-00-00 00:00:00'"],
    ['year', '0000', "'0000'"],
    ['bit', '\u0001', "x'01'"],
    ['blob', '', "x''"],
    ['json', '{"a":1}', "_utf8mb4 x'7b2261223a317d'"],
    ['point', 'ab', "x'6162'"],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', "'123e4567-e89b-12d3-a456-426614174000'"],
  ])('writes %s %s as %s', (type, value, expected) => {
    expect(literal(column('c', type), raw(value))).toBe(expected);
  });

  it('says which character set the bytes of text are in', () => {
    expect(literal(column('c', 'varchar', { charset: 'latin1' }), Buffer.from([0xe9, 0x27]))).toBe(
      "_latin1 x'e927'",
    );
    expect(literal(column('c', 'enum', { charset: 'utf8mb4' }), raw("a'b"))).toBe("_utf8mb4 x'612762'");
  });

  it('keeps NULL', () => {
    expect(literal(column('c', 'int'), null)).toBe('NULL');
  });

  it.each([
    ['int', '1 OR 1=1'],
    ['double', 'nan'],
    ['datetime', "2020' OR '1"],
    ['date', '2020\\'],
  ])('never lets a %s be more than a value: %s', (type, value) => {
    expect(() => literal(column('c', type), raw(value))).toThrow(
      expect.objectContaining({ code: 'BANYAN_VALUE_UNREADABLE' }),
    );
  });
});
