import fc from 'fast-check';
import type { MappedTable } from './mapped-table.ts';

/** Types of a value column, and how the number that a write draws is written in it: few values, so that rows become equal. */
const types = {
  'INT NULL': (value: number) => (value % 3 === 0 ? 'NULL' : String(value % 3)),
  'VARCHAR(20) NULL': (value: number) => ["'a'", "'A'", "'á '", 'NULL', "''"][value % 5] as string,
  'TEXT NOT NULL': (value: number) => `REPEAT('long', ${(value % 2) * 5_000})`,
  'DOUBLE NULL': (value: number) => `${value % 2} / 4`,
  'TIMESTAMP(3) NULL': (value: number) => `'2024-10-27 0${value % 3}:30:00.5'`,
  "SET('x','y') NOT NULL": (value: number) => String(value % 4),
  'JSON NULL': (value: number) => `'[${value % 2}]'`,
} as const;
type Type = keyof typeof types;

export interface KeylessShape {
  readonly types: readonly Type[];
  /** An index leads to the rows. */
  readonly led: boolean;
  /** A unique index over a column that may be NULL. */
  readonly unique: boolean;
}

export const keylessShapes: fc.Arbitrary<KeylessShape> = fc.record({
  types: fc.array(fc.constantFrom(...(Object.keys(types) as Type[])), { maxLength: 4 }),
  led: fc.boolean(),
  unique: fc.boolean(),
});

/** A table `s` without a key, the same on both sides, whose rows are equal to others now and then. */
export function keylessTable(shape: KeylessShape): MappedTable {
  const columns = shape.types.map((type, index) => ({ type, name: `c${index + 1}` }));
  const definitions = [
    `id INT ${shape.led ? 'NOT NULL' : 'NULL'}`,
    'c0 INT NULL',
    ...columns.map(({ type, name }) => `${name} ${type}`),
    ...(shape.unique ? ['u INT NULL UNIQUE'] : []),
    ...(shape.led ? ['KEY (id)'] : []),
  ];
  const names = ['id', 'c0', ...columns.map(({ name }) => name), ...(shape.unique ? ['u'] : [])];
  const shown = names.map((name) => `HEX(CAST(${name} AS CHAR))`).join(', ');
  const made = `CREATE TABLE s (${definitions.join(', ')}) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`;
  const some = (id: number) => `id = ${id % 6} LIMIT ${1 + (id % 3)}`;
  const read = `SELECT ${shown}, COUNT(*) FROM s GROUP BY ${shown} ORDER BY ${shown}`;
  return {
    spec: { table: 's', key: 'all columns', ...(shape.led ? { by: ['id'] } : {}) },
    ...{ source: made, target: made, expected: read, found: read },
    put: (_, id, value) => {
      const drawn = Math.abs(value);
      const values = columns.map(({ type }, index) => types[type](drawn + index));
      // Taken by another row now and then.
      const unique = shape.unique ? [drawn % 4 === 0 ? String(id % 8) : 'NULL'] : [];
      return `INSERT IGNORE INTO s VALUES (${[id % 6, drawn % 2, ...values, ...unique].join(', ')})`;
    },
    remove: (_, id) => `DELETE FROM s WHERE ${some(id)}`,
    move: (id) => `UPDATE s SET id = ${(id + 1) % 6}, c0 = ${id % 2} WHERE ${some(id)}`,
  };
}
