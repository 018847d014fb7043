import { expect, test } from 'vitest';
import { fromRelay, fromRouter, seal, unseal } from '../../../control/store/relay/relay-message.ts';

const key = 'ab'.repeat(32);
const beat = { beat: 7, replica: 'r1', version: 3, drained: '{"parcels":3}' };

test('a datagram is taken only whole, from somebody who has the key, and in the right direction', () => {
  const sealed = seal(key, beat);
  expect(unseal(key, sealed, fromRouter)).toEqual(beat);
  expect(sealed.includes(key)).toBe(false);
  expect(unseal('cd'.repeat(32), sealed, fromRouter)).toBeNull();
  expect(unseal(key, sealed, fromRelay)).toBeNull();
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    expect(unseal(key, changed, fromRouter)).toBeNull();
    expect(unseal(key, sealed.subarray(0, at), fromRouter)).toBeNull();
  }
  expect(unseal(key, seal(key, { news: 4 }), fromRelay)).toEqual({ news: 4 });
});
