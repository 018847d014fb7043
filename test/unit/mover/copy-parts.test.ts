import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkEncoder } from '../../../mover/carried/bulk-encoder.ts';
import { InfileEncoder } from '../../../mover/carried/infile-encoder.ts';
import { RowPieces } from '../../../mover/carried/row-pieces.ts';
import { nextChunkRows, rowsTowardsEnd } from '../../../mover/copy/chunk-size.ts';
import { ProgressMeter } from '../../../mover/copy/progress-meter.ts';
import { RangesInFlight } from '../../../mover/copy/ranges-in-flight.ts';
import { wholeTable } from '../../../mover/plan/key-range.ts';
import type { BulkCommand } from '../../../mover/sql/bulk.ts';
import { packetHeaderBytes } from '../../../mover/sql/packet-header.ts';

/** A row packet of the text protocol. */
function packet(values: readonly (Buffer | null)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      if (value === null) return [Buffer.from([0xfb])];
      if (value.length < 0xfb) return [Buffer.from([value.length]), value];
      const head = Buffer.alloc(value.length < 0x10000 ? 3 : 4);
      head[0] = value.length < 0x10000 ? 0xfc : 0xfd;
      head.writeUIntLE(value.length, 1, head.length - 1);
      return [head, value];
    }),
  );
}

/** What LOAD DATA makes of a line, by its documentation. */
function readLines(data: Buffer): (Buffer | null)[][] {
  const rows: (Buffer | null)[][] = [];
  let row: (Buffer | null)[] = [];
  let value: number[] = [];
  let isNull = false;
  const end = () => {
    row.push(isNull ? null : Buffer.from(value));
    value = [];
    isNull = false;
  };
  for (let at = 0; at < data.length; at += 1) {
    const byte = data[at] as number;
    if (byte === 0x5c) {
      at += 1;
      const escaped = data[at] as number;
      if (escaped === 0x4e) isNull = true;
      else value.push(escaped === 0x30 ? 0 : escaped);
    } else if (byte === 0x09) end();
    else if (byte === 0x0a) {
      end();
      rows.push(row);
      row = [];
    } else value.push(byte);
  }
  return rows;
}

