import { expect, test } from 'vitest';
import {
  agreesAt,
  type DifferenceKind,
  parseDifferenceKey,
} from '../../../../router/shadow/compare/index.ts';

const difference = (key: string) => ({ ...parseDifferenceKey(key), first: null, second: null });

test.each<[string, string, boolean]>([
  // A second answer that differs there contradicts, and so does one that has not the place at all.
  ['value body.a', 'value body.a', false],
  ['value body.a', 'presence body.a', false],
  ['value body.a', 'type body', false],
  ['value body.a', 'value body.b', true],
  ['value body.a', 'value body.ab', true],
  ['value body.items[].a', 'presence body.items[]', false],
  ['value body.items[].a', 'value body.items[].b', true],
  ['value body.items[].a', 'order body.items', true],
  // What changes all the time may go missing all the same.
  ['presence body.a', 'value body.a', true],
  ['presence body.a', 'type body.a', false],
  ['type body.a', 'presence body.a', false],
  ['presence body.items[]', 'value body.items[].a', true],
  ['order body.items', 'value body.items[].a', true],
  ['order body.items', 'presence body.items[]', false],
  // Differences of a whole are contradicted by anything in it.
  ['replaced body.items[]', 'value body.items[].a', false],
  ['text body', 'value body.a', false],
  ['text header.vary', 'value body.a', true],
  // Of an answer with another status nothing else was compared.
  ['value body.a', 'status status 200/404', false],
  ['status status 200/404', 'status status 200/404', false],
  ['status status 200/404', 'value body.a', true],
])('%s and %s', (key, other, agrees) => {
  expect(
    agreesAt([difference(other)], parseDifferenceKey(key) as { path: string; kind: DifferenceKind }),
  ).toBe(agrees);
});
