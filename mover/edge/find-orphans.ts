import type { OrphanReport } from '../move.ts';
import { type MoveSpec, sideTables } from '../move-spec.ts';
import {
  type KeyColumn,
  type KeyValues,
  keyColumn,
  keysCondition,
  rangeCondition,
} from '../plan/key-range.ts';
import { mapColumns } from '../plan/map-columns.ts';
import { type ForeignKey, readForeignKeys } from '../shape/foreign-key.ts';
import { readTableShape } from '../shape/read-table-shape.ts';
import type { ColumnShape } from '../sql/column-shape.ts';
import { quoteTable } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { keyName, movingEnd, severedAmong } from './severed.ts';

/** Different values of a key that are looked at together. */
const valuesAtOnce = 500;
const examplesMax = 5;

export interface OrphanOptions {
  readonly spec: MoveSpec;
  readonly source: Session;
  readonly target: Session;
  readonly signal: AbortSignal;
}

/** One end of a key, where its rows belong at this time. */
interface End {
  readonly session: Session;
  readonly place: string;
  readonly columns: readonly KeyColumn[];
}

/**
 * Rows whose parent is gone, for each severed key: values of the child's key are read piece by piece where its rows belong,
 * and looked for where the parent's belong. The source owns the moved rows; the others have never left their side.
 */
export async function findOrphans(options: OrphanOptions): Promise<OrphanReport[]> {
  const { spec, signal } = options;
  if (spec.sever === undefined) return [];
  const { side } = spec.sever;
  const keys = await readForeignKeys(options[side], spec[side].database);
  const reports: OrphanReport[] = [];
  for (const key of severedAmong(keys, spec, side)) {
    signal.throwIfAborted();
    reports.push(await orphansOf(key, options, side));
  }
  return reports;
}

async function orphansOf(
  key: ForeignKey,
  options: OrphanOptions,
  home: 'source' | 'target',
): Promise<OrphanReport> {
  const { spec, signal } = options;
  const moving = movingEnd(key, spec[home].database, sideTables(spec, home));
  const name = keyName(key);
  const child = await findEnd(options, home, {
    ...{ database: key.database, table: key.child, columns: key.columns },
    moves: moving === 'child',
  });
  const parents = await findParents(key, options, home, moving === 'parent');
  if (child === null || parents.some((one) => one === null)) {
    return { key: name, rows: null, examples: [] };
  }
  const places = parents.filter((one) => one !== null);
  let rows = 0;
  const examples: string[] = [];
  for (let after: KeyValues | null = null; ; ) {
    signal.throwIfAborted();
    const values: KeyValues[] = await nextValues(child, after);
    for (const value of await missingAmong(places, values)) {
      const count = await countRows(child, value);
      // Both may have gone, or come, between two looks: what is no orphan is none in one of them.
      if (count === 0 || (await missingAmong(places, [value])).length === 0) continue;
      const still = await countRows(child, value);
      if (still === 0) continue;
      rows += still;
      if (examples.length < examplesMax) examples.push(print(value));
    }
    if (values.length < valuesAtOnce) return { key: name, rows, examples };
    after = values.at(-1) ?? null;
  }
}

/** Of a table that moves in part, rows lie on both sides: a parent that is on either is there. */
async function findParents(
  key: ForeignKey,
  options: OrphanOptions,
  home: 'source' | 'target',
  moves: boolean,
): Promise<(End | null)[]> {
  const about = { database: key.parentDatabase, table: key.parent, columns: key.parentColumns };
  const partly = options.spec.tables.some(
    (one) =>
      (home === 'source' ? one.table : (one.into ?? one.table)) === key.parent &&
      (home === 'source' ? one.where : one.intoWhere) !== undefined,
  );
  const end = await findEnd(options, home, { ...about, moves });
  return moves && partly ? [end, await findEnd(options, home, { ...about, moves: false })] : [end];
}

interface Wanted {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly moves: boolean;
}

/** Null where the columns are not carried as they are: then nobody can say what the other side's rows name. */
async function findEnd(
  { spec, source, target }: OrphanOptions,
  home: 'source' | 'target',
  { database, table, columns, moves }: Wanted,
): Promise<End | null> {
  if (!moves || home === 'source') {
    const session = home === 'source' ? source : target;
    const shape = await readTableShape(session, database, table);
    const shapes = columns.map((name) => shape?.columns.find((column) => column.name === name));
    return endOf(session, quoteTable(database, table), shapes);
  }
  // The rows belong to the other side, under the names that they have there.
  const one = spec.tables.find(({ table: from, into = from }) => into === table);
  if (one === undefined) return null;
  const here = await readTableShape(source, spec.source.database, one.table);
  const there = await readTableShape(target, database, table);
  if (here === null || there === null) return null;
  const { carried } = mapColumns(one, here, there);
  const shapes = columns.map((name) => carried.find((pair) => pair.target.name === name)?.source);
  return endOf(source, quoteTable(spec.source.database, one.table), shapes);
}

function endOf(session: Session, place: string, shapes: readonly (ColumnShape | undefined)[]): End | null {
  const columns = shapes.flatMap((shape) => (shape === undefined ? [] : [keyColumn(shape)]));
  return columns.length === shapes.length ? { session, place, columns } : null;
}

async function nextValues({ session, place, columns }: End, after: KeyValues | null): Promise<KeyValues[]> {
  const list = columns.map(({ sql }) => sql).join(', ');
  const set = columns.map(({ sql }) => `${sql} IS NOT NULL`).join(' AND ');
  return session.rows(
    `SELECT DISTINCT ${list} FROM ${place} WHERE ${set} AND ${rangeCondition(columns, { after, upTo: null })}
      ORDER BY ${list} LIMIT ${valuesAtOnce}`,
  );
}

/** Those that no row of any of the places has; each is compared with a literal, by the parent's own collation. */
async function missingAmong(places: readonly End[], values: readonly KeyValues[]): Promise<KeyValues[]> {
  let missing = values;
  for (const { session, place, columns } of places) {
    if (missing.length === 0) break;
    const asked = missing.map(
      (value) => `EXISTS (SELECT 1 FROM ${place} WHERE ${keysCondition(columns, [value])})`,
    );
    const [found] = await session.texts(`SELECT ${asked.join(', ')}`);
    missing = missing.filter((_, index) => found?.[index] === '0');
  }
  return [...missing];
}

async function countRows({ session, place, columns }: End, value: KeyValues): Promise<number> {
  const [row] = await session.texts(`SELECT COUNT(*) FROM ${place} WHERE ${keysCondition(columns, [value])}`);
  return Number(row?.[0]);
}

function print(value: KeyValues): string {
  return value.map((part) => part?.toString('utf8').slice(0, 64) ?? 'NULL').join(',');
}
