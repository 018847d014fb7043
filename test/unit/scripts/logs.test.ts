import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../../scripts/cli/main.ts';

const id = '7d1c1f0e-0000-4000-8000-000000000001';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const line = (fields: object) => `${JSON.stringify(fields)}\n`;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'banyan-logs-'));
  await mkdir(join(directory, 'logs'));
  const write = (name: string, content: string | Buffer) => writeFile(join(directory, 'logs', name), content);
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  await write(
    'router.log',
    `starting\n${line({ level: 30, time: 3_000, name: 'router', requestId: id, status: 500, msg: 'request' })}` +
      line({ level: 30, time: 1_000, name: 'router', requestId: `${id}2`, status: 200, msg: 'request' }),
  );
  await write(
    'product.log.1.gz',
    gzipSync(
      `${line({
        level: 50,
        time: 2_000,
        name: 'product',
        requestId: id,
        traceparent,
        err: { message: 'no' },
        msg: 'threw',
      })}    at ${id} somewhere\n    at ${id}0 elsewhere\n`,
    ),
  );
  await write(
    'legacy.ndjson',
    `host legacy[7]: ${line({ '@timestamp': '1970-01-01T00:00:01.500Z', level: 'warn', message: 'slow', req: { id } })}`,
  );
  await write('notes.txt', id);
});
afterAll(() => rm(directory, { recursive: true }));

async function logs(args: readonly string[], piped?: string) {
  const out: string[] = [];
  const sink = () =>
    new Writable({
      write(chunk, _, done) {
        out.push(String(chunk));
        done();
      },
    });
  const stdin = piped === undefined ? undefined : Readable.from([piped]);
  const io = { stdout: sink(), stderr: sink(), env: {}, directory, signal: new AbortController().signal };
  const exitCode = await runCli(['logs', ...args], { ...io, ...(stdin && { stdin }) });
  return { exitCode, text: out.join('') };
}

test('the lines of a request are collected from plain, rotated and gzipped logs, in the order of time', async () => {
  const { exitCode, text } = await logs([id, 'logs', '--json']);
  const { lines, files, read } = JSON.parse(text);
  expect(
    lines.map((one: { timeMs: number; process: string; level: string | null; message: string }) => [
      ...[one.timeMs, one.process, one.level, one.message],
    ]),
  ).toEqual([
    [1_500, 'legacy.ndjson', 'warn', 'slow'],
    [2_000, 'product', 'error', 'threw'],
    [2_000, 'product.log.1.gz', null, `at ${id} somewhere`],
    [3_000, 'router', 'info', 'request'],
  ]);
  expect({ exitCode, files, read }).toEqual({ exitCode: 0, files: 3, read: 7 });
  expect((await logs([id, 'logs'])).text).toMatch(
    /^00:00:02\.000 +500 +product +error +threw .*err=\{"message":"no"\}$/m,
  );
});

test('a trace is found by its id, and lines may be piped in', async () => {
  expect(JSON.parse((await logs([traceId, 'logs', '--json'])).text).lines).toHaveLength(1);
  const piped = line({ time: 1, name: 'job', requestId: id, msg: 'x' });
  expect(JSON.parse((await logs([id, '-', '--json'], piped)).text).lines).toMatchObject([{ process: 'job' }]);
});

test('nothing found is told with what was looked at, and exit status 1', async () => {
  const { exitCode, text } = await logs(['unknown', 'logs/router.log']);
  expect({ exitCode, text }).toEqual({
    exitCode: 1,
    text: expect.stringMatching(/No line of unknown among 3 lines in 1 log\. /),
  });
});

test('all logs that cannot be read are named at once, a damaged one by its fault', async () => {
  await writeFile(join(directory, 'cut.log.gz'), gzipSync('x'.repeat(10_000)).subarray(0, 20));
  expect((await logs([id, 'nowhere', 'gone.log'])).text).toMatch(/nowhere: ENOENT; gone\.log: ENOENT/);
  const { exitCode, text } = await logs([id, 'cut.log.gz']);
  expect({ exitCode, text }).toEqual({ exitCode: 1, text: expect.stringContaining('BANYAN_LOG_FILES') });
});
