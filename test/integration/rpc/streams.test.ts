import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
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
};

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

function told({ status, headers, body }: RawAnswer): object {
  return { status, headers, body: createHash('sha256').update(body).digest('hex') };
}

async function answerOf(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return answer;
}

test('an export and server-sent events are the bytes that Express streams', async () => {
  await using sides = await twoSides(idlText, handlers, app);
  for (const head of ['GET /export.csv?pieces=5', 'GET /events', 'GET /events\nLast-Event-ID: 2']) {
    const { legacy, service } = await sides.ask(head);
    expect({ head, ...told(service) }).toEqual({ head, ...told(legacy) });
  }
  const head = await sides.ask('HEAD /export.csv?pieces=5');
  expect([head.service.status, head.service.body.length]).toEqual([200, 0]);
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
