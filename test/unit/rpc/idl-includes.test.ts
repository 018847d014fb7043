import { loadIdl } from 'banyan/rpc';
import { expect, test } from 'vitest';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { idlFaultsOf } from '../../support/rpc/idl-faults.ts';

test('includes may be called alike, wherever they stand, and say different things', async () => {
  await using files = await idlFiles({
    'a.thrift': `include "left/types.thrift"
include "right/types.thrift"
include "deep/down/types.thrift"
include "dotted.name.thrift"
struct A { 1: types.Left l, 2: types.Right r, 3: types.Down d, 4: dotted.name.Color c = dotted.name.Color.red }
`,
    'left/types.thrift': 'include "../shared/types.thrift"\nstruct Left { 1: types.T t }',
    'right/types.thrift': 'include "../shared/types.thrift"\nstruct Right { 1: types.T t }',
    'deep/down/types.thrift': 'struct Down { 1: T t }\nstruct T { 1: i32 down }',
    'shared/types.thrift': 'struct T { 1: i32 shared }',
    'dotted.name.thrift': 'enum Color { blue, red }',
  });
  const idl = await loadIdl(files.path('a.thrift'));
  const names = idl.structs.map((one) => one.qualifiedName);
  expect(new Set(names).size).toBe(names.length);
  const inside = (struct: string) => {
    const { type } = idl.structs.find((one) => one.name === struct)!.fields[0]!;
    return type.kind === 'struct' ? type.struct.fields.map((field) => field.name) : type.kind;
  };
  expect([inside('Left'), inside('Right'), inside('Down')]).toEqual([['shared'], ['shared'], ['down']]);
  expect(idl.structs.find((one) => one.name === 'A')!.fields[3]).toMatchObject({ defaultValue: 1 });
});

test('what two includes of one name both declare is a fault, not a guess', async () => {
  expect(
    await idlFaultsOf({
      'a.thrift': 'include "left/types.thrift"\ninclude "right/types.thrift"\nstruct A { 1: types.T t }',
      'left/types.thrift': 'struct T { 1: i32 left }',
      'right/types.thrift': 'struct T { 1: i32 right }',
    }),
  ).toEqual(['a.thrift:2:1 INCLUDE types.T is declared by left/types.thrift and by right/types.thrift']);
});
