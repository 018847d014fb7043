import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ValueReaders } from '../../../rpc/codec/value-reader.ts';
import { ValueWriters } from '../../../rpc/codec/value-writer.ts';
import type { FieldDef, StructDef, ThriftType } from '../../../rpc/idl/model.ts';
import { beginHeaderFrame, readHeaderFrame } from '../../../rpc/wire/header-transport.ts';
import { newReader, newWriter, type ProtocolName } from '../../../rpc/wire/protocols.ts';
import { everything, everythingIdl } from '../../support/rpc/everything.ts';
import { type MessageParts, officialFrame } from '../../support/rpc/official.ts';

/**
 * Whole frames, one a line: what they say, how, and their bytes in hex. A change of this file is a change of what goes over
 * the wire: no released service would understand it.
 */
const golden = new URL('golden-frames.txt', import.meta.url);
const headers = { 'request-id': 'r-1', identity: 'cookie:가' };
const wires = (['binary', 'compact'] as const).flatMap((protocol) =>
  (['framed', 'header', 'header with fields'] as const).map((transport) => ({ protocol, transport })),
);
type Transport = (typeof wires)[number]['transport'];

async function messages(): Promise<(MessageParts & { readonly about: string })[]> {
  const idl = await everythingIdl();
  const { methods } = idl.services.get('EverythingService')!;
  const named = (name: string) => methods.find((method) => method.name === name)!;
  const struct = (name: string) => idl.structs.find((one) => one.qualifiedName === name)!;
  const whole = { ...everything, switches: new Map([[true, -1]]) } as Record<string, unknown>;
  const call = (about: string, method: string, value: Record<string, unknown>, type = 1) => ({
    ...{ about, name: method, type, seqid: 7, struct: named(method).args, value },
  });
  const reply = (
    about: string,
    id: number,
    type: ThriftType,
    value: unknown,
  ): MessageParts & { about: string } => {
    const field = fieldOf(id, 'value', type);
    const result: StructDef = { ...struct('Inner'), name: 'echo_result', fields: [field] };
    return { about, name: 'echo', type: 2, seqid: -2147483648, struct: result, value: { value } };
  };
  return [
    ...struct('Everything').fields.map((field) =>
      call(`echo ${field.name}`, 'echo', { value: { [field.name]: whole[field.name], defaulted: 7 } }),
    ),
    call('echo everything', 'echo', { value: whole }),
    call('echo defaults only', 'echo', { value: { defaulted: 7 } }),
    call('nothing', 'nothing', {}),
    call('notify, oneway', 'notify', { text: '' }, 4),
    reply('a reply', 0, named('echo').result!, whole),
    reply('a reply that is true', 0, named('isOdd').result!, true),
    reply('a declared exception', 1, named('add').throws[0]!.type, { message: 'no', code: -1 }),
    // Not in everything.thrift: Debian's compiler, which generated its code, does not know the type yet.
    ...[
      { about: 'a uuid', type: uuid, value: anId },
      {
        about: 'a list of uuids',
        type: { kind: 'list', element: uuid, annotations },
        value: [anId, noId],
      } as const,
      {
        about: 'a set of uuids',
        type: { kind: 'set', element: uuid, annotations },
        value: new Set([anId]),
      } as const,
      {
        about: 'uuids by uuid',
        type: { kind: 'map', key: uuid, value: uuid, annotations },
        value: new Map([[anId, noId]]),
      } as const,
    ].map(({ about, type, value }) => reply(about, 0, type, value)),
  ];
}

const annotations: ThriftType['annotations'] = [];
const uuid: ThriftType = { kind: 'uuid', annotations };
const anId = '00112233-4455-6677-8899-aabbccddeeff';
const noId = '00000000-0000-0000-0000-000000000000';

function fieldOf(id: number, name: string, type: ThriftType): FieldDef {
  const at = { file: '', line: 1, column: 1 };
  return { id, name, type, requiredness: 'optional', annotations: [], docs: '', at };
}

const w = { binary: newWriter('binary'), compact: newWriter('compact') };
const writers = new ValueWriters();

function ourFrame(message: MessageParts, protocol: ProtocolName, transport: Transport): Buffer {
  const out = w[protocol];
  out.reset();
  if (transport === 'framed') out.rawBytes(new Uint8Array(4));
  else beginHeaderFrame(out, protocol, message.seqid, transport === 'header' ? {} : headers);
  out.message(message.name, message.type, message.seqid);
  writers.struct(message.struct)(out, message.value);
  out.setI32(0, out.pos - 4);
  return out.copy();
}

test('our codec and the official library write the golden frames, byte for byte', async () => {
  const ours: string[] = [];
  const theirs: string[] = [];
  for (const message of await messages()) {
    for (const { protocol, transport } of wires) {
      const said = transport === 'framed' ? null : transport === 'header' ? {} : headers;
      const line = (bytes: Buffer) =>
        `${message.about} | ${protocol} ${transport} | ${bytes.toString('hex')}\n`;
      ours.push(line(ourFrame(message, protocol, transport)));
      theirs.push(line(officialFrame(message, protocol, said)));
    }
  }
  const frames = await readFile(golden, 'utf8');
  expect(ours.join('')).toBe(frames);
  expect(theirs.join('')).toBe(frames);
});

test('the golden frames are read back as what they say', async () => {
  const lines = (await readFile(golden, 'utf8')).trimEnd().split('\n');
  const readers = new ValueReaders();
  for (const message of await messages()) {
    for (const { protocol, transport } of wires) {
      const bytes = Buffer.from(lines.shift()!.split(' | ')[2]!, 'hex');
      const frame = transport === 'framed' ? null : readHeaderFrame(bytes, 4, bytes.length);
      if (frame !== null) expect({ ...frame.headers }).toEqual(transport === 'header' ? {} : headers);
      const r = newReader(protocol);
      r.reset(bytes, frame?.start ?? 4, bytes.length);
      const { name, type, seqid } = message;
      expect(r.message()).toEqual({ name, type, seqid });
      expect(readers.struct(message.struct)(r)).toMatchObject(message.value);
      expect(r.pos).toBe(bytes.length);
    }
  }
  expect(lines).toEqual([]);
});
