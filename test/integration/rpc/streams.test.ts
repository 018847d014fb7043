import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import express from 'express';
import { expect, test } from 'vitest';
import { type RawAnswer, twoSides } from '../../support/rpc/two-sides.ts';

/** Bodies that no call could hold: the gateway pulls them piece by piece, as fast as the client takes them. */
const idlText = `
exception Gone { 1: required string why } (api.http_code = "410")
struct Piece {
  1: required binary bytes (api.raw_body = "")
  2: optional string next (api.next = "")
  3: optional string type (api.header = "Content-Type")
}
service Exports {
  Piece download(1: i32 pieces (api.query = "pieces"), 2: optional string cursor (api.cursor = "")) throws (1: Gone gone)
    (api.get = "/export.csv", api.stream = "")
  Piece events(1: optional string since (api.header = "Last-Event-ID"), 2: optional string cursor (api.cursor = ""))
    (api.get = "/events", api.stream = "", api.set_header = "Cache-Control: no-cache")
  Piece rows(1: optional string cursor (api.cursor = "")) (api.get = "/rows", api.stream = "")
  Piece slow(1: optional string cursor (api.cursor = "")) (api.get = "/slow", api.stream = "", api.compress = "")
}`;
const pieceBytes = 1024 * 1024;
let calls = 0;

function line(i: number): Buffer {
  return Buffer.alloc(pieceBytes, `${i},kiln,한국\n`);
}

const handlers = {
  download(pieces: number, cursor?: string) {
    calls++;
    const i = Number(cursor ?? 0);
    if (i === 3 && pieces === 7) throw new Error('lost');
    const next = i + 1 < pieces ? String(i + 1) : undefined;
    return { bytes: line(i), next, type: 'text/csv; charset=utf-8' };
  },
  events(since?: string, cursor?: string) {
    const id = Number(cursor ?? since ?? 0) + 1;
    const bytes = Buffer.from(`id: ${id}\ndata: {"n":${id}}\n\n`);
    return { bytes, next: id < 5 ? String(id) : undefined, type: 'text/event-stream; charset=utf-8' };
  },
  rows(cursor?: string) {
    const id = Number(cursor ?? 0) + 1;
    const bytes = Buffer.from(`{"id":${id},"name":"가마"}\n`);
    return { bytes, next: id < 3 ? String(id) : undefined, type: 'application/x-ndjson' };
  },
  async slow(cursor?: string) {
    if (cursor !== undefined) await firstSeen.promise;
    return {
      bytes: Buffer.from(`${cursor ?? 'first'}\n`),
      next: cursor === undefined ? 'second' : '',
      type: 'text/plain',
    };
  },
};
/** The second piece of `slow` is not made before a client has read the first. */
const firstSeen = Promise.withResolvers<void>();

const app = express();
app.get('/export.csv', async (request, response) => {
  response.type('text/csv');
  for (let i = 0; i < Number(request.query.pieces); i++) {
    if (!response.write(line(i))) await once(response, 'drain');
  }
  response.end();
});
app.get('/events', (request, response) => {
  response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  for (let id = Number(request.get('last-event-id') ?? 0) + 1; id <= 5; id++) {
    response.write(`id: ${id}\ndata: {"n":${id}}\n\n`);
  }
  response.end();
});

app.get('/rows', (_, response) => {
  response.set('Content-Type', 'application/x-ndjson');
  for (let id = 1; id <= 3; id++) response.write(`{"id":${id},"name":"가마"}\n`);
  response.end();
});

function told({ status, headers, body }: RawAnswer): object {
  return { status, headers, body: createHash('sha256').update(body).digest('hex') };
}

async function answerOf(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return answer;
}

test('an export, server-sent events and NDJSON are the bytes that Express streams', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  for (const head of [
    'GET /export.csv?pieces=5',
    'GET /events',
    'GET /events\nLast-Event-ID: 2',
    'GET /rows',
  ]) {
    const { legacy, service } = await sides.ask(head);
    expect({ head, ...told(service) }).toEqual({ head, ...told(legacy) });
  }
  const head = await sides.ask('HEAD /export.csv?pieces=5');
  expect([head.service.status, head.service.body.length]).toEqual([200, 0]);
});

test('a piece of a compressed answer can be read before the next one is made', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  const headers = { 'accept-encoding': 'gzip' };
  const [answer] = (await once(get(`${sides.url}/slow`, { agent: false, headers }), 'response')) as [
    IncomingMessage,
  ];
  expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  let text = '';
  for await (const chunk of answer.pipe(createGunzip())) {
    text += String(chunk);
    if (text === 'first\n') firstSeen.resolve();
  }
  expect(text).toBe('first\nsecond\n');
});

test('an answer of 96 MiB is never held, a client that does not read is not asked for, and one that goes away is the end', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  calls = 0;
  const answer = await answerOf(`${sides.url}/export.csv?pieces=96`);
  // Buffers of sockets fill, and then nobody asks any more.
  let before = -1;
  while (calls !== before) {
    before = calls;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(calls).toBeLessThan(40);
  let bytes = 0;
  let mostAhead = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    mostAhead = Math.max(mostAhead, calls * pieceBytes - bytes);
  }
  expect([bytes, calls]).toEqual([96 * pieceBytes, 96]);
  // What was asked for and not yet read: in buffers of sockets, for the most part. Never the whole.
  expect(mostAhead).toBeLessThan(40 * pieceBytes);

  calls = 0;
  const left = await answerOf(`${sides.url}/export.csv?pieces=100000`);
  left.destroy();
  let settled = -1;
  while (calls !== settled) {
    settled = calls;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(calls).toBeLessThan(100);
});

test('a service that fails in the middle breaks the answer off, and nobody takes it for whole', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  const answer = await answerOf(`${sides.url}/export.csv?pieces=7`);
  await expect(
    (async () => {
      for await (const _ of answer);
    })(),
  ).rejects.toThrow('aborted');
  expect(answer.complete).toBe(false);
});
