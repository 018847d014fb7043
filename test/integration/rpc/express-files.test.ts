import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { expect, test } from 'vitest';
import { type RawAnswer, twoSides } from '../../support/rpc/two-sides.ts';

/** A file as Express sends it, its parts and its versions, and a service that has the same bytes in a row. */
const idlText = `
struct File {
  1: required binary bytes (api.raw_body = "")
  2: required string type (api.header = "Content-Type")
  3: required string modified (api.header = "Last-Modified")
  4: required string etag (api.header = "ETag")
  5: required string cache (api.header = "Cache-Control")
}
service Files { File file() (api.get = "/file.txt", api.range = "bytes") }`;
const modified = 'Sat, 01 Aug 2026 10:00:00 GMT';
const bytes = Buffer.from('0123456789'.repeat(100));
let etag = '';

const told = ({ status, headers, body }: RawAnswer): object => ({ status, headers, body: String(body) });

test('conditions and ranges are answered as sendFile answers them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-file-'));
  try {
    const path = join(folder, 'file.txt');
    await writeFile(path, bytes);
    await utimes(path, new Date(modified), new Date(modified));
    const app = express();
    app.get('/file.txt', (_, response) => response.sendFile(path));
    const handlers = {
      file: () => ({ bytes, type: 'text/plain; charset=utf-8', modified, etag, cache: 'public, max-age=0' }),
    };
    await using sides = await twoSides(idlText, handlers, app);
    const first = await sides.ask('GET /file.txt');
    etag = first.legacy.headers.find((header) => header.startsWith('etag: '))!.slice(6);
    for (const fields of [
      '',
      'Range: bytes=0-9',
      'Range: bytes=990-',
      'Range: bytes=-5',
      'Range: bytes=995-2000',
      'Range: bytes=0-1,5-6',
      'Range: bytes=x',
      'Range: lines=1-2',
      `If-Range: ${modified}\nRange: bytes=1-2`,
      'If-Range: Sat, 01 Aug 2020 10:00:00 GMT\nRange: bytes=1-2',
      `If-Range: ${etag}\nRange: bytes=1-2`,
      'If-Range: "other"\nRange: bytes=1-2',
      `If-None-Match: ${etag}`,
      'If-None-Match: "other"',
      'If-None-Match: *',
      `If-Modified-Since: ${modified}`,
      'If-Modified-Since: Sat, 01 Aug 2020 10:00:00 GMT',
      'If-Modified-Since: never',
      `If-None-Match: "other"\nIf-Modified-Since: ${modified}`,
      `If-Modified-Since: ${modified}\nCache-Control: no-cache`,
    ]) {
      for (const method of ['GET', 'HEAD']) {
        const { legacy, service } = await sides.ask(`${method} /file.txt\n${fields}`);
        // A 304 of sendFile has them too; one of json() has not, and a cache that knows the body needs neither.
        const same = (one: RawAnswer) => ({
          ...told(one),
          headers: one.headers.filter((header) => one.status !== 304 || !header.startsWith('accept-ranges')),
        });
        expect({ method, fields, ...same(service) }).toEqual({ method, fields, ...same(legacy) });
      }
    }
    const { service } = await sides.ask('GET /file.txt\nRange: bytes=1000-');
    expect([service.status, service.headers.filter((header) => header.startsWith('content-range'))]).toEqual([
      416,
      ['content-range: bytes */1000'],
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
