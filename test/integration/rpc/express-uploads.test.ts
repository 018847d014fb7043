import express from 'express';
import fc from 'fast-check';
import multer from 'multer';
import { describe, expect, test } from 'vitest';
import { type RawAnswer, type TwoSides, twoSides } from '../../support/rpc/two-sides.ts';

/** Multipart bodies as multer takes them apart, and as the gateway hands them to a service. */
const idlText = `
struct File {
  1: required binary bytes (api.file = "bytes", api.body = "bytes"), 2: optional string name (api.file = "name", api.body = "name")
  3: required string type (api.file = "type", api.body = "type"), 4: required i64 size (api.file = "size", api.body = "size")
}
struct Seen { 1: optional string title, 2: required list<string> tags, 3: optional File photo, 4: required list<File> more, 5: optional i32 count }
service Uploads {
  Seen add(
    1: optional string title (api.form = "title"), 2: optional list<string> tags (api.form = "tags"), 3: optional File photo (api.file_name = "photo")
    4: optional list<File> more (api.file_name = "more"), 5: optional i32 count (api.form = "count")
  ) (api.post = "/items", api.etag = "weak", api.max_files = "4", api.max_file_bytes = "5000", api.max_field_bytes = "1000")
  string only(1: required binary file (api.file_name = "file")) (api.post = "/only", api.etag = "weak")
  map<string, string> texts(1: map<string, string> all (api.form = "*")) (api.post = "/texts", api.serializer = "multipart", api.etag = "weak")
} (api.error_body = '{"error":"$message"}', api.error_message = "413: File too large")`;

const handlers = {
  add: (title?: string, tags?: string[], photo?: object, more?: object[], count?: number) => ({
    ...{ title, tags: tags ?? [], photo, more: more ?? [], count },
  }),
  only: (file: Buffer) => file.toString('hex'),
  texts: (all: Map<string, string>) => all,
};

function app(): express.Express {
  const made = express();
  const upload = multer({ limits: { files: 4, fileSize: 5000, fieldSize: 1000 } });
  const seen = (file: Express.Multer.File): object => ({
    bytes: file.buffer.toString('base64'),
    // multer hands on the bytes of a name as Latin-1.
    name: Buffer.from(file.originalname, 'latin1').toString(),
    type: file.mimetype,
    size: file.size,
  });
  made.post('/items', upload.fields([{ name: 'photo' }, { name: 'more' }]), (request, response) => {
    const { title, tags = [], count } = request.body as Record<string, string | string[]>;
    const { photo = [], more = [] } = request.files as Record<string, Express.Multer.File[]>;
    response.json({
      title,
      tags: [tags].flat(),
      photo: photo[0] && seen(photo[0]),
      more: more.map(seen),
      ...(count === undefined ? {} : { count: Number(count) }),
    });
  });
  made.post('/only', upload.single('file'), (request, response) => {
    if (request.file === undefined) response.status(400).json({ error: 'file.file is missing' });
    else response.json(request.file.buffer.toString('hex'));
  });
  made.post(
    '/texts',
    upload.none(),
    (request, response) => void response.json({ ...(request.body as object) }),
  );
  const tell: express.ErrorRequestHandler = (error: Error, _, response, __) => {
    const isTooLarge = error instanceof multer.MulterError && /_(?:FILE_SIZE|FIELD_VALUE)$/.test(error.code);
    if (isTooLarge) response.status(413).json({ error: 'File too large' });
    else if (error instanceof multer.MulterError && error.code === 'LIMIT_FILE_COUNT') {
      response.status(400).json({ error: 'body has more than 4 files' });
    } else response.status(400).json({ error: 'body is no multipart/form-data' });
  };
  made.use(tell);
  return made;
}

interface PartOf {
  name: string;
  file?: string;
  type?: string;
  body: Buffer;
}

const boundary = 'x-y-z';

