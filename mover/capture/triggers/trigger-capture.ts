import { BanyanError } from '../../../common/errors.ts';
import { FenceRow } from '../../fence/fence-row.ts';
import type { MoveContext } from '../../move-context.ts';
import { cascades, type ForeignKey, keysWithin, readOwnForeignKeys } from '../../shape/foreign-key.ts';
import { runDdl } from '../../sql/ddl.ts';
import type { Link } from '../../sql/link.ts';
import { quoteTable } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import { readTriggers } from '../../watch/read-triggers.ts';
import { sameIdentity } from '../../watch/table-identity.ts';
import type { Capture, CapturedTable, CaptureState, Horizon } from '../capture.ts';
import { captureMissing, schemaChanged } from '../capture-faults.ts';
import { captureTriggerNames, changeEvents, logName } from './capture-names.ts';
import { type CaptureRecord, readCaptured } from './capture-record.ts';
import {
  createCascadeStatements,
  createLogStatements,
  createTriggerStatement,
} from './capture-statements.ts';
import { CascadeMarks } from './cascade-marks.ts';
import { CascadeQueue } from './cascade-queue.ts';
import { needsQueue } from './cascade-statements.ts';
import { cascadedTables } from './cascade-tree.ts';
import { logHorizon } from './log-horizon.ts';
import type { CascadeWeb } from './note-children.ts';
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
  readonly #web: CascadeWeb;
  readonly #marks: CascadeMarks;

  /** `foreignKeys`: of the source's database, as `readOwnForeignKeys` tells them. */
  constructor(context: MoveContext, tables: readonly CapturedTable[], foreignKeys: readonly ForeignKey[]) {
    const { bookkeepingSchema, source } = context.spec;
    this.#context = context;
    this.#tables = tables;
    this.#link = context.sourceLink();
    this.#web = {
      schema: bookkeepingSchema,
      tables,
      keys: keysWithin(foreignKeys, source.database, this.#names),
      waysMax: context.tuning.cascadeWaysMax,
    };
    const queue = needsQueue(this.#web) ? new CascadeQueue(bookkeepingSchema) : null;
    this.#marks = new CascadeMarks(bookkeepingSchema, queue);
    const cascaded = cascadedTables(this.#web.keys);
    this.logs = tables.map(
      (table) => new TriggerLog(bookkeepingSchema, table, cascaded.has(table.table) ? this.#marks : null),
    );
    this.#books = new SourceBooks(bookkeepingSchema, source.database);
  }

  async install(signal: AbortSignal): Promise<void> {
    const session = await this.#link.session();
    await this.#books.ensureTables(session);
    await this.#marks.ensureTables(session);
    const records = await this.#books.read(session, this.#names);
    const missing = this.#tables.filter((table) => !records.has(table.table));
    // A trigger of a parent writes to the logs of its children, so such tables are captured together or not at all.
    const anew = missing.length > 0 && this.#web.keys.some(cascades) ? this.#tables : missing;
    await this.#dropAll(session, anew, signal);
    for (const table of anew) {
      for (const statement of createLogStatements(this.#web.schema, table)) await session.run(statement);
      await this.#context.points.reach('capture:log-created', { table: table.table });
    }
    for (const table of anew) {
      signal.throwIfAborted();
      await this.#installTable(session, table, signal);
    }
    await this.check();
    await this.#assertKeys(session);
  }

  /** The triggers of parents follow the foreign keys that were there when the move was opened. */
  async #assertKeys(session: Session): Promise<void> {
    const { database } = this.#context.spec.source;
    const now = keysWithin(await readOwnForeignKeys(session, database), database, this.#names);
    if (JSON.stringify(now) === JSON.stringify(this.#web.keys)) return;
    throw new BanyanError(
      'BANYAN_MOVE_OUTDATED',
      `foreign keys of ${database} were altered while the capture was installed`,
      { fix: 'Drop the capture, open the move again and install it.' },
    );
  }

  async #installTable(session: Session, table: CapturedTable, signal: AbortSignal): Promise<void> {
    const { spec, points, logger } = this.#context;
    const before = await this.#now(session, table.table);
    const passHash = await FenceRow.of(spec, 'source').passHash(session);
    for (const event of changeEvents) {
      await this.#ddl(session, createTriggerStatement(this.#web, table, event, passHash), table, signal);
      await points.reach('capture:trigger-created', { table: table.table, event });
    }
    for (const statement of createCascadeStatements(this.#web, table, passHash)) {
      await this.#ddl(session, statement, table, signal);
    }
    const after = await this.#now(session, table.table);
    if (before.columns !== after.columns || !sameIdentity(before.identity, after.identity)) {
      throw schemaChanged(table.database, table.table);
    }
    await this.#books.write(session, table.table, after);
    logger.info({ table: table.table, move: spec.id }, 'capture installed');
  }

  async drop(signal: AbortSignal): Promise<void> {
    const session = await this.#link.session();
    await this.#books.ensureTables(session);
    await this.#dropAll(session, this.#tables, signal);
  }

  async renew(signal: AbortSignal): Promise<void> {
    if ((await this.state()) !== 'complete') await this.drop(signal);
    await this.install(signal);
  }

  async close(): Promise<void> {}

  /** Triggers before logs: a trigger without its log would fail the application's writes. */
  async #dropAll(session: Session, tables: readonly CapturedTable[], signal: AbortSignal): Promise<void> {
    for (const table of tables) {
      await this.#books.forget(session, table.table);
      await this.#context.points.reach('capture:forgotten', { table: table.table });
    }
    for (const table of tables) {
      signal.throwIfAborted();
      // Where the table was renamed, its triggers went with it.
      const existing = await readTriggers(session, table.database, 'all');
      const names = new Set(existing.map(({ name }) => name));
      for (const name of captureTriggerNames(table.database, table.table)) {
        if (!names.has(name)) continue;
        const drop = `DROP TRIGGER IF EXISTS ${quoteTable(table.database, name)}`;
        await this.#ddl(session, drop, table, signal);
      }
    }
    for (const table of tables) {
      const log = quoteTable(this.#web.schema, logName(table.database, table.table));
      await this.#ddl(session, `DROP TABLE IF EXISTS ${log}`, table, signal);
    }
  }

  async state(): Promise<CaptureState> {
    const session = await this.#link.session();
    const records = await this.#books.read(session, this.#names);
    if (records.size === 0) return 'none';
    const found = await this.#found(session, this.#names);
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
    const found = await this.#found(session, this.#names);
    for (const name of this.#names) {
      const record = records.get(name);
      const now = found.get(name);
      if (record === undefined || now === undefined) {
        throw captureMissing(database, name);
      }
      const differs = difference(record, now);
      if (differs === 'capture') {
        throw new BanyanError(
          'BANYAN_CAPTURE_BROKEN',
          `a capture trigger of ${database}.${name} was dropped or changed: writes since then may be missing on the target`,
          {
            fix: 'Find out who did it, then `banyan resume`: it captures anew, compares the rows and carries over what differs.',
            details: { database, table: name },
          },
        );
      }
      if (differs === 'log') {
        throw new BanyanError(
          'BANYAN_CAPTURE_BROKEN',
          `the log of ${database}.${name} was emptied, replaced or dropped: changes that were not carried over yet may be missing on the target`,
          {
            fix: 'Leave the tables in banyan’s schema alone. `banyan resume` captures anew, compares the rows and carries over what differs.',
            details: { database, table: name },
          },
        );
      }
      if (differs) throw schemaChanged(database, name);
    }
    if (this.#web.keys.some(cascades)) await this.#restoreMarks(session);
  }

  /** Where they were dropped each write fails that cascades: nothing is lost by it, and nothing needs to be copied again. */
  async #restoreMarks(session: Session): Promise<void> {
    if (await this.#marks.stand(session)) return;
    this.#context.logger.warn(
      { schema: this.#web.schema, move: this.#context.spec.id },
      'a table that triggers of cascading foreign keys write to was dropped: it is made again',
    );
    await this.#marks.ensureTables(session);
  }

  /** An entry is in its log as soon as its change is committed: what a look finds is complete as of its beginning. */
  async pending(source: Session): Promise<readonly boolean[]> {
    const [answers] = await source.texts(`SELECT ${this.logs.map((log) => log.existsExpression).join(', ')}`);
    return this.logs.map((_, index) => answers?.[index] === '1');
  }

  /** Numbers are given before the commit: one that is smaller and comes later only makes it wait longer. */
  horizon(source: Session): Promise<Horizon> {
    return logHorizon(this.logs, source);
  }

  async #now(session: Session, table: string): Promise<CaptureRecord> {
    const found = await this.#found(session, [table]);
    return found.get(table) ?? { columns: '', identity: '', capture: '', log: '' };
  }

  #found(session: Session, tables: readonly string[]): Promise<Map<string, CaptureRecord>> {
    return readCaptured(session, this.#context.spec, tables);
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
  if (!sameIdentity(record.identity, now.identity)) return 'identity';
  if (record.capture !== now.capture) return 'capture';
  // Numbers of its file alone say nothing of a log that is gone or emptied.
  return record.log !== '' && now.log !== '' && sameIdentity(record.log, now.log) ? null : 'log';
}
