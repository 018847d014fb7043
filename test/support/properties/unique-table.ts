import fc from 'fast-check';
import type { TableSpec } from '../../../mover/index.ts';
import type { Engine } from '../databases.ts';
import type { MappedTable } from './mapped-table.ts';

/** How the value gets over. */
const ways = ['same', 'renamed', 'computed'] as const;
type Way = (typeof ways)[number];

/** What is unique of it: two characters or one byte of its beginning, or what an expression makes of it. */
const kinds = ['beginning', 'bytes', 'expression'] as const;
type Kind = (typeof kinds)[number];

export interface UniqueShape {
  readonly way: Way;
  readonly kind: Kind;
  readonly collation: string;
}

export const uniqueShapes: fc.Arbitrary<UniqueShape> = fc.record({
  way: fc.constantFrom(...ways),
  kind: fc.constantFrom(...kinds),
  collation: fc.constantFrom('utf8mb4_unicode_ci', 'utf8mb4_unicode_ci', 'utf8mb4_bin'),
});

/** Many are equal in the index and not in their bytes: by case, accents, blanks at the end, expansions, what follows. */
const texts = [
  ...['a', 'A', 'á', 'a ', 'ab', 'Äb and more', 'ab, else', 'a%', 'a_', '%', "i't", 'ß', 'ss', 'SSS', 'ßs'],
  ...['', ' ', '강', '강나무', '강나라', '🌳', '🌳🌳', '🌳🌳🌳', 'æ', 'ae', 'oe', 'œ', null, null],
];

/** A table whose values trade places in a unique index over less than a whole column; its rows are (id, text or NULL). */
export function uniqueTable({ way: wanted, kind, collation }: UniqueShape, here: Engine, there: Engine) {
  // Only a mapped table may have a generated column on one side where the other has an index over the expression.
  const way = wanted === 'same' && kind === 'expression' && here !== there ? 'renamed' : wanted;
  const [key, value] = way === 'same' ? ['id', 'v'] : ['no', 'w'];
  const table = way === 'same' ? 's' : 't';
  const spec: TableSpec =
    way === 'same'
      ? { table: 's' }
      : {
          ...{ table: 's', into: 't', rename: { id: 'no', ...(way === 'renamed' ? { v: 'w' } : {}) } },
          ...(way === 'computed' ? { set: { w: "CONCAT('x', v)" }, back: { v: 'SUBSTR(w, 2)' } } : {}),
        };
  const create = (engine: Engine, name: string, id: string, column: string, more: number) => {
    const lower = `LOWER(LEFT(${column}, ${2 + more}))`;
    const unique = {
      beginning: `UNIQUE KEY u (${column}(${2 + more}))`,
      bytes: `UNIQUE KEY u (${column}(${1 + more}))`,
      expression:
        engine === 'mysql'
          ? `UNIQUE KEY u ((${lower}))`
          : `g VARCHAR(9) AS (${lower}) VIRTUAL, UNIQUE KEY u (g)`,
    }[kind];
    const type = kind === 'bytes' ? 'VARBINARY(60)' : kind === 'beginning' ? 'TEXT' : 'VARCHAR(60)';
    return `CREATE TABLE ${name} (${id} INT NOT NULL PRIMARY KEY, ${column} ${type} NULL, ${unique}) DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`;
  };
  const literal = (number: number) => {
    const text = texts[Math.abs(number) % texts.length] ?? null;
    return text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`;
  };
  const of = (side: 'source' | 'target') =>
    side === 'source' ? { name: 's', id: 'id', column: 'v' } : { name: table, id: key, column: value };
  const made: MappedTable = {
    spec,
    source: create(here, 's', 'id', 'v', 0),
    target: create(there, table, key, value, way === 'computed' ? 1 : 0),
    expected: `SELECT id, HEX(${way === 'computed' ? "CONCAT('x', v)" : 'v'}) FROM s ORDER BY id`,
    found: `SELECT ${key}, HEX(${value}) FROM ${table} ORDER BY 1`,
    told: kind === 'bytes' ? null : `SELECT * FROM ${table} ORDER BY 1`,
    put: (side, id, number) => {
      const { name, id: no, column } = of(side);
      const text = literal(number);
      const written = side === 'target' && way === 'computed' ? `CONCAT('x', ${text})` : text;
      return `REPLACE INTO ${name} (${no}, ${column}) VALUES (${id}, ${written})`;
    },
    remove: (side, id) => `DELETE FROM ${of(side).name} WHERE ${of(side).id} = ${id}`,
    move: (id) => `UPDATE IGNORE s SET id = ${id + 7} WHERE id = ${id}`,
    /** Two or three rows give each other their values. */
    trade: (side, id, number) => {
      const { name, id: no, column } = of(side);
      const ids = [id, id + 1 + (Math.abs(number) % 3), id + 5].slice(0, number % 2 === 0 ? 2 : 3);
      const read = (one: number, at: number) =>
        `@v${at} = (SELECT ${column} FROM ${name} WHERE ${no} = ${one})`;
      return [
        `SET ${ids.map(read).join(', ')}`,
        ...(number % 5 === 0 ? ['START TRANSACTION'] : []),
        `UPDATE ${name} SET ${column} = NULL WHERE ${no} IN (${ids.join(', ')})`,
        ...ids.map(
          (one, at) => `UPDATE ${name} SET ${column} = @v${(at + 1) % ids.length} WHERE ${no} = ${one}`,
        ),
        ...(number % 5 === 0 ? ['COMMIT'] : []),
      ];
    },
  };
  return made;
}