describe('InfileEncoder', () => {
  it('writes any bytes so that LOAD DATA reads them back', () => {
    const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
    const special = [null, Buffer.from('\\N'), Buffer.alloc(300, '\t'), Buffer.alloc(70_000, '\\\n')];
    const value = fc.oneof(
      { weight: 8, arbitrary: bytes },
      { weight: 3, arbitrary: fc.constantFrom(...special) },
      // Up to the last bytes of a piece, and beyond them.
      { weight: 1, arbitrary: fc.integer({ min: 262_130, max: 262_150 }).map((n) => Buffer.alloc(n, 'x')) },
    );
    const memory = new RowPieces();
    const text = (rows: readonly (readonly (Buffer | null)[])[]) =>
      rows.map((row) => row.map((one) => one?.toString('base64') ?? null));
    fc.assert(
      fc.property(fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { maxLength: 8 }), (rows) => {
        const encoder = new InfileEncoder(memory);
        for (const row of rows) {
          const framed = Buffer.concat([Buffer.from('before'), packet(row), Buffer.from('after')]);
          encoder.add(framed, 6, framed.length - 5);
        }
        const data = Buffer.concat(encoder.finish().map((one) => one.subarray(packetHeaderBytes)));
        expect(text(readLines(data))).toEqual(text(rows));
        expect([encoder.rows, encoder.bytes]).toEqual([rows.length, data.length]);
        // The next rows go into the same memory, over what is left of these.
        encoder.release();
        expect(encoder.finish()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('takes rows with nothing to escape as they came, over the ends of pieces, among others that have', () => {
    const letters = fc.integer({ min: 0, max: 250 }).map((length) => Buffer.alloc(length, 'añ소'));
    const value = fc.oneof(
      { weight: 60, arbitrary: letters },
      {
        weight: 1,
        arbitrary: fc.constantFrom(null, Buffer.alloc(251, 'y'), Buffer.from('a\0b'), Buffer.from('\t\\\n')),
      },
    );
    const rowsOf = fc.array(fc.array(value, { minLength: 1, maxLength: 9 }), {
      minLength: 30,
      maxLength: 30,
    });
    fc.assert(
      fc.property(rowsOf, (some) => {
        const rows = Array.from({ length: 900 }, (_, at) => some[at % some.length] ?? []);
        const encoder = new InfileEncoder();
        for (const row of rows) {
          const framed = Buffer.concat([Buffer.from('before'), packet(row), Buffer.from('after')]);
          encoder.add(framed, 6, framed.length - 5);
        }
        const pieces = encoder.finish();
        expect(pieces.length).toBeGreaterThan(1);
        const read = readLines(Buffer.concat(pieces.map((one) => one.subarray(packetHeaderBytes))));
        expect(read.length).toBe(rows.length);
        const same = (one: Buffer | null, other: Buffer | null | undefined) =>
          one === null || other == null ? one === other : one.equals(other);
        const differs = read.findIndex(
          (row, at) =>
            row.length !== rows[at]?.length || !row.every((one, column) => same(one, rows[at]?.[column])),
        );
        expect(differs).toBe(-1);
      }),
      { numRuns: 10 },
    );
  });
});

/** The rows that MariaDB reads from a command, by its documentation. */
function readCommand({ head, pieces }: BulkCommand, columns: number): (Buffer | null)[][] {
  const data = Buffer.concat([head, ...pieces]).subarray(packetHeaderBytes);
  expect([data[0], data.readUInt16LE(5)]).toEqual([0xfa, 128]);
  const types = data.subarray(7, 7 + 2 * columns);
  expect(types).toEqual(Buffer.from(Array.from({ length: columns }, () => [0xfc, 0]).flat()));
  const rows: (Buffer | null)[][] = [];
  for (let at = 7 + 2 * columns; at < data.length; ) {
    const row: (Buffer | null)[] = [];
    while (row.length < columns) {
      const indicator = data[at++] as number;
      expect([0, 1]).toContain(indicator);
      if (indicator === 1) {
        row.push(null);
        continue;
      }
      const first = data[at++] as number;
      const more = first < 0xfb ? 0 : first === 0xfc ? 2 : 3;
      const length = more === 0 ? first : data.readUIntLE(at, more);
      at += more;
      row.push(data.subarray(at, at + length));
      at += length;
    }
    rows.push(row);
  }
  return rows;
}

describe('BulkEncoder', () => {
  const framed = (row: readonly (Buffer | null)[]) =>
    Buffer.concat([Buffer.from('before'), packet(row), Buffer.from('after')]);
  const add = (encoder: BulkEncoder, rows: readonly (readonly (Buffer | null)[])[]) => {
    for (const row of rows) {
      const bytes = framed(row);
      encoder.add(bytes, 6, bytes.length - 5);
    }
  };

  it('writes any bytes so that MariaDB reads them back, whole rows in packets that it takes', () => {
    const value = fc.oneof(
      { weight: 8, arbitrary: fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array)) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(null, Buffer.alloc(0), Buffer.alloc(47), Buffer.alloc(70_000, '\\\n')),
      },
      // Up to the last bytes of a piece, and beyond them.
      { weight: 1, arbitrary: fc.integer({ min: 262_110, max: 262_150 }).map((n) => Buffer.alloc(n, 'x')) },
    );
    const rowsOf = fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { maxLength: 8 });
    const memory = new RowPieces();
    fc.assert(
      fc.property(rowsOf, fc.integer({ min: 1, max: 60 }), (some, times) => {
        const rows = Array.from({ length: times }, () => some).flat();
        const encoder = new BulkEncoder(3, 2_000_000, memory);
        add(encoder, rows);
        const commands = encoder.finish();
        const read = commands.flatMap((command) => readCommand(command, 3));
        expect(commands.reduce((sum, command) => sum + command.rows, 0)).toBe(rows.length);
        expect([encoder.rows, encoder.tooLong]).toEqual([rows.length, false]);
        const differs = rows.findIndex((row, at) =>
          row.some((one, column) => {
            const other = read[at]?.[column];
            return one === null || other == null ? one !== other : !one.equals(other);
          }),
        );
        expect([differs, read.length]).toEqual([-1, rows.length]);
        for (const { head, pieces } of commands) {
          const bytes = [head, ...pieces].reduce((sum, { length }) => sum + length, -packetHeaderBytes);
          expect(bytes).toBeLessThan(2_000_000);
        }
        encoder.release();
        expect(encoder.finish()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('tells of a row that no packet of the server holds, and takes the longest that one does', () => {
    const packetMax = 1024 * 1024;
    // Command, statement, flags, one type; the indicator, the length of the value.
    const longest = packetMax - 1 - (1 + 4 + 2 + 2) - (1 + 4);
    const short = Array.from({ length: 3 }, () => [Buffer.from('short')]);
    const fits = new BulkEncoder(1, packetMax);
    add(fits, [...short, [Buffer.alloc(longest, 'a')], ...short]);
    expect(fits.tooLong).toBe(false);
    expect(fits.finish().map(({ rows }) => rows)).toEqual([3, 1, 3]);
    const tooLong = new BulkEncoder(1, packetMax);
    add(tooLong, [...short, [Buffer.alloc(longest + 1, 'a')], ...short]);
    expect([tooLong.tooLong, tooLong.rows]).toEqual([true, 7]);
  });
});

describe('rowsTowardsEnd', () => {
  const usual = { rows: 40_000, rowsLeast: 1_000, estimate: 1_000_000, workers: 4 };

  it('gives each worker its share of what is left, and no chunk that is not worth its cost', () => {
    const at = (taken: number, other: Partial<typeof usual> = {}) =>
      rowsTowardsEnd({ ...usual, ...other, taken });
    expect(at(0)).toBe(40_000);
    expect(at(840_000)).toBe(40_000);
    expect(at(900_000)).toBe(25_000);
    expect(at(960_001)).toBe(10_000);
    expect(at(1_050_000)).toBe(10_000);
    expect(at(999_000, { rows: 2_000 })).toBe(1_000);
    expect(at(999_000, { rows: 500 })).toBe(500);
  });

  it('leaves a chunk as it is where one worker works, and beyond a guess that was wrong', () => {
    expect(rowsTowardsEnd({ ...usual, taken: 999_000, workers: 1 })).toBe(40_000);
    expect(rowsTowardsEnd({ ...usual, taken: 1_100_000 })).toBe(40_000);
    expect(rowsTowardsEnd({ ...usual, taken: 0, estimate: 0 })).toBe(40_000);
  });

  it('lets workers of one speed end within a quarter of a chunk of each other, with few chunks more', () => {
    for (const rows of [700_001, 950_000, 1_000_000, 1_090_000]) {
      const ends = [0, 0, 0, 0];
      let [taken, chunks] = [0, 0];
      while (taken < rows) {
        const took = Math.min(rows - taken, rowsTowardsEnd({ ...usual, taken }));
        const first = ends.indexOf(Math.min(...ends));
        ends[first] = (ends[first] as number) + took;
        taken += took;
        chunks += 1;
      }
      expect(chunks).toBeLessThanOrEqual(Math.ceil(rows / usual.rows) + 13);
      if (rows > 900_000) expect(Math.max(...ends) - Math.min(...ends)).toBeLessThanOrEqual(11_000);
    }
  });
});

describe('nextChunkRows', () => {
  const sizing = { targetMs: 400, rowsMax: 50_000, bytesMax: 16_000_000 };
  it('goes towards the time aimed at, by a factor of two at most', () => {
    expect(nextChunkRows(1_000, { rows: 1_000, bytes: 100_000, ms: 10 }, sizing)).toBe(2_000);
    expect(nextChunkRows(1_000, { rows: 1_000, bytes: 100_000, ms: 300 }, sizing)).toBe(1_333);
    expect(nextChunkRows(1_000, { rows: 1_000, bytes: 100_000, ms: 40_000 }, sizing)).toBe(500);
  });
  it('keeps to the bounds of rows and of memory', () => {
    expect(nextChunkRows(40_000, { rows: 40_000, bytes: 1e6, ms: 1 }, sizing)).toBe(50_000);
    expect(nextChunkRows(1_000, { rows: 1_000, bytes: 1e9, ms: 1 }, sizing)).toBe(16);
    expect(nextChunkRows(1, { rows: 1, bytes: 1e9, ms: 9_999 }, sizing)).toBe(1);
  });
  it('asks for no fewer where that saves nothing, as far as memory allows', () => {
    const least = { ...sizing, rowsLeast: 20_000 };
    expect(nextChunkRows(1_000, { rows: 1_000, bytes: 100_000, ms: 9_999 }, least)).toBe(20_000);
    expect(nextChunkRows(1_000, { rows: 1_000, bytes: 10_000_000, ms: 9_999 }, least)).toBe(1_600);
    expect(nextChunkRows(30, { rows: 30, bytes: 300, ms: 9_999 }, { ...least, rowsMax: 30 })).toBe(30);
  });
  it('learns nothing from an empty or short chunk', () => {
    expect(nextChunkRows(1_000, { rows: 0, bytes: 0, ms: 1 }, sizing)).toBe(1_000);
    expect(nextChunkRows(1_000, { rows: 3, bytes: 300, ms: 1 }, sizing)).toBe(1_000);
  });
});

describe('ProgressMeter', () => {
  it('tells rate and remaining time of the last seconds, never more done than there is', () => {
    const meter = new ProgressMeter('t', 10_000, 2_000, 0);
    expect(meter.advance(3_000, false, 1_000)).toEqual({
      table: 't',
      rowsDone: 3_000,
      rowsTotalEstimate: 10_000,
      ratePerSecond: 1_000,
      etaSeconds: 7,
    });
    expect(meter.advance(12_000, false, 2_000)).toMatchObject({ rowsTotalEstimate: 12_000, etaSeconds: 0 });
    expect(meter.advance(12_500, true, 60_000)).toMatchObject({ rowsTotalEstimate: 12_500, etaSeconds: 0 });
  });
});

describe('RangesInFlight', () => {
  it('publishes only when a take that did not know the range has ended', async () => {
    const ranges = new RangesInFlight();
    const asked = Promise.withResolvers<void>();
    const taken = ranges.taking(async (leaveAlone) => {
      await asked.promise;
      return leaveAlone;
    });
    let published = false;
    const publishing = ranges.publish(wholeTable).then((range) => {
      published = true;
      return range;
    });
    const later = await Promise.race([publishing, new Promise((resolve) => setImmediate(resolve, 'waits'))]);
    expect([later, published]).toEqual(['waits', false]);
    asked.resolve();
    expect(await taken).toEqual([]);
    const { clear } = await publishing;
    expect(await ranges.taking(async (leaveAlone) => leaveAlone)).toEqual([wholeTable]);
    clear();
    expect(await ranges.taking(async (leaveAlone) => leaveAlone)).toEqual([]);
  });

  it('tells when the rounds are over that began before', async () => {
    const ranges = new RangesInFlight();
    const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const failing = ranges.round(() => ends[0].promise);
    const { batchesOver } = await ranges.publish(wholeTable);
    const later = ranges.round(() => ends[1].promise);
    const waits = new Promise((resolve) => setImmediate(resolve, 'waits'));
    expect(await Promise.race([batchesOver.then(() => 'over'), waits])).toBe('waits');
    ends[0].reject(new Error('gone'));
    await expect(failing).rejects.toThrow('gone');
    await batchesOver;
    ends[1].resolve();
    await later;
  });

  it('is not held up by a take that failed', async () => {
    const ranges = new RangesInFlight();
    await expect(ranges.taking(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    await ranges.publish(wholeTable);
    expect(ranges.empty).toBe(false);
  });
});
