import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnnouncedTables } from '../../../mover/capture/binlog/announced-tables.ts';
import {
  BinlogEvent,
  eventType,
  GtidReader,
  readQuery,
  saysBegin,
} from '../../../mover/capture/binlog/binlog-event.ts';
import { type ImageColumn, type } from '../../../mover/capture/binlog/column-image.ts';
import { keyOf, keyText, keyTextOf } from '../../../mover/capture/binlog/key-text.ts';
import { PacketSplitter } from '../../../mover/capture/binlog/packet-splitter.ts';
import { RowReader, rowKind, type WatchedColumn } from '../../../mover/capture/binlog/row-events.ts';
import { hashRow } from '../../../mover/capture/binlog/row-hasher.ts';
import { column } from './column.ts';

const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

/** An event in the midst of other bytes, as it lies in what was read from a socket. */
function event(type: number, body: Buffer, server = 1): BinlogEvent {
  const header = Buffer.concat([
    u32(1),
    Buffer.from([type]),
    u32(server),
    u32(19 + body.length),
    u32(0),
    u16(0),
  ]);
  const around = Buffer.alloc(7, 0xff);
  const buffer = Buffer.concat([around, header, body, around]);
  return new BinlogEvent().place(buffer, around.length, buffer.length - around.length);
}

describe('PacketSplitter', () => {
  const framed = (payloads: readonly Buffer[], first = 1) =>
    Buffer.concat(
      payloads.flatMap((payload, index) => {
        const header = Buffer.alloc(4);
        header.writeUIntLE(payload.length, 0, 3);
        header[3] = (first + index) & 0xff;
        return [header, payload];
      }),
    );
  /** Cuts as the network might; `stops`: after which packets no more are wanted for now. */
  function split(bytes: Buffer, cuts: readonly number[], stops: ReadonlySet<number> = new Set()): Buffer[] {
    const found: Buffer[] = [];
    const packets = new PacketSplitter(1, (buffer, start, end) => {
      found.push(Buffer.from(buffer.subarray(start, end)));
      return !stops.has(found.length);
    });
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      // The next bytes come into the same room.
      const room = Buffer.from(bytes.subarray(from, to));
      packets.push(room);
      room.fill(0xee);
      from = to;
    }
    for (const _ of stops) packets.goOn();
    return found;
  }

  it('gives each packet once and whole, wherever what came was cut and wherever it was to wait', () => {
    const payload = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        fc.array(payload, { minLength: 1, maxLength: 30 }),
        fc.array(fc.nat(1_000), { maxLength: 30 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 5 }),
        (payloads, at, stops) => {
          const bytes = framed(payloads);
          const cuts = at.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b);
          expect(split(bytes, cuts, new Set(stops))).toEqual(payloads);
        },
      ),
    );
  });

  it('joins what is longer than a packet can be, in pieces of 64 kB too, and what follows is not lost', () => {
    const long = Buffer.alloc(2 * 0xff_ffff + 5, 'x');
    long[0xff_ffff] = 1;
    const parts = [
      long.subarray(0, 0xff_ffff),
      long.subarray(0xff_ffff, 2 * 0xff_ffff),
      long.subarray(2 * 0xff_ffff),
    ];
    // One that is just as long as a packet can be ends with an empty one.
    const bytes = framed([...parts, parts[0] as Buffer, Buffer.alloc(0), Buffer.from('next')]);
    const cuts = Array.from(
      { length: Math.floor(bytes.length / 65_536) },
      (_, index) => (index + 1) * 65_536,
    );
    for (const where of [[], cuts, [1, 2, 3, 4, 5]]) {
      const found = split(bytes, where);
      expect(found.map((packet) => packet.length)).toEqual([long.length, 0xff_ffff, 4]);
      expect(found[0]?.equals(long)).toBe(true);
    }
  });

  it('numbers begin again after 255; a packet out of order is no packet', () => {
    const many = Array.from({ length: 600 }, (_, index) => Buffer.from(String(index)));
    expect(split(framed(many), [])).toEqual(many);
    const bytes = Buffer.concat([framed(many.slice(0, 2)), framed(many.slice(3, 4), 4)]);
    expect(() => split(bytes, [])).toThrow('packet 4 came where packet 3 was expected');
  });
});

