import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { ThriftException } from 'banyan/rpc';
import express from 'express';
import multer, { type StorageEngine } from 'multer';
import { expect, test, vi } from 'vitest';
import { type RawAnswer, twoSides } from '../../support/rpc/two-sides.ts';

/** Bodies that no call could hold: the gateway hands them on piece by piece, as fast as the service takes them. */
const idlText = `
exception Full { 1: required string why } (api.http_code = "507")
struct Done { 1: optional string next (api.next = ""), 2: optional i64 bytes, 3: optional string sha1 }
struct Stored { 1: required string field, 2: optional string name, 3: required string type, 4: required i64 size, 5: required string sha1 }
struct Album { 1: optional string next (api.next = ""), 2: optional string title, 3: required list<Stored> files }
service Uploads {
  Done put(1: binary piece (api.piece = ""), 2: optional string at (api.cursor = ""), 3: bool last (api.last = ""), 4: i32 room = 2000000000 (api.query = "room"))
    throws (1: Full full) (api.put = "/blob", api.upload = "262144", api.max_upload_bytes = "200000000", api.etag = "weak")
  Album album(
    1: binary piece (api.piece = ""), 2: optional string at (api.cursor = ""), 3: bool last (api.last = ""), 4: optional string title (api.form = "title")
    5: optional string field (api.file = "field"), 6: optional string name (api.file = "name"), 7: optional string type (api.file = "type")
  ) (api.post = "/album", api.upload = "1000", api.max_file_bytes = "5000", api.etag = "weak")
} (api.error_body = '{"error":"$message"}', api.error_message = "413: Too much")`;

interface Unfinished {
  readonly files: { field: string; name: string | undefined; type: string; size: number; hash: Hash }[];
}

const under = new Map<string, Unfinished>();
let calls = 0;
let ids = 0;
let largest = 0;

/** What was begun is found again by the cursor, as a service would by a row or a file of its own. */
function begunAt(at: string | undefined): [string, Unfinished] {
  const id = at ?? String(++ids);
  const begun = under.get(id) ?? { files: [] };
  under.set(id, begun);
  return [id, begun];
}

function add(begun: Unfinished, piece: Buffer, field = 'body', name?: string, type = ''): void {
  let file = begun.files.at(-1);
  if (file?.field !== field || file.name !== name) {
    file = { field, name, type, size: 0, hash: createHash('sha1') };
    begun.files.push(file);
  }
  file.size += piece.length;
  file.hash.update(piece);
}

const handlers = {
  put(piece: Buffer, at: string | undefined, last: boolean, room: number) {
    calls++;
    largest = Math.max(largest, piece.length);
    const [id, begun] = begunAt(at);
    add(begun, piece);
    const { size, hash } = begun.files[0]!;
    if (size > room) throw new ThriftException('Full', { why: 'no room' });
    return last ? { bytes: size, sha1: hash.digest('hex') } : { next: id };
  },
  album(
    piece: Buffer,
    at: string | undefined,
    last: boolean,
    title?: string,
    field?: string,
    name?: string,
    type?: string,
  ) {
    const [id, begun] = begunAt(at);
    if (field !== undefined) add(begun, piece, field, name, type);
    if (!last) return { next: id, files: [] };
    return { title, files: begun.files.map(({ hash, ...file }) => ({ ...file, sha1: hash.digest('hex') })) };
  },
};

/** Files are hashed as they come, and kept nowhere. */
const hashing: StorageEngine = {
  _handleFile(_, file, done) {
    const hash = createHash('sha1');
    let size = 0;
    file.stream.on('data', (piece: Buffer) => {
      size += piece.length;
      hash.update(piece);
    });
    file.stream.on('end', () => done(null, { size, filename: hash.digest('hex') }));
  },
  _removeFile: (_, __, done) => done(null),
};

function app(): express.Express {
  const made = express();
  made.put('/blob', async (request, response) => {
    const hash = createHash('sha1');
    let bytes = 0;
    for await (const piece of request) {
      bytes += (piece as Buffer).length;
      hash.update(piece as Buffer);
      if (bytes > Number(request.query.room ?? 2_000_000_000)) break;
    }
    if (bytes > Number(request.query.room ?? 2_000_000_000)) response.status(507).json({ why: 'no room' });
    else response.json({ bytes, sha1: hash.digest('hex') });
  });
  made.post('/album', multer({ storage: hashing, limits: { fileSize: 5000 } }).any(), (request, response) => {
    const files = request.files as Express.Multer.File[];
    response.json({
      title: (request.body as { title?: string }).title,
      files: files.map(({ fieldname, originalname, mimetype, size, filename }) => ({
        ...{ field: fieldname, name: originalname, type: mimetype, size, sha1: filename },
      })),
    });
  });
  const tell: express.ErrorRequestHandler = (_, __, response, ___) =>
    void response.status(413).json({ error: 'Too much' });
  made.use(tell);
  return made;
}

