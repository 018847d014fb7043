import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ValueReaders } from '../../../rpc/codec/value-reader.ts';
import { ValueWriters } from '../../../rpc/codec/value-writer.ts';
import { loadIdl } from '../../../rpc/http/load-idl.ts';
import type { StructDef } from '../../../rpc/idl/model.ts';
import { parseJson } from '../../../rpc/json/exact-json.ts';
import { JsonOut } from '../../../rpc/json/json-out.ts';
import { ThriftFromJsonCompiler } from '../../../rpc/json/json-to-thrift.ts';
import { JsonFromThriftCompiler } from '../../../rpc/json/thrift-to-json.ts';
import { MessageScanner } from '../../../rpc/wire/message-scanner.ts';
import { newReader, newWriter } from '../../../rpc/wire/protocols.ts';
import { TType } from '../../../rpc/wire/types.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { officialBytes, officialValue } from '../../support/rpc/official.ts';
import {
  idlOf,
  isPairs,
  jsonOf,
  randomValue,
  structSpec,
  type TypeSpec,
} from '../../support/rpc/random-idl.ts';

const cases = structSpec.chain((spec) => fc.tuple(fc.constant(spec), randomValue(spec)));

async function rootOf(spec: TypeSpec & { kind: 'struct' }): Promise<StructDef> {
  await using files = await idlFiles({ 'random.thrift': idlOf(spec) });
  const idl = await loadIdl(files.path('random.thrift'));
  return idl.structs.find((struct) => struct.name === 'Root')!;
}