it('a key is the same text exactly where its values are the same bytes, and comes back from it', () => {
  const value = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes));
  const key = fc.array(value, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(key, key, (one, other) => {
      expect(keyOf(keyTextOf(one))).toEqual(one);
      const same =
        one.length === other.length && one.every((bytes, index) => bytes.equals(other[index] as Buffer));
      expect(keyTextOf(one) === keyTextOf(other)).toBe(same);
    }),
  );
});

describe('RowReader', () => {
  interface Kind {
    readonly image: ImageColumn;
    /** A value's bytes in an image, and what it is as text. */
    readonly value: fc.Arbitrary<{ readonly bytes: Buffer; readonly text: string }>;
    readonly shape?: ReturnType<typeof column>;
  }
  const text = (prefix: number, maxLength: number) =>
    fc.uint8Array({ maxLength }).map((array) => {
      const bytes = Buffer.from(array);
      return {
        bytes: Buffer.concat([u32(bytes.length).subarray(0, prefix), bytes]),
        text: bytes.toString('latin1'),
      };
    });
  const kinds: readonly Kind[] = [
    {
      image: { type: type.long, meta: 0 },
      shape: column('c', 'int'),
      value: fc.integer().map((n) => ({ bytes: u32(n >>> 0), text: String(n) })),
    },
    {
      image: { type: type.tiny, meta: 0 },
      shape: column('c', 'tinyint', { columnType: 'tinyint(3) unsigned' }),
      value: fc.nat(255).map((n) => ({ bytes: Buffer.from([n]), text: String(n) })),
    },
    {
      image: { type: type.longlong, meta: 0 },
      shape: column('c', 'bigint'),
      value: fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map((n) => ({ bytes: u64(BigInt.asUintN(64, n)), text: String(n) })),
    },
    { image: { type: type.varchar, meta: 60 }, shape: column('c', 'varchar'), value: text(1, 60) },
    { image: { type: type.varchar, meta: 300 }, shape: column('c', 'varchar'), value: text(2, 300) },
    { image: { type: type.blob, meta: 3 }, value: text(3, 400) },
    { image: { type: type.datetime2, meta: 3 }, value: fc.constant({ bytes: Buffer.alloc(7, 9), text: '' }) },
  ];
  const bitmap = (bits: readonly boolean[]) => {
    const bytes = Buffer.alloc((bits.length + 7) >> 3);
    for (const [index, bit] of bits.entries()) if (bit) (bytes[index >> 3] as number) |= 1 << (index & 7);
    return bytes;
  };
  type Value = { readonly bytes: Buffer; readonly text: string } | null;

  /** A table, and an event with some of its rows, some columns left out of the images after an update. */
  const scene = fc
    .array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 20 })
    .filter((columns) => columns.some(({ shape }) => shape !== undefined))
    .chain((columns) => {
      const able = columns.flatMap(({ shape }, position) => (shape === undefined ? [] : [position]));
      return fc.record({
        columns: fc.constant(columns),
        key: fc.uniqueArray(fc.constantFrom(...able), { minLength: 1, maxLength: 3 }),
        hashed: fc.boolean(),
        present: fc.array(fc.boolean(), { minLength: columns.length, maxLength: columns.length }),
        code: fc.constantFrom(23, 24, 25, 30, 31, 32),
        rows: fc.array(
          fc.tuple(
            fc.tuple(...columns.map(({ value }) => fc.option(value, { freq: 4 }))),
            fc.tuple(...columns.map(({ value }) => fc.option(value, { freq: 4 }))),
            fc.boolean(),
          ),
          { minLength: 1, maxLength: 6 },
        ),
      });
    })
    .filter(
      ({ key, hashed, rows }) =>
        hashed || rows.every(([old, next]) => key.every((at) => old[at] !== null && next[at] !== null)),
    )
    .map(({ columns, key, hashed, present, code, rows }) => {
      const all = columns.map(() => true);
      const updates = rowKind(code)?.change === 'update';
      const image = (row: readonly Value[], shown: readonly boolean[]) => {
        const values = row.filter((_, index) => shown[index]);
        return Buffer.concat([
          bitmap(values.map((value) => value === null)),
          ...values.map((value) => value?.bytes ?? Buffer.alloc(0)),
        ]);
      };
      const wanted: WatchedColumn[] = key.map((position) => ({
        position,
        shape: columns[position]?.shape as ReturnType<typeof column>,
      }));
      const keyIn = (row: readonly Value[]) => {
        const values = key.map((at) => row[at]?.text ?? null);
        const shapes = wanted.map(({ shape }) => shape);
        return keyText(hashed ? [hashRow(shapes, values)] : values.map((value) => value ?? ''));
      };
      const expected: string[] = [];
      const images: Buffer[] = [];
      for (const [old, drawn, sameKey] of rows) {
        images.push(image(old, all));
        expected.push(keyIn(old));
        if (!updates) continue;
        const next = drawn.map((value, index) =>
          sameKey && key.includes(index) ? (old[index] as Value) : value,
        );
        images.push(image(next, present));
        const now = keyIn(next.map((value, index) => (present[index] ? value : (old[index] as Value))));
        if (now !== keyIn(old)) expected.push(now);
      }
      const extra = code >= 30 ? u16(2 + 3) : Buffer.alloc(0);
      const body = Buffer.concat([
        Buffer.alloc(8),
        ...(code >= 30 ? [extra, Buffer.alloc(3, 7)] : []),
        Buffer.from([columns.length]),
        bitmap(all),
        ...(updates ? [bitmap(present)] : []),
        ...images,
      ]);
      return {
        reader: new RowReader(
          columns.map((one) => one.image),
          hashed ? [{ hashed: wanted }] : wanted,
        ),
        body,
        code,
        expected,
      };
    });

  it('finds the keys before and after, whatever the columns, the nulls and what the images leave out', () => {
    fc.assert(
      fc.property(scene, ({ reader, body, code, expected }) => {
        const found = reader.keys(
          event(code, body),
          rowKind(code) as NonNullable<ReturnType<typeof rowKind>>,
        );
        expect(found).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('of an event that ends too soon it tells no key that is not in it, and none of another row', () => {
    fc.assert(
      fc.property(scene, fc.nat(), ({ reader, body, code, expected }, cut) => {
        const part = body.subarray(0, cut % body.length);
        const kind = rowKind(code) as NonNullable<ReturnType<typeof rowKind>>;
        let found: string[];
        try {
          found = reader.keys(event(code, part), kind);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        // It was cut between two rows.
        expect(expected.slice(0, found.length)).toEqual(found);
      }),
      { numRuns: 300 },
    );
  });

  it('an event without the row’s key, or with another number of columns, is not guessed', () => {
    const key = [{ position: 0, shape: column('id', 'int') }];
    const reader = new RowReader(
      [
        { type: type.long, meta: 0 },
        { type: type.long, meta: 0 },
      ],
      key,
    );
    const rows = (columns: number, shown: number, image: Buffer) =>
      reader.keys(event(30, Buffer.concat([Buffer.alloc(8), u16(2), Buffer.from([columns, shown]), image])), {
        change: 'insert',
        layout: 2,
      });
    expect(rows(2, 0b11, Buffer.concat([Buffer.from([0]), u32(7), u32(8)]))).toEqual(['7']);
    expect(() => rows(2, 0b10, Buffer.concat([Buffer.from([0]), u32(8)]))).toThrow(
      'does not tell the row’s key',
    );
    expect(() => rows(2, 0b11, Buffer.concat([Buffer.from([1]), u32(8)]))).toThrow(
      'does not tell the row’s key',
    );
    expect(() => rows(3, 0b11, Buffer.alloc(9))).toThrow('another number of columns');
  });

  it('a length that goes beyond the event is refused, though the bytes behind it are there', () => {
    const key = [{ position: 0, shape: column('id', 'int') }];
    const reader = new RowReader(
      [
        { type: type.long, meta: 0 },
        { type: type.blob, meta: 4 },
      ],
      key,
    );
    for (const length of [1, 100, 0xffff_ffff]) {
      const image = Buffer.concat([Buffer.from([0]), u32(7), u32(length)]);
      const body = Buffer.concat([Buffer.alloc(8), u16(2), Buffer.from([2, 0b11]), image]);
      expect(() => reader.keys(event(30, body), { change: 'insert', layout: 2 })).toThrow(RangeError);
    }
  });
});

it('a BEGIN is known without reading the statement, and nothing else is taken for one', () => {
  const query = (database: string, sql: string, variables: number) =>
    event(
      eventType.query,
      Buffer.concat([
        Buffer.alloc(8),
        Buffer.from([Buffer.byteLength(database)]),
        Buffer.alloc(2),
        u16(variables),
        Buffer.alloc(variables, 'BEGIN'),
        Buffer.from(`${database}\0${sql}`),
      ]),
    );
  const sql = fc.oneof(
    fc.constantFrom('BEGIN', 'BEGIN ', 'begin', 'XBEGIN', 'BEGI', '', 'COMMIT'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), sql, fc.nat(300), (database, statement, variables) => {
      const one = query(database, statement, variables);
      expect(saysBegin(one)).toBe(readQuery(one).sql === 'BEGIN');
    }),
  );
  expect(saysBegin(query('shop', 'BEGIN', 12))).toBe(true);
  expect(saysBegin(event(eventType.query, Buffer.from('BEGIN')))).toBe(false);
});

it('whoever a transaction came from is told right, also when servers take turns', () => {
  const reader = new GtidReader();
  const mysql = (uuid: string, number: bigint) =>
    event(
      eventType.gtid,
      Buffer.concat([Buffer.from([1]), Buffer.from(uuid.replaceAll('-', ''), 'hex'), u64(number)]),
    );
  const [a, b] = ['3e11fa47-71ca-11e1-9e33-c80aa9429562', '3e11fa47-71ca-11e1-9e33-c80aa9429563'];
  const told = [mysql(a, 1n), mysql(a, 2n), mysql(b, 1n), mysql(a, 2n ** 40n)].map((one) => reader.read(one));
  expect(told.map(({ origin, number }) => `${origin}:${number}`)).toEqual([
    `${a}:1`,
    `${a}:2`,
    `${b}:1`,
    `${a}:1099511627776`,
  ]);
  const mariadb = (domain: number, server: number, number: bigint) =>
    event(eventType.mariadbGtid, Buffer.concat([u64(number), u32(domain), Buffer.alloc(1)]), server);
  const others = [mariadb(0, 1, 5n), mariadb(0, 2, 6n), mariadb(3, 2, 1n), mariadb(0, 1, 7n)].map((one) =>
    reader.read(one),
  );
  expect(others.map(({ domain, origin, number }) => `${domain}-${origin}-${number}`)).toEqual([
    '0-1-5',
    '0-2-6',
    '3-2-1',
    '0-1-7',
  ]);
  expect(() => reader.read(event(eventType.gtid, Buffer.alloc(20)))).toThrow(RangeError);
});

it('a table’s number stands for what was announced last, and for nothing in another file', () => {
  const announcement = (id: number, database: string, table: string, codes: readonly number[]) =>
    event(
      eventType.tableMap,
      Buffer.concat([
        Buffer.concat([u32(id), u16(0)]),
        u16(1),
        Buffer.from(
          `${String.fromCharCode(database.length)}${database}\0${String.fromCharCode(table.length)}${table}\0`,
        ),
        Buffer.from([codes.length, ...codes, 0, 0]),
      ]),
    );
  const watched = {
    database: 'shop',
    table: 't',
    key: [{ position: 1, shape: column('id', 'int') }],
    note: () => undefined,
  };
  const tables = new AnnouncedTables([watched], false);
  tables.announce(announcement(7, 'shop', 't', [type.tiny, type.long]));
  const first = tables.of(7);
  expect(first?.watched).toBe(watched);
  expect(first?.rows).toBeInstanceOf(RowReader);
  tables.announce(announcement(7, 'shop', 't', [type.tiny, type.long]));
  expect(tables.of(7)).toBe(first);
  // The same number, after the server was restarted.
  tables.announce(announcement(7, 'shop', 'other', [type.tiny, type.long]));
  expect(tables.of(7)?.watched).toBeNull();
  // Another layout: what was looked up of the one before is not used.
  tables.announce(announcement(7, 'shop', 't', [type.tiny]));
  expect(() => tables.of(7)?.rows).toThrow(RangeError);
  tables.clear();
  expect(tables.of(7)).toBeUndefined();
  expect(() => tables.announce(event(eventType.tableMap, Buffer.from([1, 2, 3])))).toThrow(RangeError);
  expect(() =>
    tables.announce(event(eventType.tableMap, Buffer.concat([Buffer.alloc(8), Buffer.from([200, 65])]))),
  ).toThrow(RangeError);
});

it('an event that is shorter than its header is refused', () => {
  expect(() => new BinlogEvent().place(Buffer.alloc(100), 10, 28)).toThrow(RangeError);
});
