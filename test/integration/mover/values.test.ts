import { describe, expect, it } from 'vitest';
import type { Engine, EngineLane } from '../../support/databases.ts';
import { engineLane, engines } from '../../support/databases.ts';
import { MoveFixture } from '../../support/move-fixture.ts';

/** Every type that moves, with values that get bent when anything decodes them on the way. */
const schema = [
  `CREATE TABLE v (
    id BIGINT NOT NULL PRIMARY KEY,
    n_tiny TINYINT UNSIGNED NULL, n_big BIGINT UNSIGNED NULL, n_dec DECIMAL(65,30) NULL, n_zero INT(8) ZEROFILL NULL,
    f FLOAT NULL, d DOUBLE NULL,
    t_date DATE NULL, t_time TIME(6) NULL, t_dt DATETIME(6) NULL, t_ts TIMESTAMP(6) NULL, t_year YEAR NULL,
    b1 BIT(1) NULL, b13 BIT(13) NULL, b64 BIT(64) NULL,
    s_utf VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    s_latin VARCHAR(100) CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL,
    s_ucs VARCHAR(100) CHARACTER SET ucs2 COLLATE ucs2_general_ci NULL,
    s_euckr VARCHAR(100) CHARACTER SET euckr COLLATE euckr_korean_ci NULL,
    s_char CHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    s_text MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    e ENUM('a','é','한') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    st SET('x','y','ö') CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL,
    x_bin BINARY(5) NULL, x_var VARBINARY(300) NULL, x_blob LONGBLOB NULL,
    j JSON NULL, g GEOMETRY NULL,
    twice BIGINT AS (id DIV 2) STORED, thrice BIGINT AS (id DIV 3) VIRTUAL
  ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
];

const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('hex');

const columns =
  'id,n_tiny,n_big,n_dec,n_zero,f,d,t_date,t_time,t_dt,t_ts,t_year,b1,b13,b64,s_utf,s_latin,s_ucs,s_euckr,s_char,s_text,e,st,x_bin,x_var,x_blob,j,g';

const rows = [
  `(-9223372036854775808, 0, 18446744073709551615, -12345678901234567890123456789012345.123456789012345678901234567891, 7,
    0.1, 0.1, '0000-00-00', '-838:59:59.000000', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 0, b'0', b'1', 1,
    '', '', '', '', '', '', 'a', '', x'', x'', x'', '{}', ST_GeomFromText('POINT(1 2)'))`,
  `(0, 255, 0, 0.000000000000000000000000000001, 12345678, 16777217.5, 1.7976931348623157e308,
    '2020-02-31', '23:59:59.999999', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999999', 1901,
    b'1', b'1000000000001', 18446744073709551615, '이름 🌳 \\t\\n\\\\N', _latin1 x'e9ff80', _ucs2 x'0041d55c', '한글',
    'pad  x', REPEAT('강', 70000), 'é', 'x,ö', x'0000ff', x'${allBytes}', x'${allBytes.repeat(300)}',
    '[1, -0.5, "한 🌳 \\\\u0000 \\\\" \\\\\\\\", null, true, {"b": 1, "a": {"z": 12345678901234567}}]',
    ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0))', 4326))`,
  `(9223372036854775807, NULL, NULL, NULL, NULL, 3.4028234e38, 5e-324, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  `(-1, 1, 1, 1, 1, 1e-45, -2.2250738585072014e-308, '2024-02-29', '00:00:00.000001', '1000-01-01 00:00:00',
    '1970-01-01 00:00:01', 2155, b'0', b'0', 0, "quote ' \\" \\\\ \\0 nul", _latin1 x'27225c0a', _ucs2 x'000a0027', '가',
    '\\\\N', '\\\\N', '한', 'x,y,ö', x'5c4e', x'5c4e', x'09', '"\\\\\\\\N"', NULL)`,
];

/** What two engines are compared by: exact for all, and for JSON and floats by value, as the mover promises. */
const select = `SELECT id, n_tiny, HEX(n_big), n_dec, n_zero, CAST(f AS DOUBLE), d, t_date, t_time, t_dt, t_ts + 0, t_year,
  b1 + 0, b13 + 0, b64 + 0, HEX(s_utf), HEX(s_latin), HEX(s_ucs), HEX(s_euckr), HEX(s_char), SHA2(s_text, 256), e + 0, st + 0,
  HEX(x_bin), HEX(x_var), SHA2(x_blob, 256), j, HEX(g), twice, thrice FROM v ORDER BY id`;
const floats = [5, 6];
const json = 26;

function comparable(all: readonly (string | null)[][]): unknown[][] {
  return all.map((row) =>
    row.map((value, index) => {
      if (value === null) return null;
      if (floats.includes(index)) return Number(value);
      return index === json ? JSON.parse(value) : value;
    }),
  );
}

function pairs(): { name: string; from: EngineLane | null; to: EngineLane | null }[] {
  const name = (from: Engine, to: Engine) => `${from} to ${to}`;
  return engines.flatMap((from) =>
    engines.map((to) => ({ name: name(from, to), from: engineLane(from), to: engineLane(to) })),
  );
}

describe.each(pairs())('values, $name', ({ from, to }) => {
  // MySQL executes nothing in bulk.
  const forms =
    to?.engine === 'mariadb' ? (['bulk', 'infile', 'insert'] as const) : (['infile', 'insert'] as const);
  it.skipIf(from === null || to === null).each(forms)(
    'arrive untouched by %s, by the applier, and back in reverse',
    async (writeWith) => {
      if (from === null || to === null) return;
      await using fixture = await MoveFixture.create(from, { schema, tables: ['v'], targetLane: to });
      const { source, target } = fixture;
      for (const connection of [source, target]) {
        await connection.query(
          "SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'",
        );
      }
      const [copied, applied] = [rows.slice(0, 2), rows.slice(2)];
      await source.query(`INSERT INTO v (${columns}) VALUES ${copied.join(', ')}`);
      const move = await fixture.open({ tuning: { writeWith } });
      await move.installCapture();
      const applier = move.startApplying();
      await move.copy();
      await source.query(`INSERT INTO v (${columns}) VALUES ${applied.join(', ')}`);
      await move.fence('source', { lockTimeoutMs: 15_000 });
      await applier.drain({ deadlineMs: 30_000 });
      const read = async (connection: typeof source) => {
        const [found] = await connection.query({
          sql: select,
          rowsAsArray: true,
          typeCast: (f) => f.string('utf8'),
        });
        return comparable(found as unknown as (string | null)[][]);
      };
      const there = await read(target);
      expect(there).toEqual(await read(source));
      expect(there).toHaveLength(rows.length);
      expect(await move.verify()).toMatchObject({ rowsCompared: rows.length, different: 0, unsettled: 0 });

      const back = await fixture.open({ spec: fixture.reverse, tuning: { writeWith } });
      await back.installCapture();
      const reverse = back.startApplying();
      await target.query('DELETE FROM v WHERE id = 0');
      await target.query("UPDATE v SET s_utf = '돌아옴 🌱', f = f * 3, j = '{\"k\": 2.50}' WHERE id <> 0");
      await back.fence('source', { lockTimeoutMs: 15_000 });
      await reverse.drain({ deadlineMs: 30_000 });
      expect(await read(source)).toEqual(await read(target));
      expect(await back.verify()).toMatchObject({
        rowsCompared: rows.length - 1,
        different: 0,
        unsettled: 0,
      });
    },
  );
});
