import type { Engine } from '../../../support/databases.ts';

/** Tables that use what only one engine has, or what both print in their own ways. */
export interface HardTable {
  readonly table: string;
  readonly sql: string;
  /** Cannot go to the other engine: what the fault says. */
  readonly refused?: RegExp;
  /** Goes to a server of the same engine, but cannot be moved there. */
  readonly unmovable?: true;
  /** What is left out or replaced on the other engine, so that the way back gives another table. */
  readonly loses?: RegExp;
}

const both: readonly HardTable[] = [
  {
    table: 'plain',
    sql: `CREATE TABLE plain (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'it''s; a \\\\ and a "',
      sku VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL DEFAULT 'x''y\\\\z\\n',
      n INT(8) UNSIGNED ZEROFILL NULL DEFAULT 7, yes TINYINT(1) NOT NULL DEFAULT '1', bits BIT(5) DEFAULT b'101',
      price DECIMAL(12,2) NOT NULL DEFAULT -1.50, ratio DOUBLE DEFAULT 1e3, ff FLOAT(7,2),
      kind ENUM('a','b''c','é','가') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT 'a',
      flags SET('x','y') CHARACTER SET latin1 COLLATE latin1_bin, born YEAR, zero DATE NOT NULL DEFAULT '0000-00-00',
      at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
      seen DATETIME(3) NULL DEFAULT NOW(3), ts TIMESTAMP NULL,
      UNIQUE KEY by_sku (sku DESC), KEY part (sku(5)) COMMENT 'first'
    ) COMMENT 'a table, (with) ''quotes''' AUTO_INCREMENT=77 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  },
  {
    table: 'computed',
    sql: `CREATE TABLE computed (
      id INT NOT NULL PRIMARY KEY DEFAULT (1 + 2), a INT NULL CHECK (a > 0), b VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
      twice BIGINT GENERATED ALWAYS AS (a * 2) STORED, both_ VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin AS (CONCAT(b, ', ', a)) VIRTUAL,
      due DATETIME DEFAULT (CURRENT_TIMESTAMP + INTERVAL 1 DAY), token CHAR(36) CHARACTER SET ascii COLLATE ascii_bin DEFAULT (UUID()),
      CONSTRAINT computed_ok CHECK (a < 100 AND (b IS NULL OR b <> 'it''s'))
    ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  },
  {
    table: 'documents',
    sql: `CREATE TABLE documents (
      id INT NOT NULL PRIMARY KEY, body JSON NOT NULL, extra JSON NULL, words TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
      raw MEDIUMBLOB, FULLTEXT KEY words_ft (words)
    ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
  },
  {
    table: 'ranges',
    sql: `CREATE TABLE ranges (id INT NOT NULL, day DATE NOT NULL, n INT, PRIMARY KEY (id, day)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
      PARTITION BY RANGE COLUMNS(day) (PARTITION p0 VALUES LESS THAN ('2020-01-01'), PARTITION \`p 1\` VALUES LESS THAN (MAXVALUE))`,
  },
  {
    table: 'hashed',
    sql: `CREATE TABLE hashed (id BIGINT NOT NULL PRIMARY KEY) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PARTITION BY KEY (id) PARTITIONS 3`,
  },
  {
    table: 'odd `name`. \\/ 이름',
    sql: "CREATE TABLE `odd ``name``. \\/ 이름` (`a``b, (` INT NOT NULL PRIMARY KEY, `SELECT` VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT ', `', KEY `k``ey` (`SELECT`(3))) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
  },
  {
    table: 'shapes',
    sql: `CREATE TABLE shapes (id INT NOT NULL PRIMARY KEY, p POINT NOT NULL, any_ GEOMETRY, many GEOMETRYCOLLECTION, SPATIAL KEY at (p)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  },
  {
    table: 'squeezed',
    sql: `CREATE TABLE squeezed (id INT NOT NULL PRIMARY KEY, t VARCHAR(200) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci NULL DEFAULT '') ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 STATS_PERSISTENT=0 DEFAULT CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci`,
  },
  {
    table: 'bytes',
    sql: `CREATE TABLE bytes (id BINARY(16) NOT NULL PRIMARY KEY, b VARBINARY(9) DEFAULT 'a\\0b', s SET('x') CHARACTER SET binary) DEFAULT CHARACTER SET binary`,
  },
];

const mariadb: readonly HardTable[] = [
  {
    table: 'ids',
    sql: 'CREATE TABLE ids (id UUID NOT NULL DEFAULT uuid() PRIMARY KEY, a INET6)',
    refused: /UUID.*INET6/s,
  },
  { table: 'fine', sql: 'CREATE TABLE fine (id INT PRIMARY KEY, r DECIMAL(40,35))', refused: /30 digits/ },
  {
    table: 'long_unique',
    sql: 'CREATE TABLE long_unique (id INT PRIMARY KEY, t TEXT, UNIQUE KEY u (t))',
    refused: /3072 bytes/,
  },
  {
    table: 'defaults',
    sql: "CREATE TABLE defaults (id INT PRIMARY KEY, t TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'abc', b BLOB DEFAULT x'00ff', j JSON NOT NULL DEFAULT '{}', h INT INVISIBLE DEFAULT 3, KEY ig (h) IGNORED, CHECK (id > 0)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
  },
  {
    table: 'packed',
    sql: 'CREATE TABLE packed (id INT PRIMARY KEY, t LONGTEXT COMPRESSED CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) PAGE_COMPRESSED=1 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    loses: /COMPRESSED/,
  },
  {
    table: 'nopad',
    sql: 'CREATE TABLE nopad (id VARCHAR(20) COLLATE utf8mb4_nopad_bin PRIMARY KEY) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
  },
  {
    table: 'young',
    sql: 'CREATE TABLE young (id INT PRIMARY KEY, name VARCHAR(20) COLLATE utf8mb4_uca1400_nopad_as_ci) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    loses: /name with utf8mb4_0900_as_ci/,
  },
  {
    table: 'young_key',
    sql: 'CREATE TABLE young_key (id VARCHAR(20) COLLATE utf8mb4_uca1400_ai_ci PRIMARY KEY)',
    refused: /part of a key/,
  },
  {
    table: 'spans',
    sql: 'CREATE TABLE spans (id INT, a DATE, b DATE, PERIOD FOR p (a, b), PRIMARY KEY (id, p WITHOUT OVERLAPS)) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    refused: /period p.*WITHOUT OVERLAPS/s,
  },
];

const mysql: readonly HardTable[] = [
  {
    table: 'vectors',
    sql: 'CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3))',
    unmovable: true,
    refused: /VECTOR/,
  },
  {
    table: 'chinese',
    sql: 'CREATE TABLE chinese (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET gb18030)',
    refused: /gb18030/,
  },
  {
    table: 'nine_key',
    sql: 'CREATE TABLE nine_key (id INT PRIMARY KEY, v VARCHAR(9) COLLATE utf8mb4_0900_ai_ci UNIQUE)',
    refused: /v is part of a key/,
  },
  {
    table: 'nine',
    sql: 'CREATE TABLE nine (id VARCHAR(9) COLLATE utf8mb4_0900_bin PRIMARY KEY, v VARCHAR(9) COLLATE utf8mb4_0900_ai_ci) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci',
    loses: /v with utf8mb4_uca1400_nopad_ai_ci/,
  },
  {
    table: 'hidden',
    sql: "CREATE TABLE hidden (id INT PRIMARY KEY, h INT DEFAULT 3 INVISIBLE, t TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT ('abc'), u BINARY(16) DEFAULT (UUID_TO_BIN(UUID())), KEY ig (h) INVISIBLE) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    loses: /^$/,
  },
  {
    table: 'lax',
    sql: 'CREATE TABLE lax (id INT PRIMARY KEY, f INT, CONSTRAINT never CHECK (f > 0) NOT ENFORCED) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    loses: /NOT ENFORCED/,
  },
  {
    table: 'earth',
    sql: 'CREATE TABLE earth (id INT PRIMARY KEY, p POINT NOT NULL SRID 4326) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    loses: /^$/,
  },
  {
    table: 'functional',
    sql: 'CREATE TABLE functional (id INT PRIMARY KEY, a INT, KEY fn ((a + 1))) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    loses: /index fn/,
  },
  {
    table: 'unique_fn',
    sql: 'CREATE TABLE unique_fn (id INT PRIMARY KEY, a INT, UNIQUE KEY fn ((a + 1)))',
    unmovable: true,
    refused: /unique index fn/,
  },
  {
    table: 'not_null',
    sql: 'CREATE TABLE not_null (id INT PRIMARY KEY, a INT NOT NULL, g INT AS (a * 2) STORED NOT NULL) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    loses: /^$/,
  },
  {
    table: 'matching',
    sql: "CREATE TABLE matching (id INT PRIMARY KEY, a VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, CONSTRAINT m CHECK (a REGEXP '^x')) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    loses: /regular expressions/,
  },
  {
    table: 'generated_key',
    sql: 'SET sql_generate_invisible_primary_key = 1; CREATE TABLE generated_key (a INT) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin; SET sql_generate_invisible_primary_key = 0',
  },
];

export function hardTables(engine: Engine): readonly HardTable[] {
  return [...both, ...(engine === 'mariadb' ? mariadb : mysql)];
}
