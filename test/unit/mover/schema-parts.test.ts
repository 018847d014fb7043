import { describe, expect, it } from 'vitest';
import { orderByForeignKeys } from '../../../mover/schema/order-by-foreign-keys.ts';
import { parseTable } from '../../../mover/schema/parse-table.ts';
import { joinTokens, sqlTokens, stringValue } from '../../../mover/schema/sql-tokens.ts';
import { collationsAgree, translateCollation } from '../../../mover/schema/translate-collation.ts';
import { translateExpression } from '../../../mover/schema/translate-expression.ts';
import { Translation } from '../../../mover/schema/translation.ts';

describe('tokens', () => {
  it('keep strings, names and introducers whole, and open versioned comments', () => {
    const sql =
      "`a``b` /*!80023 INVISIBLE */ /* gone */ _utf8mb4'it\\'s, ('' )' x'00' 1e3 ->> >= /*M!100301 COMPRESSED*/";
    expect(sqlTokens(sql).map((token) => token.text)).toEqual([
      '`a``b`',
      'INVISIBLE',
      '_utf8mb4',
      "'it\\'s, ('' )'",
      "x'00'",
      '1e3',
      '->>',
      '>=',
      'COMPRESSED',
    ]);
  });

  it.each([
    "concat(`a`, _latin1'q')",
    '`a` > 0 and (`b` is null or `b` <> 3)',
    'cast(`a` as char(3) charset utf8mb4)',
  ])('come back as they were: %s', (sql) => {
    expect(joinTokens(sqlTokens(sql))).toBe(sql);
  });

  it('read what a literal means', () => {
    expect(stringValue("'it''s \\n \\\\ \\''")).toBe("it's \n \\ '");
  });
});

describe('a definition', () => {
  it('is refused with what is not known, and never read in part', () => {
    expect(() =>
      parseTable('CREATE TABLE `t` (\n  `a` int NOT NULL SHINY\n) ENGINE=InnoDB', 'mysql', 'd'),
    ).toThrow('SHINY');
    expect(() =>
      parseTable('CREATE TABLE `t` (\n  `a` int,\n  ODD KEY (`a`)\n) ENGINE=InnoDB', 'mysql', 'd'),
    ).toThrow('ODD KEY');
  });
});

describe('collations', () => {
  it.each([
    ['utf8mb4_unicode_ci', 'mysql', 'mariadb', 'utf8mb4_unicode_ci', true],
    ['utf8mb4_0900_bin', 'mysql', 'mariadb', 'utf8mb4_nopad_bin', true],
    ['utf8mb4_0900_ai_ci', 'mysql', 'mariadb', 'utf8mb4_uca1400_nopad_ai_ci', false],
    ['utf8mb4_de_pb_0900_as_cs', 'mysql', 'mariadb', 'utf8mb4_uca1400_german2_nopad_as_cs', false],
    ['utf8mb4_ja_0900_as_cs_ks', 'mysql', 'mariadb', 'utf8mb4_uca1400_nopad_as_cs', false],
    ['utf8mb4_croatian_ci', 'mysql', 'mariadb', 'utf8mb4_croatian_mysql561_ci', true],
    ['utf8mb4_croatian_ci', 'mariadb', 'mysql', 'utf8mb4_unicode_520_ci', false],
    ['utf8mb4_uca1400_swedish_nopad_ai_ci', 'mariadb', 'mysql', 'utf8mb4_sv_0900_ai_ci', false],
    ['utf8mb4_uca1400_nopad_as_ci', 'mariadb', 'mysql', 'utf8mb4_0900_as_ci', false],
    ['utf8mb4_uca1400_ai_cs', 'mariadb', 'mysql', 'utf8mb4_0900_as_cs', false],
    ['latin1_swedish_nopad_ci', 'mariadb', 'mysql', 'latin1_swedish_ci', false],
  ] as const)('%s of %s on %s', (collation, from, to, there, exact) => {
    expect(translateCollation(collation, from, to)).toMatchObject({ collation: there, exact });
  });

  it('agree by name, or as twins', () => {
    expect(translateCollation('gb18030_chinese_ci', 'mysql', 'mariadb')).toBeNull();
    expect(collationsAgree('utf8mb4_nopad_bin', 'utf8mb4_0900_bin')).toBe(true);
    expect(collationsAgree('utf8mb4_bin', 'utf8mb4_0900_bin')).toBe(false);
  });
});

describe('expressions', () => {
  const translated = (sql: string, from: 'mysql' | 'mariadb') => {
    const translation = new Translation(from, from === 'mysql' ? 'mariadb' : 'mysql', 'd.t');
    const text = joinTokens(translateExpression(sqlTokens(sql), 'column a', translation));
    return { text, faults: translation.faults.map((fault) => fault.what).join() };
  };

  it('are written in the words of the other engine', () => {
    expect(translated("regexp_like(`a`, _utf8mb4'^x')", 'mysql')).toEqual({
      text: "(`a` REGEXP '^x')",
      faults: '',
    });
    expect(translated('uuid_to_bin(uuid())', 'mysql').text).toBe("unhex(replace(uuid(), '-', ''))");
    expect(translated('srid(`p`) = 4326', 'mariadb').text).toBe('st_srid(`p`) = 4326');
  });

  it('are faults where the other engine has no word', () => {
    expect(translated("json_schema_valid('{}', `a`)", 'mysql').faults).toContain('JSON_SCHEMA_VALID');
    expect(translated('cast(`a` as json)', 'mysql').faults).toContain('AS JSON');
    expect(translated('json_exists(`a`, 1)', 'mariadb').faults).toContain('JSON_EXISTS');
    expect(translated('`json_exists` + 1', 'mariadb').faults).toBe('');
  });
});

describe('the order of tables', () => {
  const table = (name: string, ...parents: string[]) => {
    const made = parseTable(`CREATE TABLE \`${name}\` (\`id\` int) ENGINE=InnoDB`, 'mysql', 'd');
    const key = (parent: string) => ({
      name: `${name}_${parent}`,
      columns: ['id'],
      parentDatabase: null,
      parent,
      parentColumns: ['id'],
      actions: '',
    });
    return { ...made, foreignKeys: parents.map(key) };
  };

  it('puts parents first and closes rings at the end', () => {
    const ordered = orderByForeignKeys([table('a', 'b', 'a'), table('b', 'c'), table('c')]);
    expect(ordered.map((one) => [one.table.table, one.later.length])).toEqual([
      ['c', 0],
      ['b', 0],
      ['a', 0],
    ]);
    const ring = orderByForeignKeys([table('a', 'b'), table('b', 'a'), table('d', 'a')]);
    expect(ring.map((one) => [one.table.table, one.inline.length, one.later.length])).toEqual([
      ['a', 0, 1],
      ['b', 1, 0],
      ['d', 1, 0],
    ]);
  });
});
