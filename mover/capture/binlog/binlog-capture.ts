import { randomBytes } from 'node:crypto';
import { BanyanError } from '../../../common/errors.ts';
import type { MoveContext } from '../../move-context.ts';
import type { Link } from '../../sql/link.ts';
import { quoteTable, quoteText } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import { sameFingerprint } from '../../watch/fingerprint.ts';
import { assertNonePrepared } from '../../watch/prepared-transactions.ts';
import type { Capture, CapturedTable, CaptureState, Horizon } from '../capture.ts';
import { captureMissing, schemaChanged } from '../capture-faults.ts';
import { readCapturedFingerprints } from '../captured-fingerprints.ts';
import { logName } from '../triggers/capture-names.ts';
import { createLogStatements } from '../triggers/capture-statements.ts';
import { logHorizon } from '../triggers/log-horizon.ts';
import { TriggerLog } from '../triggers/trigger-log.ts';
import { onThisServer } from './adopt-server.ts';
import { alteredTable, BinlogBooks, type BinlogRecord } from './binlog-books.ts';
import { brokenBefore, positionLost } from './binlog-faults.ts';
import { BinlogFollower } from './binlog-follower.ts';
import { BinlogLog } from './binlog-log.ts';
import {
  filterFaults,
  readBinlogEnd,
  readBinlogSettings,
  serverOf,
  settingFaults,
  settingsError,
} from './binlog-settings.ts';
import { type Ask, assertHasGtids, readGtids } from './find-in-log.ts';

/**
 * Notes which keys of the moved tables change by reading the source's binary log: nothing is added to the application's
 * writes, and no trigger stands on its tables but the fence's, around a handover.
 *
 * Installing takes the log's end as the place to read from, then commits a beat: what was logged before that place is
 * visible by then, to a copy too. So with the ids of transactions, which are asked for afterwards: what lies before the place
 * is among them. A transaction that is open is logged when it commits, which is later. One that was
 * prepared (XA) may have its rows logged before and commit after: there must be none.
 */
export class BinlogCapture implements Capture {
  readonly logs: readonly BinlogLog[];
  readonly #context: MoveContext;
  readonly #tables: readonly CapturedTable[];
  readonly #link: Link;
  readonly #books: BinlogBooks;
  readonly #follower: BinlogFollower;

  constructor(context: MoveContext, tables: readonly CapturedTable[]) {
    const { spec } = context;
    this.#context = context;
    this.#tables = tables;
    this.#link = context.sourceLink();
    this.#books = new BinlogBooks(spec.bookkeepingSchema, spec.id);
    this.#follower = new BinlogFollower(context, this.#books);
    this.logs = tables.map(
      (table) => new BinlogLog(table, new TriggerLog(spec.bookkeepingSchema, table), this.#follower),
    );
    this.#follower.fill(tables.map((table, index) => ({ table, log: this.logs[index] as BinlogLog })));
  }

  async install(signal: AbortSignal): Promise<void> {
    const { spec, points, logger } = this.#context;
    const session = await this.#link.session();
    await this.#books.ensureTables(session);
    if ((await this.#books.read(session)) === null) {
      signal.throwIfAborted();
      await this.#assertSettings(session);
      await this.#makeMarks(session);
      const before = await readCapturedFingerprints(session, spec, this.#names);
      const end = await readBinlogEnd(session);
      if (end === null) throw positionLost('the server says no position');
      await points.reach('binlog:position-read');
      await this.#books.beat(session, randomBytes(8).toString('hex'));
      const gtids = await readGtids((sql) => session.texts(sql), session.engine);
      await this.#books.beat(session, randomBytes(8).toString('hex'));
      await assertNonePrepared(session, spec.source);
      const tables = await readCapturedFingerprints(session, spec, this.#names);
      for (const name of this.#names) {
        const [was, is] = [before.get(name), tables.get(name)];
        if (was === undefined || is === undefined || !sameFingerprint(was, is)) {
          throw schemaChanged(spec.source.database, name);
        }
      }
      await this.#books.write(session, {
        generation: randomBytes(12).toString('hex'),
        server: await serverOf(session),
        position: { ...end.position, gtids, born: null },
        tables: Object.fromEntries(tables),
        broken: null,
      });
      logger.info({ move: spec.id, ...end.position }, 'capturing from the binary log');
    }
    await this.check();
    await this.#follower.start();
  }

  /** The tables of marks: as a trigger's log, with nobody but the mover to write to them. */
  async #makeMarks(session: Session): Promise<void> {
    const { bookkeepingSchema } = this.#context.spec;
    for (const table of this.#tables) {
      const place = quoteTable(bookkeepingSchema, logName(table.database, table.table));
      await session.run(`DROP TABLE IF EXISTS ${place}`);
      for (const statement of createLogStatements(bookkeepingSchema, table)) await session.run(statement);
    }
  }

  async #hasMarks(session: Session): Promise<boolean> {
    const logs = this.#tables.map(({ database, table }) => quoteText(logName(database, table)));
    const [row] = await session.texts(
      `SELECT COUNT(*) FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = ${quoteText(this.#context.spec.bookkeepingSchema)} AND TABLE_NAME IN (${logs.join(', ')})`,
    );
    return Number(row?.[0]) === new Set(logs).size;
  }

