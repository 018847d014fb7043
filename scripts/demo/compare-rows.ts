import { type Connection, createConnection } from 'mysql2';
import type { RowDataPacket } from 'mysql2/promise';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import type { Side } from '../../common/side.ts';

export interface RowsCompared {
  /** Rows in each database. */
  readonly legacy: number;
  readonly service: number;
  /** Rows that one side lacks, or that differ in any byte of any column. */
  readonly different: number;
  /** The first few, in words. */
  readonly samples: readonly string[];
}

/** Raw bytes by the name of the column. */
export type RawRow = Readonly<Record<string, Buffer | null>>;

const samplesKept = 5;

/**
 * Walks a table side by side in both databases in the order of its primary key and compares every byte of every column, with nothing of the mover in
 * between: the demo does not take the toolkit's word for it. `visit` is told of each row as it passes by.
 */
export async function compareRows(
  databases: Readonly<Record<Side, DatabaseEndpoint>>,
  table: string,
  visit: (side: Side, row: RawRow) => void = () => undefined,
): Promise<RowsCompared> {
  const [legacy, service] = await Promise.all([
    openRows(databases.legacy, table),
    openRows(databases.service, table),
  ]);
  const counted = { legacy: 0, service: 0, different: 0 };
  const samples: string[] = [];
  const differ = (text: string) => {
    counted.different++;
    if (samples.length < samplesKept) samples.push(text);
  };
  const { columns, keys } = legacy;
  const name = (row: RawRow | null) => keys.map(({ column }) => `${column} ${row?.[column]}`).join(', ');
  try {
    if (columns.join() !== service.columns.join())
      differ(
        `${table} has the columns ${columns} in legacy and ${service.columns} in the service's database`,
      );
    let [left, right] = await Promise.all([legacy.next(), service.next()]);
    while (left !== null || right !== null) {
      const order = compareKeys(keys, left, right);
      if (left !== null && order <= 0) visit('legacy', left);
      if (right !== null && order >= 0) visit('service', right);
      if (order < 0) differ(`${name(left)} stands in legacy only`);
      else if (order > 0) differ(`${name(right)} stands in the service's database only`);
      else {
        const at = columns.filter((column) => !sameBytes(left?.[column], right?.[column]));
        if (at.length > 0) differ(`${name(left)} differs in ${at.join(', ')}`);
      }
      const [nextLeft, nextRight] = await Promise.all([
        order <= 0 ? legacy.next() : left,
        order >= 0 ? service.next() : right,
      ]);
      if (order <= 0) counted.legacy++;
      if (order >= 0) counted.service++;
      left = nextLeft;
      right = nextRight;
    }
  } finally {
    legacy.close();
    service.close();
  }
  return { ...counted, samples };
}

interface KeyColumn {
  readonly column: string;
  readonly isNumber: boolean;
}

interface OpenRows {
  /** In the order of their names. */
  readonly columns: readonly string[];
  readonly keys: readonly KeyColumn[];
  next(): Promise<RawRow | null>;
  close(): void;
}

/** Rows as raw bytes, streamed: no value passes through a JavaScript number or date. */
async function openRows(endpoint: DatabaseEndpoint, table: string): Promise<OpenRows> {
  const connection: Connection = createConnection({ ...endpoint, timezone: 'Z' });
  const asked = connection.promise();
  await asked.query("SET time_zone = '+00:00'");
  const [found] = await asked.query<RowDataPacket[]>(
    `SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS type, s.SEQ_IN_INDEX AS place FROM information_schema.COLUMNS c
     LEFT JOIN information_schema.STATISTICS s ON s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME
       AND s.COLUMN_NAME = c.COLUMN_NAME AND s.INDEX_NAME = 'PRIMARY'
     WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = ? ORDER BY c.COLUMN_NAME`,
    [table],
  );
  const columns = found.map(({ name }) => String(name));
  const keys = found
    .filter(({ place }) => place !== null)
    .sort((a, b) => a.place - b.place)
    .map(({ name, type }) => ({ column: String(name), isNumber: /int$/.test(type) }));
  if (keys.length === 0) throw new Error(`${endpoint.database} has no table ${table} with a primary key`);
  // Numbers in their order, all else by its bytes: both servers agree on these, whatever their collations.
  const order = keys.map(({ isNumber }) => (isNumber ? '??' : 'CAST(?? AS BINARY)')).join(', ');
  await asked.query('SET character_set_results = binary');
  const query = connection.query({
    sql: `SELECT ?? FROM ?? ORDER BY ${order}`,
    values: [columns, table, ...keys.map(({ column }) => column)],
    rowsAsArray: true,
    typeCast: false,
  });
  const rows = query.stream({ highWaterMark: 500 })[Symbol.asyncIterator]();
  return {
    columns,
    keys,
    async next() {
      const { value, done } = await rows.next();
      if (done) return null;
      return Object.fromEntries(columns.map((column, index) => [column, value[index] as Buffer | null]));
    },
    close: () => connection.destroy(),
  };
}

function compareKeys(keys: readonly KeyColumn[], left: RawRow | null, right: RawRow | null): number {
  if (left === null) return 1;
  if (right === null) return -1;
  for (const { column, isNumber } of keys) {
    const [a, b] = [left[column]!, right[column]!];
    const order = isNumber ? Number(BigInt(String(a)) - BigInt(String(b))) : Buffer.compare(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

function sameBytes(left: Buffer | null | undefined, right: Buffer | null | undefined): boolean {
  if (left == null || right == null) return (left ?? null) === (right ?? null);
  return left.equals(right);
}
