import { createClient, createGateway, type Gateway, loadIdl, type ThriftClient } from 'banyan/rpc';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BinaryWriter } from '../../../rpc/wire/binary-writer.ts';
import { MessageType, TType } from '../../../rpc/wire/types.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { httpInput } from '../../support/rpc/http-input.ts';
import { type RawServer, rawServer, seqidOf } from '../../support/rpc/raw-server.ts';

/** A reply says one thing: the result, or one exception that the router's IDL declares. Anything else did not succeed. */
const idlText = `
struct Row { 1: optional string name }
struct Whole { 1: optional list<i32> all (api.body = "*"), 2: optional string tag (api.header = "X-Tag") }
exception Gone { 1: optional string name } (api.http_code = "410")
service Results {
  void quiet() throws (1: Gone gone) (api.post = "/quiet")
  string text() throws (1: Gone gone) (api.get = "/text")
  Whole whole() (api.get = "/whole")
  Row row() throws (1: Gone gone, 2: Gone other (api.http_code = "409")) (api.get = "/row")
}`;
type Method = 'quiet' | 'text' | 'row' | 'whole';
interface Field {
  readonly id: number;
  readonly type: number;
}

let service: RawServer;
let client: ThriftClient;
let gateway: Gateway;
let method: Method;
let fields: readonly Field[];

beforeAll(async () => {
  service = await rawServer((socket, chunk) => socket.write(reply(seqidOf(chunk))));
  await using files = await idlFiles({ 'service.thrift': idlText });
  const idl = await loadIdl(files.path('service.thrift'));
  client = createClient({ idl, service: 'Results', addresses: [service.address], transport: 'framed' });
  gateway = createGateway({ idl, service: 'Results', client });
});
afterAll(async () => {
  await gateway.close();
  await service[Symbol.asyncDispose]();
});

function reply(seqid: number): Buffer {
  const w = new BinaryWriter();
  w.i32(0);
  w.message(method, MessageType.reply, seqid);
  if (method === 'whole') w.field(TType.struct, 0);
  for (const { id, type } of fields) {
    w.field(type, id);
    if (type === TType.list) w.list(TType.i32, 0);
    else if (type === TType.string) w.string('x');
    else if (type === TType.i32) w.i32(7);
    else w.stop();
  }
  if (method === 'whole') w.stop();
  w.stop();
  w.setI32(0, w.pos - 4);
  return w.copy();
}

async function outcome(): Promise<[status: number, client: unknown]> {
  const { status } = await gateway.invoke(method, httpInput(method === 'quiet' ? 'POST' : 'GET', '/'));
  const called = await client.call(method, []).then(
    () => 'ok',
    (error: { code?: string; thriftType?: string; name: string }) => error.code ?? error.name,
  );
  return [status, called];
}

function expected(): [status: number, client: unknown] {
  const malformed: [number, unknown] = [502, 'BANYAN_RPC_MALFORMED'];
  const [only, ...more] = fields;
  if (more.length > 0) return malformed;
  if (only === undefined) return method === 'quiet' ? [204, 'ok'] : malformed;
  const { id, type } = only;
  if (id === 0 && method === 'quiet') return [204, 'ok'];
  if (id === 0) return type === (method === 'text' ? TType.string : TType.struct) ? [200, 'ok'] : malformed;
  const isThrown = type === TType.struct && (id === 1 || (id === 2 && method === 'row'));
  return isThrown ? [id === 1 ? 410 : 409, 'ThriftException'] : malformed;
}

test('whatever a result struct holds, only one declared thing is an answer', async () => {
  const field = fc.record({
    id: fc.constantFrom(0, 1, 2, 3, -7),
    type: fc.constantFrom(TType.string, TType.i32, TType.struct),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Method>('quiet', 'text', 'row'),
      fc.array(field, { maxLength: 3 }),
      async (asked, given) => {
        method = asked;
        fields = given;
        expect([method, fields, ...(await outcome())]).toEqual([method, fields, ...expected()]);
      },
    ),
    {
      numRuns: 150,
      examples: [
        ['quiet', [{ id: 2, type: TType.struct }]],
        ['quiet', [{ id: 0, type: TType.i32 }]],
        [
          'text',
          [
            { id: 0, type: TType.string },
            { id: 1, type: TType.struct },
          ],
        ],
        [
          'row',
          [
            { id: 0, type: TType.struct },
            { id: 0, type: TType.struct },
          ],
        ],
      ],
    },
  );
});

test.each([1, 2])('a field that is a body or a header is there once (%i)', async (id) => {
  method = 'whole';
  const type = id === 1 ? TType.list : TType.string;
  fields = [{ id, type }];
  const once = await gateway.invoke(method, httpInput('GET', '/whole'));
  expect([once.status, String(once.body)]).toEqual([200, id === 1 ? '[]' : 'null']);
  fields = [
    { id, type },
    { id, type },
  ];
  expect(await gateway.invoke(method, httpInput('GET', '/whole'))).toMatchObject({ status: 502 });
});
