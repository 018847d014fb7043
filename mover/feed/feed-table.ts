import { BanyanError } from '../../common/errors.ts';
import type { Condition } from '../plan/condition.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';
import { exactSql, type SideColumn } from '../plan/side-column.ts';
import type { SidePlan } from '../plan/side-plan.ts';
import { chooseKey } from '../shape/choose-key.ts';
import type { TableShape } from '../shape/table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { literal } from '../sql/literal.ts';
import { quoteName } from '../sql/names.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { type FeedValue, feedSql, feedValue, needsConversion } from './feed-value.ts';

/** One row of the service's table, as a message has it. */
export interface FeedRow {
  /** Of the plan's key, for sets and maps of this process. */
  readonly id: string;
  readonly key: Readonly<Record<string, FeedValue>>;
  readonly after: Readonly<Record<string, FeedValue>>;
}

interface FeedKeyColumn {
  readonly name: string;
  readonly shape: ColumnShape;
  /** Where its value is in the plan's key. */
  readonly at: number;
  readonly byNumber: boolean;
}

/**
 * How the rows of one service's table become messages. They are read there in either direction, so that a message has the same members
 * before a handover and after it.
 */
export class FeedTable {
  /** The service's. */
  readonly table: string;
  readonly #side: SidePlan;
  readonly #columns: readonly ColumnShape[];
  readonly #key: readonly FeedKeyColumn[];
  readonly #plan: SidePlan;

  /**
   * `side`: the service's of the plan; `shape`: of its table.
   * @throws BanyanError BANYAN_FEED_KEY
   */
  constructor(side: SidePlan, shape: TableShape) {
    this.table = side.table;
    this.#side = side;
    this.#columns = shape.columns;
    this.#key = keyColumns(side, shape);
    const columns = [
      ...side.key.map(
        (column, index): SideColumn => ({ ...column, sql: exactSql(column), name: `key_${index}` }),
      ),
      ...shape.columns.map(
        (column): SideColumn => ({ ...plain(column), sql: feedSql(column, quoteName(column.name)) }),
      ),
    ].map(({ number: _, ...column }) => column);
    this.#plan = side.withColumns(columns);
  }

  /** For the rows with these keys. */
  get keys(): SidePlan['keys'] {
    return (keys) => this.#side.keys(keys);
  }

  get side(): SidePlan {
    return this.#side;
  }

  select(condition: Condition): string {
    return this.#plan.select(condition);
  }

  /** A row that `select` has read. */
  row(raw: RawRow): FeedRow {
    const key = raw.slice(0, this.#side.key.length);
    const values = raw.slice(this.#side.key.length);
    const after = Object.fromEntries(
      this.#columns.map((shape, index) => [shape.name, feedValue(shape, values[index] ?? null)]),
    );
    const named = this.#key.map(({ name, at, byNumber }) => [
      name,
      byNumber ? Number(key[at]) : (after[name] as FeedValue),
    ]);
    return { id: keyId(key), key: Object.fromEntries(named), after };
  }

  /** Keys of rows that are not there any more. */
  async goneKeys(
    session: Session,
    keys: readonly KeyValues[],
  ): Promise<Readonly<Record<string, FeedValue>>[]> {
    if (keys.length === 0) return [];
    const readable = this.#key.some(({ shape, byNumber }) => !byNumber && needsConversion(shape))
      ? await this.#converted(session, keys)
      : keys;
    return readable.map((key) =>
      Object.fromEntries(
        this.#key.map(({ name, shape, at, byNumber }) => {
          const value = key[at] ?? null;
          return [name, byNumber ? Number(value) : feedValue(shape, value)];
        }),
      ),
    );
  }

  /** Texts of a character set that only the server knows. */
  async #converted(session: Session, keys: readonly KeyValues[]): Promise<KeyValues[]> {
    const selects = keys.map((key, row) => {
      const values = this.#side.key.map((column, index) => {
        const value = literal(column.shape, key[index] ?? null);
        return column.number === undefined ? feedSql(column.shape, value) : value;
      });
      return `SELECT ${row} AS banyan_row, ${values.join(', ')}`;
    });
    const found = await session.rows(`${selects.join(' UNION ALL ')} ORDER BY banyan_row`);
    return found.map(([, ...key]) => key);
  }
}

function plain(shape: ColumnShape): Omit<SideColumn, 'sql'> {
  // FLOAT is cast by `feedSql` already.
  return { name: shape.name, shape: shape.dataType === 'float' ? { ...shape, dataType: 'double' } : shape };
}

/** In the order of the service's own key, so that it is the same in both directions. */
function keyColumns(side: SidePlan, shape: TableShape): FeedKeyColumn[] {
  if (side.groups) {
    throw new BanyanError(
      'BANYAN_FEED_KEY',
      `${side.database}.${side.table} goes by all columns: of rows that are equal nothing tells which one a change is of`,
      { fix: 'Leave `feed` off for this feature; or give both tables a key.' },
    );
  }
  const own = chooseKey(shape) ?? [];
  const found = own.flatMap((column): FeedKeyColumn[] => {
    const at = side.key.findIndex(({ sql }) => sql === quoteName(column.name));
    if (at < 0) return [];
    return [{ name: column.name, shape: column, at, byNumber: side.key[at]?.number !== undefined }];
  });
  if (own.length > 0 && found.length === own.length && found.length === side.key.length) return found;
  throw new BanyanError(
    'BANYAN_FEED_KEY',
    `the rows of ${side.database}.${side.table} are told apart by (${own.map(({ name }) => name).join(', ')}) there and by other columns on legacy’s side: a deletion could not be told`,
    { fix: 'Leave `feed` off for this feature; or give both tables the same key.' },
  );
}
