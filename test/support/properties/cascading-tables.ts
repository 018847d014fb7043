import fc from 'fast-check';

const utf8 = 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';

/** Rows of each table at first. */
const rowsOfEach = 9;

/** Of a table: by which columns another refers to it. `both` is a key of two columns. */
const referred = ['id', 'code', 'both'] as const;

interface DrawnKey {
  /** Number of the parent among the tables. */
  readonly parent: number;
  readonly to: (typeof referred)[number];
  readonly onDelete: string;
  readonly onUpdate: string;
}

interface DrawnTable {
  readonly keys: readonly DrawnKey[];
  /** The primary key: a column of its own, two of them, or a parent's id with a number. */
  readonly key: 'id' | 'id, n' | 'owner, n';
  readonly owner: { readonly parent: number; readonly onDelete: string; readonly onUpdate: string };
}

export type DrawnTables = readonly DrawnTable[];

const many = Array.from({ length: 9 }, () => 'CASCADE');
const rule = fc.constantFrom(...many, 'SET NULL', 'RESTRICT');
const firmRule = fc.constantFrom(...many, 'RESTRICT');
const parent = fc.nat(5);

/** Tables with keys of every rule between them, to themselves and in rings. */
export const drawnTables: fc.Arbitrary<DrawnTables> = fc.array(
  fc.record({
    keys: fc.array(fc.record({ parent, to: fc.constantFrom(...referred), onDelete: rule, onUpdate: rule }), {
      maxLength: 3,
    }),
    key: fc.constantFrom('id', 'id', 'id, n', 'owner, n'),
    owner: fc.record({ parent, onDelete: firmRule, onUpdate: firmRule }),
  }),
  { minLength: 2, maxLength: 5 },
);

export interface CascadingTables {
  readonly names: readonly string[];
  readonly schema: readonly string[];
  /** Rows of every table, with parents by these numbers. */
  fill(numbers: readonly number[]): string[];
  /** A statement of an application. */
  write(drawn: DrawnWrite): string;
}

export interface DrawnWrite {
  readonly kind:
    | 'delete'
    | 'delete some'
    | 'key'
    | 'code'
    | 'case'
    | 'parent'
    | 'insert'
    | 'replace'
    | 'plain';
  readonly table: number;
  readonly id: number;
  readonly other: number;
}

export const drawnWrites = (maxLength: number): fc.Arbitrary<DrawnWrite[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom(
        ...(['delete', 'delete', 'delete some', 'key', 'code', 'case', 'parent'] as const),
        ...(['insert', 'replace', 'plain'] as const),
      ),
      table: fc.nat(5),
      id: fc.integer({ min: 1, max: rowsOfEach }),
      other: fc.integer({ min: 1, max: rowsOfEach }),
    }),
    { maxLength },
  );

