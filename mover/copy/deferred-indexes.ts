import { BanyanError } from '../../common/errors.ts';
import type { IndexProgress } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import { sideTables, targetTable } from '../move-spec.ts';
import { printIndex } from '../schema/print-table.ts';
import { readTableDefinition } from '../schema/read-table-definition.ts';
import type { IndexDefinition, TableDefinition } from '../schema/table-definition.ts';
import { estimateRows } from '../shape/estimate-rows.ts';
import { type ForeignKey, readForeignKeys } from '../shape/foreign-key.ts';
import { columnsOf } from '../sql/columns-of.ts';
import { runDdl } from '../sql/ddl.ts';
import { quoteName, quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { type WatchIndex, watchIndex } from './watch-index.ts';

const books = 'mover_deferred';
/** The applier begins before the copy: a table that is written to has some rows by then, and is as good as empty. */
const appliedBefore = 10_000;

/** What is still to be made of one table. */
export interface DeferredTable {
  readonly table: string;
  readonly sql: string;
  readonly indexes: readonly string[];
}

/**
 * Secondary indexes of the target's tables, which are taken away while these are filled and made when they are full: keeping
 * them up row by row costs most of a copy's time. What is taken away is written down first, on the target's server, so that
 * whoever goes on, or gives the copy up, makes it again.
 *
 * Of large tables alone (`deferIndexes: 'large'`), those that come last: made again they are where they were, and SHOW CREATE TABLE
 * is as it was, byte for byte.
 *
 *   mover_deferred(move_id, table_name, index_name, definition, position)
 */
export class DeferredIndexes {
  readonly #context: MoveContext;
  readonly #books: string;

  constructor(context: MoveContext) {
    this.#context = context;
    this.#books = quoteTable(context.spec.bookkeepingSchema, books);
  }

  /** Before the first row is copied, of tables that hold no more than what the applier carried over until then. */
  async drop(source: Session, target: Session, signal: AbortSignal): Promise<void> {
    const { spec, tuning, points, logger } = this.#context;
    const { database } = spec.target;
    const keys = await readForeignKeys(target, database);
    await ensureBooks(target, spec.bookkeepingSchema, this.#books);
    for (const table of sideTables(spec, 'target')) {
      if (spec.deferIndexes === 'large' && !(await this.#isLarge(source, table))) continue;
      const [row] = await target.rows(
        `SELECT 1 FROM ${quoteTable(database, table)} LIMIT 1 OFFSET ${appliedBefore}`,
      );
      const definition = row === undefined ? await readTableDefinition(target, database, table) : null;
      const all = definition === null ? [] : deferrable(definition, keys, leadsOf(spec, table));
      const indexes =
        definition !== null && spec.deferIndexes === 'large' ? comingLast(definition, all) : all;
      if (definition === null || indexes.length === 0) continue;
      await this.#record(target, definition, indexes);
      await points.reach('indexes:recorded', { table });
      const drops = indexes.map(({ name }) => `DROP INDEX ${quoteName(name)}`);
      const sql = `ALTER TABLE ${quoteTable(database, table)} ${drops.join(', ')}, ALGORITHM = INPLACE`;
      await runDdl(target, sql, { about: `dropping indexes of ${table}`, tuning, signal });
      await points.reach('indexes:dropped', { table });
      logger.info({ table, indexes: indexes.map(({ name }) => name) }, 'indexes are made after the copy');
    }
  }

  /** Those that were taken away, by whichever process. Rows may come and go meanwhile. */
  async make(
    target: Session,
    signal: AbortSignal,
    onProgress: (progress: IndexProgress) => void = () => {},
  ): Promise<void> {
    const { spec, tuning, points, logger } = this.#context;
    const deferred = await readDeferred(target, spec);
    for (const [done, { table, sql, indexes }] of deferred.entries()) {
      if (sql !== '') {
        const about = { table, indexes, done, total: deferred.length };
        const making = runDdl(target, sql, { about: `making indexes of ${table}`, tuning, signal });
        await this.#watched(making, target, about, onProgress).catch((error: unknown) => {
          signal.throwIfAborted();
          throw error instanceof BanyanError ? error : notMade(table, error);
        });
      }
      await points.reach('indexes:made', { table });
      await this.#context.guardedBooks(target, async () => {
        await target.run(`DELETE FROM ${this.#books} WHERE ${ofTable(spec, table)}`);
      });
      logger.info({ table, indexes }, 'indexes made');
    }
  }

  /** By the source's own estimates: as many rows as the table will have. */
  async #isLarge(source: Session, table: string): Promise<boolean> {
    const { spec, tuning } = this.#context;
    let rows = 0;
    for (const one of spec.tables) {
      if (targetTable(one) === table) rows += await estimateRows(source, spec.source.database, one.table);
    }
    return rows >= tuning.deferIndexesRows;
  }

  async #watched(
    making: Promise<void>,
    target: Session,
    about: WatchIndex['about'],
    onProgress: (progress: IndexProgress) => void,
  ): Promise<void> {
    const link = this.#context.targetLink();
    const ended = new AbortController();
    const signal = ended.signal;
    const watching = watchIndex({ link, connectionId: target.connectionId, about, onProgress, signal });
    try {
      await making;
    } finally {
      ended.abort();
      link.close();
      await watching;
    }
  }

  async #record(target: Session, table: TableDefinition, indexes: readonly IndexDefinition[]): Promise<void> {
    const { id } = this.#context.spec;
    const rows = indexes.map((index, position) => {
      const values = [id, table.table, index.name, printIndex(index, table)];
      return `(${values.map(quoteText).join(', ')}, ${position})`;
    });
    await this.#context.guardedBooks(target, async () => {
      await target.run(
        `REPLACE INTO ${this.#books} (move_id, table_name, index_name, definition, position) VALUES ${rows.join(', ')}`,
      );
    });
  }
}

