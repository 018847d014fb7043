import fc from 'fast-check';
import type { TableSpec } from '../../../mover/index.ts';

const utf8 = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';

/** One way to carry a value column. */
const ways = ['same', 'renamed', 'doubled', 'text'] as const;
type Way = (typeof ways)[number];

const columnType: Readonly<Record<Way, string>> = {
  same: 'INT NOT NULL',
  renamed: 'INT NOT NULL',
  doubled: 'BIGINT NOT NULL',
  text: 'VARCHAR(30) NOT NULL',
};

export interface Shape {
  readonly ways: readonly Way[];
  readonly scoped: boolean;
  readonly keyRenamed: boolean;
  /** A second unique index over the first value column, on both sides. */
  readonly unique: boolean;
}

export const shapes: fc.Arbitrary<Shape> = fc.record({
  ways: fc.array(fc.constantFrom(...ways), { minLength: 1, maxLength: 4 }),
  scoped: fc.boolean(),
  keyRenamed: fc.boolean(),
  unique: fc.boolean(),
});

/** A table `s` of legacy's, the table `t` of the service's that it is mapped to, and statements over both. */
export interface MappedTable {
  readonly spec: TableSpec;
  readonly source: string;
  readonly target: string;
  /** What legacy's rows must read like there, and what the service has. */
  readonly expected: string;
  readonly found: string;
  /** What a feed tells of the service's rows: what `found` reads unless given; null: nothing is asked of one. */
  readonly told?: string | null;
  /** The row of that id with values from `value` on. */
  put(side: 'source' | 'target', id: number, value: number): string;
  remove(side: 'source' | 'target', id: number): string;
  /** On the source: the row gets another key, if none has that. */
  move(id: number): string;
  /** Rows from `id` on give each other their values, where something is unique that trades places. */
  trade?(side: 'source' | 'target', id: number, value: number): string[];
}

const where = 'c0 % 3 <> 0';

export function mappedTable(shape: Shape): MappedTable {
  const key = shape.keyRenamed ? 'no' : 'id';
  const columns = shape.ways.map((way, index) => ({
    way,
    name: `c${index}`,
    target: way === 'same' ? `c${index}` : `t${index}`,
  }));
  const rename: Record<string, string> = shape.keyRenamed ? { id: 'no' } : {};
  const [set, back]: Record<string, string>[] = [{}, {}];
  for (const { way, name, target } of columns) {
    if (way === 'renamed') rename[name] = target;
    if (way === 'doubled') [set![target], back![name]] = [`${name} * 2`, `${target} DIV 2`];
    if (way === 'text') [set![target], back![name]] = [`CONCAT('v', ${name})`, `SUBSTR(${target}, 2) + 0`];
  }
  const unique = (column: string) => (shape.unique ? `, UNIQUE (${column})` : '');
  const there = (way: Way, value: string | number) =>
    way === 'doubled' ? `${value} * 2` : way === 'text' ? `CONCAT('v', ${value})` : String(value);
  // A row of the service's may not take the place of one that stays with legacy.
  const inScope = (value: number) => (shape.scoped && value % 3 === 0 ? value + 1 : value);
  return {
    spec: { table: 's', into: 't', rename, set: set!, back: back!, ...(shape.scoped ? { where } : {}) },
    source: `CREATE TABLE s (id INT NOT NULL PRIMARY KEY, ${columns.map(({ name }) => `${name} INT NOT NULL`).join(', ')}${unique('c0')}) ${utf8}`,
    target: `CREATE TABLE t (${key} INT NOT NULL PRIMARY KEY, ${columns.map(({ way, target }) => `${target} ${columnType[way]}`).join(', ')}${unique(columns[0]!.target)}) ${utf8}`,
    expected: `SELECT id, ${columns.map(({ way, name }) => there(way, name)).join(', ')} FROM s WHERE ${shape.scoped ? where : 'TRUE'} ORDER BY id`,
    found: `SELECT ${key}, ${columns.map(({ target }) => target).join(', ')} FROM t ORDER BY 1`,
    put: (side, id, value) =>
      side === 'source'
        ? `REPLACE INTO s VALUES (${[id, ...columns.map((_, index) => value + index)].join(', ')})`
        : `REPLACE INTO t VALUES (${[shape.scoped ? id + 1_000 : id, ...columns.map(({ way }, index) => there(way, inScope(value + (shape.scoped ? 10_000 : 0)) + index))].join(', ')})`,
    remove: (side, id) =>
      side === 'source' ? `DELETE FROM s WHERE id = ${id}` : `DELETE FROM t WHERE ${key} = ${id}`,
    move: (id) => `UPDATE IGNORE s SET id = ${id + 7}, c0 = c0 + 1 WHERE id = ${id}`,
  };
}