  async renew(signal: AbortSignal): Promise<void> {
    // What the log holds from before the source became the owner is not worth reading.
    await this.drop(signal);
    await this.install(signal);
  }

  async drop(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#follower.stop();
    const session = await this.#link.session();
    if ((await this.#books.read(session)) === null) return;
    await this.#books.forget(session);
    await this.#context.points.reach('capture:forgotten');
    for (const table of this.#tables) {
      await session.run(
        `DROP TABLE IF EXISTS ${quoteTable(this.#context.spec.bookkeepingSchema, logName(table.database, table.table))}`,
      );
    }
  }

  async state(): Promise<CaptureState> {
    const session = await this.#link.session();
    const record = await this.#books.read(session);
    if (record === null) return 'none';
    if (record.broken !== null) return 'broken';
    try {
      await this.#assertReadable(session, record);
      return 'complete';
    } catch (error) {
      if (error instanceof BanyanError) return 'broken';
      throw error;
    }
  }

  /** That the server has the record's place, or finds it, and the tables that it speaks of. */
  async #assertReadable(session: Session, found: BinlogRecord): Promise<void> {
    const record = await onThisServer(this.#context, session, found);
    const changed = await this.#changed(session, record);
    if (changed !== null) throw schemaChanged(this.#context.spec.source.database, changed);
    if (!(await this.#hasMarks(session))) throw captureMissing(this.#context.spec.source.database);
    const { file, at, gtids } = record.position;
    const ask: Ask = (sql) => session.texts(sql);
    if (gtids !== null) await assertHasGtids(ask, session.engine, gtids);
    const [, bytes] = (await ask('SHOW BINARY LOGS')).find(([name]) => name === file) ?? [];
    if (bytes === undefined) throw positionLost(`the server has no file ${file} any more`);
    if (Number(bytes) < at) throw positionLost(`${file} has ${bytes} bytes, and was read up to ${at}`);
  }

  async check(given?: Session): Promise<void> {
    this.#follower.assertReading();
    const { database } = this.#context.spec.source;
    const session = given ?? (await this.#link.session());
    const record = await this.#books.read(session);
    if (record === null) throw captureMissing(database);
    if (record.broken !== null) throw brokenBefore(record.broken);
    if (this.#follower.server === null) {
      await this.#assertReadable(session, record);
    } else {
      // A session with another server is one that was left behind.
      if (this.#follower.server === record.server) await this.#follower.assertSameServer(session);
      const changed = await this.#changed(session, await onThisServer(this.#context, session, record));
      if (changed !== null) throw schemaChanged(database, changed);
    }
    await this.#assertSettings(session);
  }

  async #assertSettings(session: Session): Promise<void> {
    const { source, bookkeepingSchema } = this.#context.spec;
    const faults = settingFaults(source, await readBinlogSettings(session));
    const end = faults.length > 0 ? null : await readBinlogEnd(session);
    if (end !== null) faults.push(...filterFaults(source, end, [source.database, bookkeepingSchema]));
    if (faults.length > 0) throw settingsError(faults);
  }

  /** The first table that is not what it was; null when all are. */
  async #changed(session: Session, record: BinlogRecord): Promise<string | null> {
    const now = await readCapturedFingerprints(session, this.#context.spec, this.#names);
    return alteredTable(record, now, this.#names);
  }

  async pending(source: Session, { complete }: { readonly complete: boolean }): Promise<readonly boolean[]> {
    await this.#follower.start();
    const before = await this.#look(source);
    if (!complete || before.includes(true)) return before;
    if (!(await this.#follower.sync(source))) return before.map(() => true);
    const after = await this.#look(source);
    // Until it is known how these end, nothing is complete.
    return this.#follower.holdsPrepared ? after.map(() => true) : after;
  }

  /** Null while the queue is full or a prepared XA transaction may commit at any time. */
  async horizon(source: Session): Promise<Horizon | null> {
    await this.#follower.start();
    if (!(await this.#follower.sync(source)) || this.#follower.holdsPrepared) return null;
    const queued = this.logs.map(({ queue }) => queue.newest()?.order ?? Number.NEGATIVE_INFINITY);
    const marked = await logHorizon(
      this.logs.map(({ marks }) => marks),
      source,
    );
    const isPast = ({ queue }: BinlogLog, index: number) =>
      (queue.oldest()?.order ?? Number.POSITIVE_INFINITY) > (queued[index] ?? Number.POSITIVE_INFINITY);
    return { isApplied: async (session) => this.logs.every(isPast) && marked.isApplied(session) };
  }

  async #look(source: Session): Promise<boolean[]> {
    const asked = this.logs.map(({ marks }) => marks.existsExpression);
    const [row] = await source.texts(`SELECT ${asked.join(', ')}`);
    return this.logs.map(({ queue }, index) => queue.size > 0 || row?.[index] === '1');
  }

  async close(): Promise<void> {
    await this.#follower.stop();
  }

  get #names(): string[] {
    return this.#tables.map(({ table }) => table);
  }
}
