import { type Connection, createConnection } from 'mysql2';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import type { Side } from '../../common/side.ts';
import type { StoredProduct } from './judge-rows.ts';

export interface TablesCompared {
  /** Rows in each database. */
  readonly legacy: number;
  readonly service: number;
  /** Rows that one side lacks, or that differ in any byte of any column. */
  readonly different: number;
  /** The first few, in words. */
  readonly samples: readonly string[];
}

/** Told of every row as it passes by. */
export type RowVisitor = (side: Side, product: StoredProduct) => void;

/** The first three are what the ledger asks about. */
const columns = [
  'id',
  'sku',
  'name',
  'shop_id',
  'description',
  'price',
  'status',
  'attributes',
  'created_at',
  'updated_at',
];
const samplesKept = 5;

/**
 * Walks both `products` tables side by side in the order of their keys and compares every byte of every column, with nothing
 * of the mover in between: the demo does not take the toolkit's word for it.
 */
export async function compareTables(
  databases: { readonly legacy: DatabaseEndpoint; readonly product: DatabaseEndpoint },
  visit: RowVisitor,
): Promise<TablesCompared> {
  const [legacy, service] = await Promise.all([openRows(databases.legacy), openRows(databases.product)]);
  const counted = { legacy: 0, service: 0, different: 0 };
  const samples: string[] = [];
  const differ = (text: string) => {
    counted.different++;
    if (samples.length < samplesKept) samples.push(text);
  };
  try {
    let [left, right] = await Promise.all([legacy.next(), service.next()]);
    while (left !== null || right !== null) {
      const order = compareKeys(left, right);
      if (left !== null && order <= 0) visit('legacy', productOf(left));
      if (right !== null && order >= 0) visit('service', productOf(right));
      if (order < 0) differ(`id ${left?.[0]} stands in legacy only`);
      else if (order > 0) differ(`id ${right?.[0]} stands in the service's database only`);
      else {
        const at = columns.filter((_, index) => !sameBytes(left?.[index], right?.[index]));
        if (at.length > 0) differ(`id ${left?.[0]} differs in ${at.join(', ')}`);
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

type RawRow = readonly (Buffer | null)[];

/** Rows as raw bytes, streamed: no value passes through a JavaScript number or date. */
async function openRows(
  endpoint: DatabaseEndpoint,
): Promise<{ next(): Promise<RawRow | null>; close(): void }> {
  const connection: Connection = createConnection({ ...endpoint, timezone: 'Z' });
  await connection.promise().query("SET time_zone = '+00:00', character_set_results = binary");
  const query = connection.query({
    sql: `SELECT ${columns.join(', ')} FROM products ORDER BY id`,
    rowsAsArray: true,
    typeCast: false,
  });
  const rows = query.stream({ highWaterMark: 500 })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await rows.next();
      return done ? null : (value as RawRow);
    },
    close: () => connection.destroy(),
  };
}

function compareKeys(left: RawRow | null, right: RawRow | null): number {
  if (left === null) return 1;
  if (right === null) return -1;
  const [a, b] = [BigInt(String(left[0])), BigInt(String(right[0]))];
  return a < b ? -1 : a > b ? 1 : 0;
}

function sameBytes(left: Buffer | null | undefined, right: Buffer | null | undefined): boolean {
  if (left == null || right == null) return (left ?? null) === (right ?? null);
  return left.equals(right);
}

function productOf(row: RawRow): StoredProduct {
  return { id: String(row[0]), sku: String(row[1]), name: String(row[2]) };
}
