import { describe, expect, it } from 'vitest';
import { toProduct } from '../../../extracted/product/product-row.ts';
import { changedColumns, wholeProduct } from '../../../extracted/product/product-rules.ts';
import { changedFields } from '../../../legacy/models/product-rules.ts';

const whole = { shopId: 3, sku: 'A-1', name: 'x', price: '1.5' };

describe('the service’s rules', () => {
  it('fill in what a new product leaves out', () => {
    expect(wholeProduct(whole)).toEqual({
      ...{
        shop_id: 3,
        sku: 'A-1',
        name: 'x',
        description: '',
        price: '1.5',
        status: 'draft',
        attributes: null,
      },
    });
  });

  it('tell attributes that are absent from attributes that are taken away', () => {
    expect(changedColumns({ name: 'y' })).toEqual({ name: 'y' });
    expect(changedColumns({ attributes: 'null' })).toEqual({ attributes: null });
    expect(changedColumns({ attributes: ' {"b": 1.50, "2":0} ' })).toEqual({ attributes: '{"2":0,"b":1.5}' });
    expect(() => changedColumns({})).toThrow('changes nothing');
  });

  it('hold for callers that speak Thrift themselves', () => {
    for (const attributes of ['{', '[]', '1', '"x"', `${'{"a":'.repeat(16)}{}${'}'.repeat(16)}`]) {
      expect(() => changedColumns({ attributes })).toThrow('attributes must be an object');
    }
    expect(() => changedColumns({ shopId: 2n ** 60n })).toThrow('shopId must be a positive whole number.');
    // An enum travels as any number.
    expect(() => wholeProduct({ ...whole, status: 9 as 1 })).toThrow(
      'status must be one of draft, live, sold_out.',
    );
  });
});

it('the monolith stops looking into a body that is nested too deep', () => {
  let attributes = {};
  for (let level = 0; level < 50_000; level++) attributes = { a: attributes };
  expect(() => changedFields({ attributes })).toThrow('nested at most 16 deep');
});

it('rows that either server prints look the same to a client', () => {
  const row = {
    ...{
      id: 1,
      shop_id: 3,
      sku: 'A-1',
      name: 'x',
      description: '',
      price: '1.50',
      status: 'sold_out' as const,
    },
    created_at: new Date(0),
    updated_at: new Date(1),
  };
  expect(toProduct({ ...row, attributes: '{"a": 1.0, "b": [1, 2]}' }).attributes).toBe('{"a":1,"b":[1,2]}');
  expect(toProduct({ ...row, attributes: null })).not.toHaveProperty('attributes');
});
