import type { Connection, RowDataPacket } from 'mysql2/promise';
import { connectTo } from '../../common/connect-database.ts';
import { BanyanError } from '../../common/errors.ts';
import { touchedTables } from '../../control/usage/touched-tables.ts';
import type { DatabaseEndpoint } from '../../mover/index.ts';

export interface LegacyColumn {
  readonly name: string;
  /** Lower case, without its length: `bigint`. */
  readonly type: string;
  /** As it is declared: `bigint(20) unsigned`. */
  readonly declared: string;
  readonly nullable: boolean;
}

export interface LegacyTable {
  readonly name: string;
  /** The server's estimate. */
  readonly rows: number;
  readonly bytes: number;
  readonly key: readonly string[];
  readonly columns: readonly LegacyColumn[];
}

export interface LegacyKey {
  readonly child: string;
  readonly columns: readonly string[];
  readonly parent: string;
  /** The server changes the child with its parent. */
  readonly cascades: boolean;
}

/** Statements that name several tables. */
export interface CoUse {
  readonly tables: readonly string[];
  readonly executions: number;
}

export interface Legacy {
  readonly server: string;
  readonly engine: 'mysql' | 'mariadb';
  readonly tables: readonly LegacyTable[];
  readonly keys: readonly LegacyKey[];
  readonly coUses: readonly CoUse[];
  /** What could not be seen, in sentences. */
  readonly unseen: readonly string[];
}