describe.each(['binary', 'compact'] as const)('%s', (protocol) => {
  const w = newWriter(protocol);
  const r = newReader(protocol);

  test('a random value of a random type is to the official library what it is to us', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([spec, value]) => {
        const root = await rootOf(spec);
        w.reset();
        new ValueWriters().struct(root)(w, value);
        const ours = w.copy();
        const theirs = officialBytes(root, value, protocol);
        expect(ours.equals(theirs)).toBe(true);
        expect(officialValue(root, ours, protocol)).toEqual(value);
        r.reset(theirs, 0, theirs.length);
        expect(new ValueReaders().struct(root)(r)).toEqual(value);
        expect(r.pos).toBe(theirs.length);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  test('JSON → Thrift → official library → Thrift → JSON is the same text', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([spec, value]) => {
        const root = await rootOf(spec);
        const text = jsonOf(spec, value);
        w.reset();
        const parsed = parseJson(text, { raw: null, maxDepth: 100 });
        new ThriftFromJsonCompiler({ unknownMembers: 'refuse' }).struct(root)(w, parsed);
        const theirs = officialBytes(root, officialValue(root, w.copy(), protocol), protocol);
        r.reset(theirs, 0, theirs.length);
        const out = new JsonOut(16);
        new JsonFromThriftCompiler().struct(root)(r, out);
        const printed = out.copy().toString();
        // JavaScript's own objects sort keys like "1" first; a Thrift map keeps the order of its bytes.
        if (hasIntegerKeys(spec)) expect(JSON.parse(printed)).toEqual(JSON.parse(text));
        else expect(printed).toBe(text);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  test('fields in another order than the IDL’s cost no more the deeper they are nested', async () => {
    await using files = await idlFiles({
      'tree.thrift': `struct Tree { 1: optional i32 value, 2: optional bool leaf, 3: optional Tree child }
union Either { 1: i32 left, 2: i32 right }`,
    });
    const [tree, either] = (await loadIdl(files.path('tree.thrift'))).structs;
    w.reset();
    const nest = (depth: number): void => {
      const saved = w.structBegin();
      if (depth > 0) {
        w.field(TType.struct, 3);
        nest(depth - 1);
      }
      w.boolField(2, depth === 0);
      w.field(TType.i32, 1);
      w.i32(depth);
      w.stop();
      w.structEnd(saved);
    };
    nest(60);
    const print = new JsonFromThriftCompiler().struct(tree!);
    const expected = Array.from({ length: 61 }, (_, i) => i).reduce<unknown>(
      (child, value) => ({ value, leaf: value === 0, ...(child === undefined ? {} : { child }) }),
      undefined,
    );
    // Twice: what is known of the order from the first time serves the second.
    for (let i = 0; i < 2; i++) {
      r.reset(w.copy(), 0, w.pos);
      const out = new JsonOut(16);
      print(r, out);
      expect(out.copy().toString()).toBe(JSON.stringify(expected));
      expect(r.pos).toBe(w.pos);
    }
    w.reset();
    const saved = w.structBegin();
    for (const id of [2, 1]) {
      w.field(TType.i32, id);
      w.i32(id);
    }
    w.stop();
    w.structEnd(saved);
    r.reset(w.copy(), 0, w.pos);
    expect(() => new JsonFromThriftCompiler().struct(either!)(r, new JsonOut(16))).toThrow(
      /union Either has 2 known members/,
    );
  });

  test('what is written is skipped and found whole, as deep as it may be', async () => {
    await using files = await idlFiles({
      'tree.thrift': 'struct Tree { 1: optional map<string, list<Tree>> children }',
    });
    const tree = (await loadIdl(files.path('tree.thrift'))).structs[0]!;
    const deep = (levels: number): object =>
      levels === 1 ? {} : { children: new Map([['child', [deep(levels - 1)]]]) };
    const write = new ValueWriters().struct(tree);
    w.reset();
    w.message('grow', 1, 1);
    const start = w.pos;
    write(w, deep(64));
    const bytes = w.copy();
    r.reset(bytes, start, bytes.length);
    r.skip(TType.struct);
    expect(r.pos).toBe(bytes.length);
    expect(new MessageScanner(newReader(protocol)).scan(bytes, 0)).toBe(bytes.length);
    expect(() => write(w, deep(65))).toThrow(/nested deeper than 64/);
  });

  test('containers in containers are skipped to a depth that no stack minds', () => {
    const bytes = Buffer.alloc(100_000, protocol === 'binary' ? Buffer.from([15, 0, 0, 0, 1]) : 0x19);
    r.reset(bytes, 0, bytes.length);
    expect(() => r.skip(TType.list)).toThrow(/nested deeper/);
    w.reset();
    w.message('x', 1, 1);
    w.field(TType.list, 1);
    expect(() => new MessageScanner(newReader(protocol)).scan(Buffer.concat([w.copy(), bytes]), 0)).toThrow(
      /nested deeper/,
    );
  });

  test('a message cut anywhere is found whole, whatever the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        fc.array(fc.nat({ max: 1000 }), { maxLength: 6 }),
        async ([spec, value], cuts) => {
          const root = await rootOf(spec);
          w.reset();
          w.message('echo', 1, 5);
          new ValueWriters().struct(root)(w, value);
          const bytes = Buffer.concat([w.copy(), Buffer.from('next')]);
          const scanner = new MessageScanner(newReader(protocol));
          for (const cut of cuts.map((at) => at % w.pos).sort((a, b) => a - b)) {
            expect(scanner.scan(bytes.subarray(0, cut), 0)).toBe(-1);
          }
          expect(scanner.scan(bytes, 0)).toBe(w.pos);
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });

  test('random bytes are refused or read, and never do anything else', async () => {
    const root = await rootOf({
      kind: 'struct',
      fields: [
        { id: 1, isRequired: false, type: { kind: 'string' } },
        { id: 2, isRequired: false, type: { kind: 'list', element: { kind: 'i64' } } },
        {
          id: 3,
          isRequired: false,
          type: { kind: 'map', key: { kind: 'string' }, value: { kind: 'list', element: { kind: 'bool' } } },
        },
      ],
    });
    const read = new ValueReaders().struct(root);
    const print = new JsonFromThriftCompiler().struct(root);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (random) => {
        for (const attempt of [
          () => read(r),
          () => print(r, new JsonOut(16)),
          () => r.skip(12),
          () => r.message(),
        ]) {
          const bytes = Buffer.from(random);
          r.reset(bytes, 0, bytes.length);
          try {
            attempt();
          } catch (error) {
            expect(error).toMatchObject({ code: 'BANYAN_RPC_MALFORMED' });
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function hasIntegerKeys(spec: TypeSpec): boolean {
  switch (spec.kind) {
    case 'list':
    case 'set':
      return hasIntegerKeys(spec.element);
    case 'map':
      return !isPairs(spec.key) || hasIntegerKeys(spec.value);
    case 'struct':
    case 'union':
      return spec.fields.some((field) => hasIntegerKeys(field.type));
    default:
      return false;
  }
}