/** `updates`: where ON UPDATE may change children that have children. */
export function cascadingTables(drawn: DrawnTables, updates: 'any' | 'one level'): CascadingTables {
  const names = drawn.map((_, index) => `t${index}`);
  const at = (number: number) => number % drawn.length;
  const isOwned = (table: DrawnTable, index: number) =>
    table.key === 'owner, n' && at(table.owner.parent) < index;
  const parents = new Set(
    drawn.flatMap((table, index) => [
      ...table.keys.map((key) => at(key.parent)),
      ...(isOwned(table, index) ? [at(table.owner.parent)] : []),
    ]),
  );
  const onUpdate = (child: number, wanted: string) =>
    updates === 'one level' && parents.has(child) ? 'RESTRICT' : wanted;
  const tables = drawn.map((table, index) => {
    const owned = isOwned(table, index);
    const key = owned ? 'owner, n' : table.key === 'id, n' ? 'id, n' : 'id';
    const columns = [
      ...['id INT NOT NULL', 'n INT NOT NULL', 'code VARCHAR(20) NOT NULL', 'body INT NOT NULL DEFAULT 0'],
      ...(owned ? ['owner INT NOT NULL'] : []),
      ...table.keys.flatMap(
        ({ to }, k) =>
          ({
            id: [`p${k} INT NULL`],
            code: [`p${k} VARCHAR(20) NULL`],
            both: [`p${k} INT NULL`, `q${k} VARCHAR(20) NULL`],
          })[to],
      ),
      ...[
        `PRIMARY KEY (${key})`,
        'UNIQUE KEY by_id (id)',
        'UNIQUE KEY by_code (code)',
        'UNIQUE KEY by_both (id, code)',
      ],
    ];
    const rules = (one: { readonly onDelete: string; readonly onUpdate: string }) =>
      `ON DELETE ${one.onDelete} ON UPDATE ${onUpdate(index, one.onUpdate)}`;
    const keys = table.keys.map((one, k) => {
      const [here, there] = {
        id: [`p${k}`, 'id'],
        code: [`p${k}`, 'code'],
        both: [`p${k}, q${k}`, 'id, code'],
      }[one.to];
      return `ADD CONSTRAINT f${index}_${k} FOREIGN KEY (${here}) REFERENCES t${at(one.parent)} (${there}) ${rules(one)}`;
    });
    const owner = `ADD CONSTRAINT f${index}_owner FOREIGN KEY (owner) REFERENCES t${at(table.owner.parent)} (id) ${rules(table.owner)}`;
    const all = [...keys, ...(owned ? [owner] : [])];
    return {
      ...{ table, owned },
      create: `CREATE TABLE t${index} (${columns.join(', ')}) ${utf8}`,
      alter: all.map((one) => `ALTER TABLE t${index} ${one}`),
    };
  });
  const row = (index: number, id: number, number: (k: number) => number) => {
    const { table, owned } = tables[index]!;
    const values: Record<string, string | number> = { id, n: id, code: `'c${id}'` };
    if (owned) values.owner = 1 + (number(99) % rowsOfEach);
    for (const [k, { to }] of table.keys.entries()) {
      // Most have no parent by this key: where all rows hang together, the first statement deletes them all.
      const parentId = number(k);
      if (parentId === 0 || parentId > rowsOfEach) continue;
      values[`p${k}`] = to === 'code' ? `'c${parentId}'` : parentId;
      if (to === 'both') values[`q${k}`] = `'c${parentId}'`;
    }
    return `INTO t${index} (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`;
  };
  return {
    names,
    schema: [...tables.map(({ create }) => create), ...tables.flatMap(({ alter }) => alter)],
    fill(numbers) {
      let next = 0;
      const draw = () => numbers[next++ % Math.max(1, numbers.length)] ?? 0;
      return tables.flatMap((_, index) =>
        Array.from({ length: rowsOfEach }, (_row, n) => `INSERT ${row(index, n + 1, draw)}`),
      );
    },
    write({ kind, table, id, other }) {
      const index = at(table);
      const name = `t${index}`;
      const key = tables[index]?.table.keys[0];
      switch (kind) {
        case 'delete':
          return `DELETE FROM ${name} WHERE id = ${id}`;
        case 'delete some':
          return `DELETE FROM ${name} WHERE id IN (${id}, ${other}) ORDER BY id`;
        case 'key':
          return `UPDATE ${name} SET id = ${id + 100} WHERE id = ${id}`;
        case 'code':
          return `UPDATE ${name} SET code = 'n${other}' WHERE id = ${id}`;
        case 'case':
          return `UPDATE ${name} SET code = UPPER(code) WHERE id IN (${id}, ${other}) ORDER BY id`;
        case 'parent':
          return key === undefined
            ? `UPDATE ${name} SET n = n + 10 WHERE id = ${id}`
            : `UPDATE ${name} SET p0 = ${key.to === 'code' ? `'c${other}'` : other} WHERE id = ${id}`;
        case 'insert':
          return `INSERT ${row(index, id + 50, () => other)}`;
        case 'replace':
          return `REPLACE ${row(index, id, () => other)}`;
        case 'plain':
          return `UPDATE ${name} SET body = body + ${other} WHERE id >= ${id}`;
      }
    },
  };
}
