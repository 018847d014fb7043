import { createClient, createGateway, loadIdl, serve } from 'banyan/rpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LargeBodies } from '../../../rpc/gateway/large-bodies.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

const padding = ' '.repeat(70_000);

const idlText = `
struct Part { 1: required i64 id (api.fault = "no part has this id"), 2: optional string note }
struct Order {
  1: list<Part> parts
  2: optional string raw (api.raw_json = "")
  3: optional set<i32> tags
  4: optional string requestId (api.context = "request_id")
  5: optional string identity (api.context = "identity")
  6: optional i64 leftMs (api.context = "deadline_ms")
}
struct Text { 1: optional string note (api.form = "note", api.vd = "len($) < 5"), 2: optional string place (api.query = "place") }
service Orders {
  string order(1: Order order) (api.post = "/orders")
  string text(1: Text text) (api.post = "/texts")
}`;

const stop: (() => Promise<unknown>)[] = [];
let gateway: ReturnType<typeof createGateway>;
beforeAll(async () => {
  await using files = await idlFiles({ 'service.thrift': idlText });
  const idl = await loadIdl(files.path('service.thrift'));
  const show = (value: object) => JSON.stringify(value, (_, one) => (one instanceof Set ? [...one] : one));
  const handlers = { order: show, text: show };
  const server = await serve({ idl, service: 'Orders', handlers, host: '127.0.0.1', port: 0 });
  const client = createClient({
    ...{ idl, service: 'Orders', addresses: [server.address], protocol: 'compact' as const },
  });
  gateway = createGateway({ idl, service: 'Orders', client });
  stop.push(
    () => gateway.close(),
    () => server.stop(),
  );
});
afterAll(() => Promise.all(stop.map((end) => end())));

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const requests: [string, string, string, string, Record<string, string>?][] = [
  ['a value', 'order', '{"parts":[{"id":9007199254740993}],"raw":{"a":1.0},"tags":[1,2]}', padding],
  [
    'a value that its field refuses, with the field’s own words',
    'order',
    '{"parts":[{"id":1},{"id":"x"}]}',
    padding,
  ],
  ['a value that is there twice', 'order', '{"parts":[],"tags":[1,1]}', padding],
  ['what is no JSON', 'order', '{"parts":[}', padding],
  ['half a surrogate pair', 'order', String.raw`{"parts":[{"id":1,"note":"\ud800"}]}`, padding],
  ['another type', 'order', '<parts/>', padding, { 'content-type': 'text/xml' }],
  ['a form', 'text', 'note=abc', `&other=${'x'.repeat(70_000)}`, form],
  ['a form that a validator refuses', 'text', 'note=abcdef', `&other=${'x'.repeat(70_000)}`, form],
];

test.each(requests)(
  '%s is answered alike in a small body and in a large one',
  async (_, method, body, more, headers = {}) => {
    const answers = [];
    for (const text of [body, body + more]) {
      const input = httpInput('POST', `/${method}s?place=here`, { body: text, headers });
      const { status, rawHeaders, body: said, failure } = await gateway.invoke(method, input);
      answers.push({ status, rawHeaders, said: String(said).replaceAll(/"leftMs":\d+,?/g, ''), failure });
    }
    expect(answers[1]).toEqual(answers[0]);
  },
);

test('a large body brings its context, and the time that is left', async () => {
  const input = httpInput('POST', '/orders', { body: `{"parts":[]}${padding}` });
  const context = { requestId: 'r-1', identity: 'header:7' };
  const { body } = await gateway.invoke('order', input, { context, deadlineMs: 60_000 });
  const told = JSON.parse(JSON.parse(String(body)));
  expect(told).toMatchObject({ requestId: 'r-1', identity: 'header:7' });
  expect(told.leftMs).toBeGreaterThan(0);
  expect(told.leftMs).toBeLessThanOrEqual(60_000);
});

test('whoever hangs up, or has no time left, does not wait for the thread', async () => {
  const input = httpInput('POST', '/orders', { body: `{"parts":[]}${padding}` });
  const given = new AbortController();
  const inTheThread = gateway.invoke(
    'order',
    httpInput('POST', '/orders', { body: `{"parts":[${'{"id":1},'.repeat(200_000)}{"id":1}]}` }),
  );
  const late = gateway.invoke('order', input, { deadlineMs: 1 });
  const gone = gateway.invoke('order', input, { signal: given.signal });
  given.abort();
  expect([(await late).status, (await gone).status]).toEqual([504, 499]);
  expect((await gateway.invoke('order', input, { signal: given.signal })).status).toBe(499);
  expect((await inTheThread).status).toBe(200);
  expect((await gateway.invoke('order', input)).status).toBe(200);
});

/** A thread that does with each job what the script says, `length` being that of the body. */
function threadOf(script: string): LargeBodies {
  const text = `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ input: { body: { length } } }) => { ${script} });`;
  const file = new URL(`data:text/javascript,${encodeURIComponent(text)}`);
  return new LargeBodies({} as ConstructorParameters<typeof LargeBodies>[0], file);
}

const write = (bodies: LargeBodies, length: number) =>
  bodies.write('order', { ...httpInput('POST', '/orders'), body: Buffer.alloc(length) }, null, {
    deadlineMs: 60_000,
  });

test('of bodies that wait, the shortest is next', async () => {
  const bodies = threadOf('parentPort.postMessage({ bytes: new Uint8Array(length) })');
  const order: number[] = [];
  await Promise.all([3, 9, 1, 5].map(async (length) => order.push((await write(bodies, length)).length)));
  expect(order).toEqual([3, 1, 5, 9]);
  await bodies.close();
});

test('a body at which the thread ends fails alone; the next has a new thread, and closing waits for it', async () => {
  const bodies = threadOf(
    'if (length === 1) process.exit(); parentPort.postMessage({ bytes: new Uint8Array(length) })',
  );
  const [first, second] = [write(bodies, 1), write(bodies, 2)];
  const closed = bodies.close();
  await expect(first).rejects.toThrow('the thread for large bodies ended');
  expect(await second).toHaveLength(2);
  await closed;
});