const told = ({ status, headers, body }: RawAnswer): object => ({ status, headers, body: String(body) });

test('a body in pieces is the one that Express pipes, empty or not', async () => {
  await using sides = await twoSides(idlText, handlers, app());
  for (const size of [0, 1, 262_143, 262_144, 262_145, 1_000_000]) {
    const { legacy, service } = await sides.ask('PUT /blob', Buffer.alloc(size, `${size},`));
    expect({ size, ...told(service) }).toEqual({ size, ...told(legacy) });
  }
  expect(largest).toBe(262_144);
  expect((await sides.ask('PUT /blob?room=300000', Buffer.alloc(1_000_000))).service.status).toBe(507);
});

test('files of a form come in pieces as multer streams them, with the texts before them', async () => {
  await using sides = await twoSides(idlText, handlers, app());
  const boundary = 'bound';
  const part = (head: string, body: string | Buffer): Buffer =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
      Buffer.from(body),
      Buffer.from('\r\n'),
    ]);
  const file = (name: string, size: number): Buffer =>
    part(
      `name="${name}"; filename="${name}.png"\r\nContent-Type: image/png`,
      Buffer.alloc(size, `${name}\r\n--b`),
    );
  const end = Buffer.from(`--${boundary}--\r\n`);
  for (const parts of [
    [part('name="title"', 'An album'), file('a', 4_321), file('b', 0), file('c', 1_000), end],
    [part('name="title"', 'No files'), end],
    [file('a', 10), part('name="title"', 'last'), end],
    [file('a', 5_000), end],
    [file('a', 5_001), end],
    [end],
  ]) {
    const head = `POST /album\nContent-Type: multipart/form-data; boundary=${boundary}`;
    const { legacy, service } = await sides.ask(head, Buffer.concat(parts));
    expect({ parts: String(parts[0]), ...told(service) }).toEqual({
      parts: String(parts[0]),
      ...told(legacy),
    });
  }
  const { service } = await sides.ask('POST /album\nContent-Type: text/plain', 'x');
  expect(`${service.status} ${service.body}`).toBe(
    '415 {"error":"album does not take a body of text/plain"}',
  );
});

test('36 MiB are never held: a client sends no faster than the service takes', async () => {
  const blocked = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const slow = {
    ...handlers,
    async put(...given: Parameters<typeof handlers.put>) {
      if (calls === 3) {
        blocked.resolve();
        await opened.promise;
      }
      return handlers.put(...given);
    },
  };
  await using sides = await twoSides(idlText, slow, app(), { deadlineMs: 60_000 });
  calls = 0;
  let made = 0;
  const pieces = function* (): Generator<Buffer> {
    for (; made < 36; made++) yield Buffer.alloc(1024 * 1024, 'x');
  };
  const upload = request(`${sides.url}/blob`, { method: 'PUT' });
  const answered = once(upload, 'response');
  Readable.from(pieces()).pipe(upload);
  await blocked.promise;
  // What is in buffers of sockets, and no more.
  for (let before = -1; before !== made; ) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(made).toBeLessThan(28);
  opened.resolve();
  const [answer] = await answered;
  const body = JSON.parse(String(Buffer.concat(await answer.toArray())));
  expect([answer.statusCode, body.bytes]).toEqual([200, 36 * 1024 * 1024]);
});

test('what is too large or breaks off ends the calls, and is told in the shape of the service', async () => {
  await using sides = await twoSides(idlText, handlers, app());
  const announced = await putRaw(sides.url, 'Content-Length: 200000001', '');
  expect(announced).toMatch(/^HTTP\/1.1 413 [\s\S]*\{"error":"Too much"\}$/);

  calls = 0;
  const gone = connect(Number(new URL(sides.url).port), '127.0.0.1');
  gone.write(`PUT /blob HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 10000000\r\n\r\n`);
  gone.write(Buffer.alloc(1_000_000));
  await vi.waitUntil(() => calls >= 2, { timeout: 30_000 });
  gone.destroy();
  const { service } = await sides.ask('PUT /blob', 'x');
  expect(service.status).toBe(200);
  // The last piece is held until the body's end, which never came.
  expect(calls).toBe(3);
});

/** What comes back until the connection is closed, or the answer is whole. */
async function putRaw(url: string, field: string, body: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`PUT /blob HTTP/1.1\r\nHost: shop.example\r\n${field}\r\n\r\n${body}`);
  let answer = '';
  for await (const chunk of socket) {
    answer += String(chunk);
    if (/\}$/.test(answer)) break;
  }
  return answer;
}
