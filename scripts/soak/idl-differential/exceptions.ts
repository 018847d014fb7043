/**
 * What Apache Thrift's compiler takes and banyan refuses (docs/idl.md, Grammar): it would not arrive as it is written, or means
 * nothing. Each is a pattern of all that banyan says against it. test/support/rpc/official-grammar.ts has a text for each.
 */
export const refusedAllTheSame: readonly (readonly [why: string, said: RegExp])[] = [
  [
    'a constant out of the range of its type',
    /^(?:this|-?\d+) is out of the range of (?:a )?(?:byte|i16|i32|i64|double)$/,
  ],
  ['a field id over 32767', /^field id \d+ of \S+ is out of range$/],
  ['a member of an enum in the place of another type', /^\S+ is no (?:double|bool|member of \S+)$/],
  ['a list in the place of a map, or a map in that of a list', /^this is no (?:list|set|map)$/],
  ['an element or key that is there twice', /^a (?:set has an element|map has a key) twice$/],
  ['one name for a constant and a type', /^\S+ is declared twice$/],
  ['a struct without a required field', /^\S+ is required, and missing here$/],
  ['a union with none or several members', /^union \S+ has \d+ members here$/],
  ['oneway with a result', /^oneway method \S+ cannot return or throw anything$/],
  ['a word where a number belongs', /^a whole number is missing: "(?:true|false)" stands there$/],
  ['a word of Thrift as a name', /^a (?:type|name) is missing: (?:true|false) is a word of Thrift$/],
  ['a text in the place of a member', /^this is no member of \S+$/],
];

export function isException(said: readonly string[]): boolean {
  return said.length > 0 && said.every((one) => refusedAllTheSame.some(([, pattern]) => pattern.test(one)));
}
