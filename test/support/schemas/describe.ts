/**
 * A schema in few words: one line for each table,
 *
 *     posts ## title:s200* body:T author>users parent>>posts? (…)
 *
 * its name, its key, its columns. The key: `#` and `##` a counter (INT, BIGINT) called id, `u#` a UUID, `@users` that of a row of users which it belongs to,
 * `(a,b)` the columns named, `-` none. A column: `name:type`, or `name>table` for a foreign key (`>>` ON DELETE CASCADE, `>~` SET NULL, `>^` ON UPDATE CASCADE), then `?`
 * if it may be NULL, `!` if it is unique, `*` if it has an index. `!(a,b)` and `*(a,b(10))` are indexes of their own. A line `each x y: …` stands for as many, with `$` for x and y;
 * a line that begins with `sql` is a statement.
 */
export interface DescribedSchema {
  readonly name: string;
  readonly tables: readonly string[];
  readonly statements: readonly string[];
}

const types: Readonly<Record<string, (size: string) => string>> = {
  i: () => 'INT',
  I: () => 'BIGINT UNSIGNED',
  b: () => 'TINYINT(1)',
  s: (size) => `VARCHAR(${size})`,
  c: (size) => `CHAR(${size})`,
  t: () => 'TEXT',
  T: () => 'LONGTEXT',
  d: () => 'DATETIME',
  D: () => 'TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
  n: () => 'DECIMAL(12,2)',
  f: () => 'DOUBLE',
  j: () => 'JSON',
  x: (size) => `VARBINARY(${size})`,
  X: (size) => `BINARY(${size})`,
  B: () => 'MEDIUMBLOB',
  e: (members) => `ENUM(${members})`,
  S: (members) => `SET(${members})`,
  y: () => 'YEAR',
  g: () => 'POINT',
};

const keyTypes = { '#': 'INT UNSIGNED', '##': 'BIGINT UNSIGNED', 'u#': 'CHAR(36)' } as const;

export function describeSchema(name: string, tail: string, description: string): DescribedSchema {
  const lines = description
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('sql '))
    .flatMap(expanded);
  const keys = new Map<string, string>();
  for (const line of lines) {
    const [table = '', key = ''] = line.split(/\s+/);
    const owner = key.startsWith('@') ? keys.get(key.slice(1)) : undefined;
    keys.set(table, owner ?? keyTypes[key as keyof typeof keyTypes] ?? 'INT UNSIGNED');
  }
  const foreignKeys: string[] = [];
  const tables = lines.map((line) => createTable(line, keys, tail, foreignKeys));
  const own = description.split('\n').flatMap((line) => /^\s*sql (.*)$/.exec(line)?.[1] ?? []);
  return {
    name,
    tables: lines.map((line) => line.split(/\s+/)[0] ?? ''),
    statements: [...tables, ...foreignKeys, ...own],
  };
}

function expanded(line: string): string[] {
  const each = /^each ([^:]+): (.*)$/.exec(line);
  if (each === null) return [line];
  const [, names = '', pattern = ''] = each;
  return names.split(/\s+/).map((one) => pattern.replaceAll('$', one));
}

const rules = {
  '>': '',
  '>>': ' ON DELETE CASCADE',
  '>~': ' ON DELETE SET NULL',
  '>^': ' ON DELETE RESTRICT ON UPDATE CASCADE',
};

function createTable(
  line: string,
  keys: ReadonlyMap<string, string>,
  tail: string,
  foreignKeys: string[],
): string {
  const [table = '', key = '', ...words] = line.split(/\s+/);
  const parts: string[] = [];
  const refer = (column: string, parent: string, rule: string) => {
    const name = `fk_${foreignKeys.length}_${table}`.slice(0, 60);
    foreignKeys.push(
      `ALTER TABLE \`${table}\` ADD CONSTRAINT \`${name}\` FOREIGN KEY (\`${column}\`) REFERENCES \`${parent}\` (id)${rule}`,
    );
  };
  const listed = (columns: string) => columns.replaceAll(/([a-z_]+)/g, '`$1`');
  if (key === '#' || key === '##') parts.push(`id ${keyTypes[key]} NOT NULL AUTO_INCREMENT PRIMARY KEY`);
  else if (key === 'u#') parts.push(`id ${keyTypes[key]} NOT NULL PRIMARY KEY`);
  else if (key.startsWith('@')) {
    parts.push(`id ${keys.get(table)} NOT NULL PRIMARY KEY`);
    refer('id', key.slice(1), rules['>>']);
  }
  for (const word of words) {
    const index = /^([!*])\((.*)\)$/.exec(word);
    if (index !== null) {
      const [, kind, columns = ''] = index;
      parts.push(`${kind === '!' ? 'UNIQUE ' : ''}KEY (${listed(columns)})`);
      continue;
    }
    const column = /^([a-z_0-9]+)(?::([a-zA-Z])(\d+|\([^)]*\))?|(>[>~^]?)([a-z_0-9]+))([?!*]*)$/.exec(word);
    if (column === null) throw new Error(`${table}: ${word} is no column`);
    const [, name = '', type = '', size = '', rule, parent = '', flags = ''] = column;
    const nullable = flags.includes('?') ? 'NULL' : 'NOT NULL';
    if (rule !== undefined) {
      parts.push(`\`${name}\` ${keys.get(parent)} ${nullable}`);
      refer(name, parent, rules[rule as keyof typeof rules]);
    } else {
      const members = size.replace(/^\((.*)\)$/, (_, list: string) =>
        list
          .split('|')
          .map((one) => `'${one}'`)
          .join(','),
      );
      const [base = '', ...rest] = (types[type]?.(members) ?? '').split(' DEFAULT');
      parts.push(`\`${name}\` ${base} ${nullable}${rest.map((one) => ` DEFAULT${one}`).join('')}`);
    }
    if (flags.includes('!')) parts.push(`UNIQUE KEY (\`${name}\`)`);
    if (flags.includes('*')) parts.push(`KEY (\`${name}\`)`);
  }
  if (key.startsWith('(')) parts.push(`PRIMARY KEY (${listed(key.slice(1, -1))})`);
  return `CREATE TABLE \`${table}\` (${parts.join(', ')}) ${tail}`;
}
