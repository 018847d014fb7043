import { expect, test } from 'vitest';
import { parseVd, VdSyntaxError } from '../../../rpc/validation/vd-expression.ts';

const struct: Record<string, unknown> = {
  a: 5,
  big: 9007199254740993n,
  name: '한국',
  list: [1, 2, 3],
  map: new Map([['k', 7]]),
};

function judged(text: string, value: unknown): unknown {
  return parseVd(text).condition({ value, field: ([name]) => struct[name!] });
}

test.each<[string, unknown, boolean]>([
  ['$>0', 1, true],
  ['$>0', 0, false],
  ['$ >= 1 && $ <= 10 || $ == 42', 42, true],
  ['!($>3)', 3, true],
  ['$%2==0', 4, true],
  ['$+1 < 2*3-1', 3, true],
  ['-$ == 3', -3, true],
  ["$=='a' || $=='b'", 'b', true],
  ["$!=''", '', false],
  ['len($)>0 && len($)<=6', '한국', true],
  ['len($)<6', '한국', false],
  ['mblen($)==2', '한국', true],
  ['len($)==3', [1, 2, 3], true],
  ["regexp('^\\\\w+$')", 'abc_1', true],
  ["regexp('^\\\\w+$')", 'a b', false],
  ["regexp('^h', (name)$)", 'x', false],
  ["in($, 'a', 'b')", 'b', true],
  ['in($, 1, 2)', 3, false],
  ['$ > (a)$', 6, true],
  ['(big)$ == $', 9007199254740993n, true],
  ['(big)$ > 9007199254740992', 1, true],
  ['range($, #v > 0)', [1, 2], true],
  ['range($, #v > 0)', [1, 0], false],
  ["range($, in(#k, 'k'))", new Map([['k', 1]]), true],
  ['$ == nil || $ > 2', undefined, true],
  ['$ ? $ > 2 : true', 0, true],
  ['email($)', 'a@b.example', true],
  ['email($)', 'a@b', false],
  ['phone($)', '+82 2-123-4567', true],
  ["$ > 1; msg: 'no'", 2, true],
  ["@: $ != ';'", ';', false],
  ['true', 0, true],
])('%s (case %#)', (text, value, expected) => {
  expect(judged(text, value)).toBe(expected);
});

test('messages are expressions too', () => {
  const { message } = parseVd("len($)>2; msg: sprintf('%v is too short; at least %d%%', $, 3)");
  expect(message!({ value: 'x', field: () => undefined })).toBe('x is too short; at least 3%');
});

test.each([
  ['', 'it has no condition'],
  ['$ >', 'it ends too early'],
  ['$ $', '"$" is unexpected'],
  ['nope($)', 'it has no function nope'],
  ["regexp('(')", 'regexp has no pattern: '],
  ['$ & 1', 'it cannot be read at '],
  ['$>1; $<2', 'it has two conditions'],
])('%s is refused: %s', (text, why) => {
  expect(() => parseVd(text)).toThrow(VdSyntaxError);
  expect(() => parseVd(text)).toThrow(why);
});
