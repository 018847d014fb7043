import { describe, expect, it } from 'vitest';
import { touchedTables } from '../../../control/usage/touched-tables.ts';
import { entriesOf } from '../../../control/usage/watch-usage.ts';
import { withoutValues } from '../../../control/usage/without-values.ts';

const place = { database: 'shop', tables: ['products', 'prices'] };
const touched = (sql: string, schema: string | null = 'shop') =>
  [...touchedTables(sql, schema, place)].map(([table, access]) => `${access} ${table}`).join(', ');

describe('the tables that a statement names', () => {
  it.each([
    ['INSERT INTO `products` ( `id` , `products` ) VALUES (...)', 'write products'],
    ['insert low_priority ignore products set a = ?', 'write products'],
    ['REPLACE INTO `shop` . `products` VALUES (...)', 'write products'],
    ['INSERT INTO `orders` SELECT * FROM `products`', 'read products'],
    [
      'INSERT INTO `products` SELECT * FROM `prices` ON DUPLICATE KEY UPDATE `a` = ?',
      'write products, read prices',
    ],
    [
      'UPDATE `products` SET `name` = ? WHERE `id` IN ( SELECT `id` FROM `prices` )',
      'write products, read prices',
    ],
    [
      'UPDATE `orders` AS `o` JOIN `products` AS `p` ON `p` . `id` = `o` . `id` SET `o` . `a` = ?',
      'write products',
    ],
    ['DELETE FROM `prices` WHERE `id` = ?', 'write prices'],
    ['DELETE `p` FROM `products` `p` , `prices` WHERE ...', 'write products, write prices'],
    ['DELETE FROM `p` USING `products` AS `p` JOIN `prices`', 'write products, write prices'],
    ['TRUNCATE TABLE `products`', 'write products'],
    ['DROP TABLE IF EXISTS `orders` , `products`', 'write products'],
    ['ALTER TABLE `prices` ADD COLUMN `a` INTEGER', 'write prices'],
    ['LOAD DATA LOCAL INFILE ? INTO TABLE `prices`', 'write prices'],
    ['SELECT * FROM `orders` `o` , `products` `p` WHERE ...', 'read products'],
    [
      'SELECT ( SELECT MAX ( `a` ) FROM `prices` ) FROM `orders` LEFT JOIN `products` USING ( `id` ) FOR UPDATE',
      'read prices, read products',
    ],
    ['WITH `x` AS ( SELECT * FROM `prices` ) UPDATE `products` SET `a` = ?', 'read prices, write products'],
    // Not these tables, though the words are there.
    ['SELECT `products` FROM `orders` `products`', ''],
    ['SELECT `products` . `id` FROM `orders` AS `products`', ''],
    ['INSERT INTO `orders` ( `products` , `prices` ) VALUES (...)', ''],
    ['SELECT * FROM `other` . `products`', ''],
    ['SET @products = ?', ''],
    ['SHOW CREATE TABLE `products`', ''],
  ])('%s', (sql, wanted) => {
    expect(touched(sql)).toBe(wanted);
  });

  it('depend on the default database', () => {
    expect(touched('DELETE FROM products', 'other')).toBe('');
    expect(touched('DELETE FROM Shop.Products', null)).toBe('write products');
  });
});

it('statements are shown without their values, also where the server cut them off', () => {
  expect(withoutValues("UPDATE `a` SET b = 'it''s \\' me', c=-1.5e3 WHERE d IN (1, 2,3) AND e = x'00'")).toBe(
    'UPDATE `a` SET b = ?, c = ? WHERE d IN (?, …) AND e = ?',
  );
  expect(withoutValues("INSERT INTO a VALUES (1,'x'),(2,'y'),(3,'z')")).toBe('INSERT INTO a VALUES(?, …), …');
  expect(withoutValues("DELETE FROM a WHERE name = 'a secret that is cut")).toBe(
    'DELETE FROM a WHERE name = …',
  );
  expect(withoutValues('DELETE FROM a /* a comment, cut')).toBe('DELETE FROM a');
});

it.each([
  ['a text', `UPDATE products SET a = '${String.raw`{\"b\": \"it\'s\"}, `.repeat(100_000)}`],
  ['a name', `SELECT * FROM products WHERE \`${'a``b"'.repeat(300_000)}`],
  ['a comment', `UPDATE products SET ${'/*/'.repeat(500_000)}`],
  ['rows', `INSERT INTO products VALUES ${"(1, 'it''s'), ".repeat(30_000)}('`],
])('time grows with the length of a statement and no faster, also where it is cut off: %s', (_name, sql) => {
  // Were the end looked for anew at each quote, this would take minutes.
  expect(touched(sql)).not.toBe('');
  expect(withoutValues(sql).length).toBeLessThan(100);
});

it('who was seen and what was counted are put together by statement', () => {
  const ran = (user: string, statement: string, seen: number) => ({
    user,
    host: 'h',
    schema: 'shop',
    statement,
    seen,
  });
  const counted = new Map([
    ['shop UPDATE products SET a = ?', 70],
    ['shop DELETE FROM products', 3],
    ['shop DELETE FROM prices', 0],
    ['other DELETE FROM products', 9],
    ['shop SELECT * FROM products', 500],
  ]);
  const statements = [
    ran('app', 'UPDATE products SET a = ?', 5),
    ran('banyan', 'UPDATE products SET a = ?', 1),
    ran('app', 'SELECT * FROM products', 50),
  ];
  expect(entriesOf(statements, counted, { place, access: 'write', own: 'banyan' })).toEqual([
    expect.objectContaining({ user: 'app', own: false, seen: 5, executions: 70, tables: ['products'] }),
    expect.objectContaining({ user: 'banyan', own: true, seen: 1, executions: 70 }),
    expect.objectContaining({ user: null, seen: 0, executions: 3, statement: 'DELETE FROM products' }),
  ]);
});
