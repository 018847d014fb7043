import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, loadIdl } from 'banyan/rpc';
import mysql from 'mysql2/promise';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { idlFile, startLogService } from '../../../extracted/log/server.ts';
import type { Entry, Page } from '../../../extracted/log/thrift-types.ts';
import { migrate } from '../../../scripts/migrate.ts';
import { freePorts } from '../../../scripts/servers/index.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { endpointOf } from '../../support/shop.ts';
import { startProgram } from '../../support/shop-process.ts';

/** A syslog receiver over TCP: messages framed by their length. */
async function startReceiver() {
  let bytes = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece]);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    messages() {
      const found: string[] = [];
      for (let at = 0; at < bytes.length; ) {
        const space = bytes.indexOf(32, at);
        const end = space + 1 + Number(bytes.subarray(at, space).toString());
        found.push(bytes.subarray(space + 1, end).toString());
        at = end;
      }
      return found;
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

const day = '2026-11-30';
let made = 0;
const entry = (change: Partial<Entry> = {}): Entry => ({
  id: randomUUID(),
  at: new Date(Date.UTC(2026, 10, 30) + made++ * 1_000).toISOString(),
  source: 'orders',
  level: 2,
  message: '주문 "1" 접수 ]\\',
  ...change,
});

describeOnEngine('mariadb', 'the log service', (lane) => {
  it('keeps each entry once in one of its sinks, while they are switched and the service is killed', async () => {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'banyan-log-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const database = stack.use(await lane.createDatabase('b', 'log'));
    await migrate(endpointOf(database), 'log');
    const connection = await mysql.createConnection(endpointOf(database));
    stack.defer(() => connection.end());
    const receiver = stack.use(await startReceiver());
    const sinkFile = join(folder, 'sink.json');
    const files = join(folder, 'entries');
    const sinks = {
      mysql: { kind: 'mysql', ...endpointOf(database) },
      file: { kind: 'file', folder: files, maxBytes: 2_000 },
      syslog: { kind: 'syslog', port: receiver.port },
    };
    await writeFile(sinkFile, JSON.stringify(sinks.mysql));
    const [port] = (await freePorts(1)) as [number];
    const service = stack.use(
      startProgram('extracted/log/main.ts', { LOG_SINK_FILE: sinkFile, PORT: String(port) }),
    );
    await service.ready;
    const addresses = [`127.0.0.1:${port}`];
    const client = createClient({ idl: await loadIdl(idlFile), service: 'LogService', addresses });
    stack.defer(() => client.close());
    const query = (change: object) => client.call('query', [{ day, ...change }]) as Promise<Page>;

    const kept = {
      mysql: async () => {
        const [rows] = await connection.query('SELECT id FROM entries');
        return (rows as { id: string }[]).map(({ id }) => id);
      },
      file: async () => {
        const names = await readdir(files).catch(() => []);
        const texts = await Promise.all(names.map((name) => readFile(join(files, name), 'utf8')));
        const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
        return lines.map((line) => (JSON.parse(line) as Entry).id);
      },
      syslog: async () =>
        receiver.messages().map((message) => /\[entry@32473 id="([^"]+)"/.exec(message)![1]!),
    };

    // Writers that never pause; each append is sent again until it is acknowledged.
    const acknowledged: string[] = [];
    let writing = true;
    const writers = Array.from({ length: 3 }, async () => {
      while (writing) {
        const entries = [entry(), entry({ fields: '{"order":1}' })];
        await client.call('append', [entries]);
        acknowledged.push(...entries.map(({ id }) => id));
      }
    });
    const some = async (sink: keyof typeof kept) =>
      expect.poll(async () => (await kept[sink]()).length, { timeout: 60_000 }).toBeGreaterThan(20);
    await some('mysql');
    // A file that names no sink changes nothing.
    for (const sink of ['{"kind":"file"}', JSON.stringify(sinks.file), JSON.stringify(sinks.syslog)]) {
      await writeFile(sinkFile, sink);
      service.kill('SIGHUP');
      if (sink.includes(folder)) await some('file');
    }
    await some('syslog');
    await writeFile(sinkFile, JSON.stringify(sinks.mysql));
    service.kill('SIGHUP');
    const before = (await kept.mysql()).length;
    await expect.poll(async () => (await kept.mysql()).length, { timeout: 60_000 }).toBeGreaterThan(before);
    writing = false;
    await Promise.all(writers);
    await expect
      .poll(async () => (await Promise.all(Object.values(kept).map((of) => of()))).flat().length, {
        timeout: 60_000,
      })
      .toBe(acknowledged.length);
    const everywhere = (await Promise.all(Object.values(kept).map((of) => of()))).flat();
    expect(everywhere.sort()).toEqual(acknowledged.sort());
    expect((await readdir(files)).length).toBeGreaterThan(1);

    // Both that can be asked: by page, in order; an entry that is sent again is there once.
    const twice = [
      entry({ at: `${day}T23:59:59.999Z`, id: 'last' }),
      entry({ at: '2026-12-01T00:00:00.000Z', id: 'next-day' }),
    ];
    // A line that a killed process left half-written is nobody's.
    service.kill('SIGKILL');
    await service.ended;
    await appendFile(join(files, `${day}.ndjson`), '{"id":"torn","at":"2026');
    for (const sink of ['mysql', 'file'] as const) {
      await writeFile(sinkFile, JSON.stringify(sinks[sink]));
      const config = { host: '127.0.0.1', port, sinkFile };
      const another = await startLogService(config, pino({ level: 'silent' }));
      await using _ = { [Symbol.asyncDispose]: () => another.stop() };
      await client.call('append', [twice]);
      await client.call('append', [[twice[0]!, twice[0]!, ...twice]]);
      const all = async (newestFirst: boolean) => {
        const found: Entry[] = [];
        for (let after: string | undefined; ; ) {
          const page = await query({ limit: 7, newestFirst, ...(after !== undefined && { after }) });
          found.push(...page.entries);
          after = page.following;
          if (after === undefined) return found;
        }
      };
      const seen = await all(false);
      expect(await all(true)).toEqual(seen.toReversed());
      const ofDay = (await kept[sink]()).filter((id) => !['next-day', 'old'].includes(id));
      expect(seen.map(({ id }) => id).sort()).toEqual(ofDay.sort());
      expect(seen.map(({ at }) => at)).toEqual(seen.map(({ at }) => at).sort());
      expect(seen.at(-1)).toEqual(twice[0]);
      expect((await query({ day: '2026-12-01' })).entries).toEqual([twice[1]]);
      // What is older than the log itself is in no day's partition: none of them is dropped with it.
      await client.call('append', [[entry({ id: 'old', at: '2019-05-01T00:00:00.000Z' })]]);
      const bad = [entry(), entry({ at: '2026-02-30T00:00:00.000Z' })];
      await expect(client.call('append', [bad])).rejects.toThrow('entries[1]: at must be');
    }
    const [parts] = await connection.query(
      `SELECT PARTITION_NAME AS name FROM information_schema.PARTITIONS
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'entries' ORDER BY 1`,
    );
    expect((parts as { name: string }[]).map(({ name }) => name)).toEqual([
      ...['d20261130', 'd20261201', 'earlier', 'rest'],
    ]);
    const [old] = await connection.query('SELECT id FROM entries PARTITION (earlier)');
    expect(old).toEqual([{ id: 'old' }]);
  });
});