/** Reads the monolith's schema, and which tables its statements name together. Changes nothing. */
export async function readLegacy(endpoint: DatabaseEndpoint): Promise<Legacy> {
  const { host, port, user, database } = endpoint;
  const connection = await connectTo(endpoint, 5_000).catch((error: unknown) => {
    throw new BanyanError(
      'BANYAN_DATABASE_UNREACHABLE',
      `${user}@${host}:${port}/${database}: ${error instanceof Error ? error.message : error}`,
      {
        fix: (error as { errno?: number }).errno === accessDenied ? accountFix(endpoint) : unreachableFix,
        cause: error,
      },
    );
  });
  try {
    const unseen: string[] = [];
    const [[server]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    const engine = /mariadb/i.test(String(server?.version)) ? 'mariadb' : 'mysql';
    const tables = await readTables(
      connection,
      database,
      await readJsonColumns(connection, database, engine),
    );
    return {
      server: `${host}:${port}`,
      engine,
      tables,
      keys: await readKeys(connection, database),
      coUses: await readCoUses(connection, database, tables, (what) => unseen.push(what)),
      unseen,
    };
  } finally {
    await connection.end();
  }
}

const accessDenied = 1045;
const unreachableFix =
  'Give --database an address and account that can sign in; its password in BANYAN_DB_PASSWORD. Where the server demands TLS, add ?ssl-ca=FILE and name the host as its certificate does.';

/** Whoever begins has no account for banyan yet. */
function accountFix({ user, database }: DatabaseEndpoint): string {
  const account = `'${user}'@'%'`;
  return `Put its password into BANYAN_DB_PASSWORD. If there is no such account yet, an administrator makes it with CREATE USER ${account} IDENTIFIED BY '…'; GRANT SELECT, REFERENCES ON \`${database}\`.* TO ${account}; what it needs later, init writes to grants.sql.`;
}

/** `table.column` of MariaDB's JSON, which is LONGTEXT with a check. */
async function readJsonColumns(
  connection: Connection,
  database: string,
  engine: Legacy['engine'],
): Promise<ReadonlySet<string>> {
  if (engine === 'mysql') return new Set();
  const [checks] = await connection.query<RowDataPacket[]>(
    'SELECT TABLE_NAME AS `table`, CHECK_CLAUSE AS clause FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?',
    [database],
  );
  return new Set(
    checks.flatMap(({ table, clause }) => {
      const column = /^json_valid\(`(.+)`\)$/i.exec(String(clause))?.[1];
      return column === undefined ? [] : [`${table}.${column}`];
    }),
  );
}

async function readTables(
  connection: Connection,
  database: string,
  json: ReadonlySet<string>,
): Promise<LegacyTable[]> {
  const [tables] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS name, TABLE_ROWS AS \`rows\`, DATA_LENGTH + INDEX_LENGTH AS bytes
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME`,
    [database],
  );
  const [columns] = await connection.query<RowDataPacket[]>(
    `SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS name, DATA_TYPE AS type, COLUMN_TYPE AS declared,
            IS_NULLABLE AS nullable, COLUMN_KEY AS \`key\`
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    [database],
  );
  const byTable = Map.groupBy(columns, (column) => String(column.table));
  return tables.map((table) => {
    const own = byTable.get(String(table.name)) ?? [];
    return {
      name: String(table.name),
      rows: Number(table.rows ?? 0),
      bytes: Number(table.bytes ?? 0),
      key: own.filter(({ key }) => key === 'PRI').map(({ name }) => String(name)),
      columns: own.map(({ name, type, declared, nullable }) => ({
        ...{ name: String(name), declared: String(declared) },
        type: json.has(`${table.name}.${name}`) ? 'json' : String(type).toLowerCase(),
        nullable: nullable === 'YES',
      })),
    };
  });
}

async function readKeys(connection: Connection, database: string): Promise<LegacyKey[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT usage_.CONSTRAINT_NAME AS name, usage_.TABLE_NAME AS child, usage_.COLUMN_NAME AS \`column\`,
            usage_.REFERENCED_TABLE_NAME AS parent, rules.DELETE_RULE AS onDelete, rules.UPDATE_RULE AS onUpdate
       FROM information_schema.KEY_COLUMN_USAGE AS usage_
       JOIN information_schema.REFERENTIAL_CONSTRAINTS AS rules
         ON rules.CONSTRAINT_SCHEMA = usage_.CONSTRAINT_SCHEMA AND rules.CONSTRAINT_NAME = usage_.CONSTRAINT_NAME
        AND rules.TABLE_NAME = usage_.TABLE_NAME
      WHERE usage_.TABLE_SCHEMA = ? AND usage_.REFERENCED_TABLE_SCHEMA = ?
      ORDER BY usage_.TABLE_NAME, usage_.CONSTRAINT_NAME, usage_.ORDINAL_POSITION`,
    [database, database],
  );
  return [...Map.groupBy(rows, ({ child, name }) => `${child}.${name}`).values()].map((columns) => {
    const [first] = columns as [RowDataPacket, ...RowDataPacket[]];
    const changes = (rule: unknown) => rule === 'CASCADE' || rule === 'SET NULL';
    return {
      child: String(first.child),
      columns: columns.map(({ column }) => String(column)),
      parent: String(first.parent),
      cascades: changes(first.onDelete) || changes(first.onUpdate),
    };
  });
}

async function readCoUses(
  connection: Connection,
  database: string,
  tables: readonly LegacyTable[],
  unseen: (what: string) => void,
): Promise<CoUse[]> {
  const place = { database, tables: tables.map(({ name }) => name) };
  try {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT DIGEST_TEXT AS statement, SUM(COUNT_STAR) AS executions
         FROM performance_schema.events_statements_summary_by_digest
        WHERE SCHEMA_NAME = ? AND DIGEST_TEXT IS NOT NULL GROUP BY DIGEST_TEXT`,
      [database],
    );
    if (rows.length === 0) {
      unseen('which tables are used together: performance_schema on that server has counted no statement');
    }
    return rows.flatMap(({ statement, executions }) => {
      const touched = [...touchedTables(String(statement), database, place).keys()];
      return touched.length < 2 ? [] : [{ tables: touched, executions: Number(executions) }];
    });
  } catch (error) {
    unseen(
      `which tables are used together: performance_schema may not be read by this account (${error instanceof Error ? error.message : error})`,
    );
    return [];
  }
}