/** What it takes to make the indexes that a copy of this move has taken away; `sql` is empty where all are there. */
export async function readDeferred(target: Session, spec: MoveContext['spec']): Promise<DeferredTable[]> {
  const columns = await columnsOf(target, spec.bookkeepingSchema, books);
  if (columns.size === 0) return [];
  const { database } = spec.target;
  const rows = await target.texts(
    `SELECT table_name, index_name, definition FROM ${quoteTable(spec.bookkeepingSchema, books)}
      WHERE move_id = ${quoteText(spec.id)} ORDER BY table_name, ${columns.has('position') ? 'position' : 'index_name'}`,
  );
  const deferred: DeferredTable[] = [];
  for (const [table, wanted] of Map.groupBy(rows, ([name]) => name ?? '')) {
    const there = await target.texts(
      `SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = ${quoteText(database)} AND TABLE_NAME = ${quoteText(table)}`,
    );
    const present = new Set(there.map(([name]) => name));
    const missing = wanted.filter(([, name]) => !present.has(name ?? ''));
    const adds = missing.map(([, , definition]) => `ADD ${definition}`);
    deferred.push({
      table,
      sql:
        adds.length === 0
          ? ''
          : `ALTER TABLE ${quoteTable(database, table)} ${adds.join(', ')}, ALGORITHM = INPLACE, LOCK = NONE`,
      indexes: missing.map(([, name]) => name ?? ''),
    });
  }
  return deferred;
}

/** Columns whose index leads to the rows of a table that goes by all columns: the copy itself needs it. */
function leadsOf({ tables }: MoveContext['spec'], table: string): readonly string[] {
  return tables.find((one) => targetTable(one) === table)?.by ?? [];
}

/** Plain ones on which nothing else depends: no foreign key of either end, no counter, no way to the rows. */
function deferrable(
  table: TableDefinition,
  keys: readonly ForeignKey[],
  leads: readonly string[],
): IndexDefinition[] {
  const own = (database: string, name: string) => database === table.database && name === table.table;
  const needed = new Set([
    ...table.columns.flatMap(({ autoIncrement, name }) =>
      autoIncrement || leads.some((one) => one.toLowerCase() === name.toLowerCase()) ? [name] : [],
    ),
    ...keys.filter((key) => own(key.database, key.child)).flatMap((key) => key.columns),
    ...keys.filter((key) => own(key.parentDatabase, key.parent)).flatMap((key) => key.parentColumns),
  ]);
  return table.indexes.filter(
    ({ kind, parts }) =>
      kind === 'plain' && !parts.some(({ column }) => column !== null && needed.has(column)),
  );
}

/**
 * The deferrable ones that no other index follows: a server appends what it makes to a table's indexes. Unique ones come before all
 * others there, FULLTEXT ones after them, whenever they were made.
 */
function comingLast(table: TableDefinition, deferrable: readonly IndexDefinition[]): IndexDefinition[] {
  const sorted = table.indexes.filter(({ kind }) => kind === 'plain' || kind === 'spatial');
  const last = sorted.findLastIndex((index) => !deferrable.includes(index));
  return sorted.slice(last + 1);
}

/** A table that an earlier version of banyan made has no positions. */
async function ensureBooks(target: Session, schema: string, place: string): Promise<void> {
  const position = 'position INT UNSIGNED NOT NULL DEFAULT 0';
  const columns = await columnsOf(target, schema, books);
  if (columns.has('position')) return;
  if (columns.size > 0) {
    await target.run(`ALTER TABLE ${place} ADD COLUMN ${position}`);
    return;
  }
  const name = (length: number) => `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`;
  await target.run(`CREATE TABLE IF NOT EXISTS ${place} (
    move_id ${name(190)}, table_name ${name(64)}, index_name ${name(64)},
    definition TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, ${position},
    PRIMARY KEY (move_id, table_name, index_name)
  ) ENGINE = InnoDB`);
}

function ofTable({ id }: MoveContext['spec'], table: string): string {
  return `move_id = ${quoteText(id)} AND table_name = ${quoteText(table)}`;
}

function notMade(table: string, cause: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_INDEXES_NOT_MADE',
    `the indexes of ${table} that were left for after the copy could not be made: ${cause instanceof Error ? cause.message : cause}`,
    {
      fix: 'Remove the cause that the server names, then `banyan resume`: every row is there, and they are made again.',
      cause,
      details: { table },
    },
  );
}
