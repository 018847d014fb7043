import { BanyanError } from '../../../common/errors.ts';
import { FenceRow } from '../../fence/fence-row.ts';
import type { MoveContext } from '../../move-context.ts';
import { runDdl } from '../../sql/ddl.ts';
import type { Link } from '../../sql/link.ts';
import { quoteTable } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import { readTriggers } from '../../watch/read-triggers.ts';
import type { Capture, CapturedTable, CaptureState } from '../capture.ts';
import { captureTriggerName, changeEvents, logName } from './capture-names.ts';
import { type CaptureRecord, readCaptured } from './capture-record.ts';
import { createLogStatement, createTriggerStatement } from './capture-statements.ts';
import { SourceBooks } from './source-books.ts';
import { TriggerLog } from './trigger-log.ts';

/**
 * Notes, in the writer's own transaction, which keys of the moved tables changed.
 *
 * CREATE TRIGGER waits for every open transaction that has touched the table, so a write that predates the triggers is
 * committed, and in every later snapshot, before the copy begins; a transaction that is open but has not touched the
 * table yet will fire them.
 */
export class TriggerCapture implements Capture {
  readonly logs: readonly TriggerLog[];
  readonly #context: MoveContext;
  readonly #tables: readonly CapturedTable[];
  readonly #link: Link;
  readonly #books: SourceBooks;

  constructor(context: MoveContext, tables: readonly CapturedTable[]) {
    this.#context = context;
    this.#tables = tables;
    this.#link = context.sourceLink();
    this.logs = tables.map((table) => new TriggerLog(context.spec.bookkeepingSchema, table));
    this.#books = new SourceBooks(context.spec.bookkeepingSchema, context.spec.source.database);
  }

  async install(signal: AbortSignal): Promise<void> {
    const session = await this.#link.session();
    await this.#books.ensureTables(session);
    const records = await this.#books.read(session, this.#names);
    for (const table of this.#tables) {
      signal.throwIfAborted();
      if (records.has(table.table)) continue;
      await this.#dropRemains(session, table, signal);
      await this.#installTable(session, table, signal);
    }
    await this.check();
  }

  async #installTable(session: Session, table: CapturedTable, signal: AbortSignal): Promise<void> {
    const { spec, points, logger } = this.#context;
    const before = await this.#now(session, table.table);
    await session.run(createLogStatement(spec.bookkeepingSchema, table));
    const passHash = await FenceRow.of(spec, 'source').passHash(session);
    await points.reach('capture:log-created', { table: table.table });
    for (const event of changeEvents) {
      await this.#ddl(
        session,
        createTriggerStatement(spec.bookkeepingSchema, table, event, passHash),
        table,
        signal,
      );
      await points.reach('capture:trigger-created', { table: table.table, event });
    }
    const after = await this.#now(session, table.table);
    if (before.columns !== after.columns || before.identity !== after.identity) {
      throw schemaChanged(table.database, table.table);
    }
    await this.#books.write(session, table.table, after);
    logger.info({ table: table.table, move: spec.id }, 'capture installed');
  }

  async drop(signal: AbortSignal): Promise<void> {
    const session = await this.#link.session();
    await this.#books.ensureTables(session);
    for (const table of this.#tables) {
      await this.#books.forget(session, table.table);
      await this.#context.points.reach('capture:forgotten', { table: table.table });
      await this.#dropRemains(session, table, signal);
    }
  }

  /** Triggers before the log: a trigger without its log would fail the application's writes. */
  async #dropRemains(session: Session, table: CapturedTable, signal: AbortSignal): Promise<void> {
    // Where the table was renamed, its triggers went with it.
    const existing = await readTriggers(session, table.database, 'all');
    const names = new Set(existing.map(({ name }) => name));
    for (const event of changeEvents) {
      const name = captureTriggerName(table.database, table.table, event);
      if (!names.has(name)) continue;
      await this.#ddl(session, `DROP TRIGGER IF EXISTS ${quoteTable(table.database, name)}`, table, signal);
    }
    const log = quoteTable(this.#context.spec.bookkeepingSchema, logName(table.database, table.table));
    await this.#ddl(session, `DROP TABLE IF EXISTS ${log}`, table, signal);
  }

  async state(): Promise<CaptureState> {
    const session = await this.#link.session();
    const records = await this.#books.read(session, this.#names);
    if (records.size === 0) return 'none';
    const found = await readCaptured(session, this.#context.spec.source.database, this.#names);
    const holds = this.#names.every((name) => {
      const record = records.get(name);
      const now = found.get(name);
      return record !== undefined && now !== undefined && !difference(record, now);
    });
    return holds ? 'complete' : 'broken';
  }

  async check(given?: Session): Promise<void> {
    const session = given ?? (await this.#link.session());
    const { database } = this.#context.spec.source;
    const records = await this.#books.read(session, this.#names);
    const found = await readCaptured(session, database, this.#names);
    for (const name of this.#names) {
      const record = records.get(name);
      const now = found.get(name);
      if (record === undefined || now === undefined) {
        throw new BanyanError(
          'BANYAN_CAPTURE_MISSING',
          `nothing captures the changes of ${database}.${name}`,
          {
            fix: 'Install the capture, then copy from the beginning.',
            details: { database, table: name },
          },
        );
      }
      const differs = difference(record, now);
      if (differs === 'capture') {
        throw new BanyanError(
          'BANYAN_CAPTURE_BROKEN',
          `a capture trigger of ${database}.${name} was dropped or changed: writes since then may be missing on the target`,
          {
            fix: 'Drop the capture, install it again and restart the copy; it puts right what the target holds.',
            details: { database, table: name },
          },
        );
      }
      if (differs) throw schemaChanged(database, name);
    }
  }

  /** An entry is in its log as soon as its change is committed: what a look finds is complete as of its beginning. */
  async pending(source: Session): Promise<readonly boolean[]> {
    const [answers] = await source.texts(`SELECT ${this.logs.map((log) => log.existsExpression).join(', ')}`);
    return this.logs.map((_, index) => answers?.[index] === '1');
  }

  async #now(session: Session, table: string): Promise<CaptureRecord> {
    const found = await readCaptured(session, this.#context.spec.source.database, [table]);
    return found.get(table) ?? { columns: '', identity: '', capture: '' };
  }

  #ddl(session: Session, sql: string, table: CapturedTable, signal: AbortSignal): Promise<void> {
    return runDdl(session, sql, {
      about: `the capture of ${table.database}.${table.table}`,
      tuning: this.#context.tuning,
      signal,
    });
  }

  get #names(): string[] {
    return this.#tables.map((table) => table.table);
  }
}

function difference(record: CaptureRecord, now: CaptureRecord): keyof CaptureRecord | null {
  if (record.columns !== now.columns) return 'columns';
  if (record.identity !== now.identity) return 'identity';
  return record.capture === now.capture ? null : 'capture';
}

function schemaChanged(database: string, table: string): BanyanError {
  return new BanyanError(
    'BANYAN_SCHEMA_CHANGED',
    `table ${database}.${table} was altered, rebuilt, truncated or replaced since its capture was installed`,
    {
      fix: 'Bring the other side to the same schema, then drop the capture, install it again and restart the copy.',
      details: { database, table },
    },
  );
}