function bodyOf(parts: readonly PartOf[], end = `--${boundary}--\r\n`): Buffer {
  return Buffer.concat([
    ...parts.flatMap(({ name, file, type, body }) => [
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? '' : `; filename="${file}"`}\r\n` +
          `${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`,
      ),
      body,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(end),
  ]);
}

const told = ({ status, headers, body }: RawAnswer): object => ({ status, headers, body: String(body) });

async function expectSame(sides: TwoSides, target: string, body: Buffer): Promise<void> {
  const head = `POST ${target}\nContent-Type: multipart/form-data; boundary=${boundary}`;
  const { legacy, service } = await sides.ask(head, body);
  expect({ body: String(body), ...told(service) }).toEqual({ body: String(body), ...told(legacy) });
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((one) => Buffer.from(one)),
  fc
    .array(fc.constantFrom('\r\n', '--', boundary, '\r\n--', '\r', '\n', 'a', '\r\n--x-y-'), { maxLength: 8 })
    .map((pieces) => Buffer.from(pieces.join(''))),
);
const text = fc
  .oneof(fc.string({ maxLength: 20 }), fc.constantFrom('한국 & <b>', '\r\n', ''))
  .map((one) => Buffer.from(one));
const part: fc.Arbitrary<PartOf> = fc.oneof(
  fc.record({ name: fc.constantFrom('title', 'tags', 'other'), body: text }),
  fc.record({
    name: fc.constantFrom('photo', 'more'),
    file: fc.constantFrom('a.png', 'é ü.jpg', 'C:\\\\dir\\\\b.txt', 'dir/c.txt', 'd', '한국.csv'),
    type: fc.constantFrom('image/png', 'text/plain; charset=utf-8', 'application/octet-stream'),
    body: bytes,
  }),
);
/** A title and a photo once at most: multer makes lists of what comes twice. */
const parts = fc.array(part, { maxLength: 5 }).map((given) => {
  const seen = new Set<string>();
  return given.filter(({ name }) => {
    const again = seen.has(name);
    seen.add(name);
    return !again || name === 'tags' || name === 'more';
  });
});

describe('multipart/form-data', () => {
  test('fields and files are what multer makes of them', async () => {
    await using sides = await twoSides(idlText, handlers, app());
    await fc.assert(
      fc.asyncProperty(parts, async (given) => {
        // Neither side takes a part whose bytes hold the boundary for what it is: such a body is another one.
        fc.pre(given.every(({ body }) => !`\r\n${body.toString('latin1')}`.includes(`\r\n--${boundary}`)));
        await expectSame(sides, '/items', bodyOf(given));
      }),
      { numRuns: 80 },
    );
    await expectSame(
      sides,
      '/only',
      bodyOf([{ name: 'file', file: 'a', body: Buffer.from([0, 255, 13, 10]) }]),
    );
    await expectSame(sides, '/only', bodyOf([]));
    await expectSame(
      sides,
      '/texts',
      bodyOf([
        { name: 'a', body: Buffer.from('1') },
        { name: 'b-c', body: Buffer.from('é') },
      ]),
    );
  });

  test('limits, and bodies that are none', async () => {
    await using sides = await twoSides(idlText, handlers, app());
    const file = (name: string, size: number): PartOf => ({
      name,
      file: 'f',
      type: 'image/png',
      body: Buffer.alloc(size, 'x'),
    });
    await expectSame(sides, '/items', bodyOf([file('photo', 5000)]));
    await expectSame(sides, '/items', bodyOf([file('photo', 5001)]));
    await expectSame(sides, '/items', bodyOf([file('more', 100_000), file('more', 1)]));
    await expectSame(sides, '/items', bodyOf([{ name: 'title', body: Buffer.alloc(1001, 'x') }]));
    await expectSame(sides, '/items', bodyOf(Array.from({ length: 4 }, () => file('more', 1))));
    await expectSame(sides, '/items', bodyOf(Array.from({ length: 5 }, () => file('more', 1))));
    await expectSame(sides, '/items', bodyOf([file('photo', 10)], ''));
    await expectSame(sides, '/items', bodyOf([file('photo', 10)]).subarray(0, 60));
  });

  test('what is no form, or has no boundary, is told of', async () => {
    await using sides = await twoSides(idlText, handlers, app());
    const ask = async (type: string): Promise<string> => {
      const { service } = await sides.ask(`POST /items\nContent-Type: ${type}`, 'x');
      return `${service.status} ${service.body}`;
    };
    expect(await ask('multipart/form-data')).toBe('400 {"error":"body has no boundary"}');
    expect(await ask('text/csv')).toBe('415 {"error":"add does not take a body of text/csv"}');
    expect(await ask('application/x-www-form-urlencoded')).toBe('200 {"tags":[],"more":[]}');
  });
});
