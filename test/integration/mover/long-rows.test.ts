import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { MoveFixture, TestPoints } from '../../support/move-fixture.ts';

const schema = [
  `CREATE TABLE docs (id INT NOT NULL PRIMARY KEY, body LONGBLOB NULL, text LONGTEXT NULL, small INT NULL)
     DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
];
const fenceNow = { lockTimeoutMs: 15_000 };

describeEachEngine('long rows', (lane) => {
  it('of more than half a packet are copied, applied, and come back; memory is bounded from the first chunk', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['docs'] });
    const { source, target } = fixture;
    const [[packet]] = (await source.query('SELECT @@max_allowed_packet AS bytes')) as never as [
      [{ bytes: number }],
    ];
    // In hex twice as long: far more than a packet.
    const long = Math.floor(Math.min(packet.bytes, 16 * 1024 * 1024) * 0.6);
    await source.query("INSERT INTO docs VALUES (1, REPEAT('\\0\\t\\n\\\\x', ?), NULL, 0)", [long / 5]);
    await source.query("INSERT INTO docs VALUES (2, NULL, REPEAT('강🌳x', ?), 0)", [long / 8]);
    for (let id = 3; id <= 10; id += 1) {
      await source.query("INSERT INTO docs VALUES (?, REPEAT('y', 400000), NULL, 0)", [id]);
    }
    const points = new TestPoints();
    const bytesMax = 1_000_000;
    const move = await fixture.open({ points, tuning: { chunkBytesMax: bytesMax } });
    await move.installCapture();
    const applier = move.startApplying();
    await move.copy();
    // By their number all rows would be one chunk, of 22 MB.
    expect(points.reached.filter((point) => point === 'copy:after-write').length).toBeGreaterThan(4);
    await source.query('UPDATE docs SET small = 1');
    await source.query("UPDATE docs SET body = CONCAT(body, 'z') WHERE id = 1");
    await move.fence('source', fenceNow);
    await applier.drain({ deadlineMs: 60_000 });
    const read = async (connection: typeof source) =>
      (await connection.query('SELECT id, SHA2(body, 256), SHA2(text, 256), small FROM docs ORDER BY id'))[0];
    expect(await read(target)).toEqual(await read(source));
    expect(await read(target)).toHaveLength(10);
    expect(await move.verify()).toMatchObject({ different: 0, rowsCompared: 10 });

    const back = await fixture.open({ spec: fixture.reverse, tuning: { chunkBytesMax: bytesMax } });
    await back.installCapture();
    const reverse = back.startApplying();
    await target.query("UPDATE docs SET text = CONCAT(text, '!'), small = 2 WHERE id < 3");
    await back.fence('source', fenceNow);
    await reverse.drain({ deadlineMs: 60_000 });
    expect(await read(source)).toEqual(await read(target));
  });

  it('as long as a packet of the target, and a few bytes shorter and longer, are copied among others', async () => {
    await using fixture = await MoveFixture.create(lane, { schema, tables: ['docs'] });
    const { source, target } = fixture;
    const [[packet]] = (await source.query('SELECT @@max_allowed_packet AS bytes')) as never as [
      [{ bytes: number }],
    ];
    const longest = Math.min(packet.bytes, 16 * 1024 * 1024);
    // Of the packet that brings MariaDB many rows at once, 30 bytes are left to all but the value.
    const near = lane.engine === 'mariadb' ? [31, 30, 29] : [30];
    const lengths = [3, ...near.map((less) => longest - less), 4];
    for (const [id, length] of lengths.entries())
      await source.query("INSERT INTO docs VALUES (?, REPEAT('\\\\', ?), NULL, 0)", [id, length]);
    const move = await fixture.open({ tuning: { copyWorkers: 1 } });
    await move.installCapture();
    await move.copy();
    const read = async (connection: typeof source) =>
      (await connection.query('SELECT id, LENGTH(body) AS bytes, SHA2(body, 256) FROM docs ORDER BY id'))[0];
    expect(await read(target)).toEqual(await read(source));
    expect(await read(target)).toMatchObject(lengths.map((bytes, id) => ({ id, bytes })));
  });
});
