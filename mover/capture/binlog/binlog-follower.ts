import { randomBytes } from 'node:crypto';
import { BanyanError } from '../../../common/errors.ts';
import type { MoveContext } from '../../move-context.ts';
import { readTableShape } from '../../shape/read-table-shape.ts';
import type { ColumnShape } from '../../sql/column-shape.ts';
import type { Link } from '../../sql/link.ts';
import type { Session } from '../../sql/session.ts';
import type { CapturedTable } from '../capture.ts';
import { captureMissing, schemaChanged } from '../capture-faults.ts';
import { readCapturedFingerprints } from '../captured-fingerprints.ts';
import { adoptServer } from './adopt-server.ts';
import { alteredTable, BinlogBooks, type BinlogRecord } from './binlog-books.ts';
import { brokenBefore, brokenText } from './binlog-faults.ts';
import type { BinlogLog } from './binlog-log.ts';
import { BinlogReader, type Place, type WatchedTable } from './binlog-reader.ts';
import { readBinlogSettings, serverOf } from './binlog-settings.ts';
import { QueuedTotal } from './key-queue.ts';
import { type KeyText, keyOf } from './key-text.ts';
import type { WatchedColumn, WatchedKey } from './row-events.ts';

const beatEveryMs = 1_000;
/** A beat that was not read by then: the stream is lost or far behind. */
const syncPatienceMs = 10_000;

/** After these, changes may have been missed. */
const losesChanges: ReadonlySet<string> = new Set([
  ...['BANYAN_BINLOG_LOST', 'BANYAN_BINLOG_STATEMENT', 'BANYAN_BINLOG_UNREADABLE', 'BANYAN_SCHEMA_CHANGED'],
]);

/**
 * Reads the source's binary log for one move, and saves how far all that was read is applied.
 *
 * The saved position never passes a key that is not applied: it is the oldest of where the transactions began whose keys are
 * still queued, where prepared XA transactions began, and how far the log was read. It may be older than that, never newer:
 * what is read again is applied again, to the same end. It lies on the source and not with the target's rows, because it need
 * not be exact.
 *
 * A beat is a commit of one row. Both engines make commits visible in the order of their binary log. So
 * - when a beat returns, everything is visible that was logged before it;
 * - when a beat is read, everything is noted that was committed before it.
 */
export class BinlogFollower {
  readonly #context: MoveContext;
  readonly #link: Link;
  readonly #books: BinlogBooks;
  /** Keys in memory: reading pauses when they are too many. */
  readonly queued = new QueuedTotal();
  #logs: readonly { readonly table: CapturedTable; readonly log: BinlogLog }[] = [];
  readonly #process = randomBytes(6).toString('hex');
  readonly #waiting = new Map<string, { readonly sentAt: number; readonly seen: () => void }>();
  #beats = 0;
  #starting: Promise<void> | null = null;
  #reader: BinlogReader | null = null;
  #record: BinlogRecord | null = null;
  #saved = '';
  #renewing = false;
  #timer: NodeJS.Timeout | null = null;
  #ticking: Promise<void> = Promise.resolve();
  #failure: BanyanError | null = null;

  constructor(context: MoveContext, books: BinlogBooks) {
    this.#context = context;
    this.#link = context.sourceLink();
    this.#books = books;
  }

  /** Once, before anything else. */
  fill(logs: readonly { readonly table: CapturedTable; readonly log: BinlogLog }[]): void {
    this.#logs = logs;
  }

  /** @throws BanyanError what ended the reading. */
  assertReading(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Reads from the saved position on, unless it does already. */
  async start(): Promise<void> {
    this.assertReading();
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = null;
      throw error;
    });
    await this.#starting;
  }

  async #start(): Promise<void> {
    const { spec, logger, closing } = this.#context;
    const { database } = spec.source;
    closing.signal.throwIfAborted();
    const session = await this.#link.session();
    const found = await this.#books.read(session);
    if (found === null) throw captureMissing(database);
    if (found.broken !== null) throw brokenBefore(found.broken);
    const record = await adoptServer(this.#context, this.#books, session, found);
    const names = this.#logs.map(({ table }) => table.table);
    const now = await readCapturedFingerprints(session, this.#context.spec, names);
    const unknown = names.find((name) => record.tables[name] === undefined);
    if (unknown !== undefined) throw captureMissing(database, unknown);
    const altered = alteredTable(record, now, names);
    if (altered !== null) throw schemaChanged(database, altered);
    const settings = await readBinlogSettings(session);
    const watched: WatchedTable[] = [this.#heart()];
    for (const { table, log } of this.#logs) {
      const shape = await readTableShape(session, database, table.table);
      const watch = (column: { readonly name: string; readonly shape: ColumnShape }): WatchedColumn => ({
        position: shape?.columns.findIndex(({ name }) => name === column.name) ?? -1,
        shape: column.shape,
      });
      const key = table.key.map(
        (column): WatchedKey =>
          column.hashed === undefined
            ? watch({ name: column.shape.name, shape: column.shape })
            : { hashed: column.hashed.map(watch) },
      );
      watched.push({
        database,
        table: table.table,
        key,
        note: (keys, since) => this.#note(log, keys, since),
      });
    }
    this.#record = record;
    this.#reader = new BinlogReader({
      endpoint: spec.source,
      from: record.position,
      ...{ server: record.server, engine: session.engine },
      tables: watched,
      moved: { database, tables: names },
      anyCase: settings.lower_case_table_names !== '0',
      logger,
      onFailure: (error) => void this.#fail(error),
      onOtherServer: (server) => this.#beginAnew(server),
    });
    this.#timer = setInterval(() => {
      this.#ticking = this.#ticking.then(() => this.#tick());
    }, beatEveryMs);
    this.#timer.unref();
  }

  /** The server whose log is read; null while none is. */
  get server(): string | null {
    return this.#record?.server ?? null;
  }

  /**
   * Sessions outlive the change of an address: one that is still with the server before shows rows that are old by now.
   * @throws Error as a lost connection is; the session is closed then.
   */
  async assertSameServer(session: Session): Promise<void> {
    const server = await serverOf(session);
    if (this.server === null || server === this.server) return;
    session.close();
    throw connectionLost(`a session is with another server (${server}) than the binary log is read on`);
  }

  /** Forgets what was read, and reads again from the saved position, on the server that the address leads to now. */
  #beginAnew(server: string): void {
    if (this.#renewing || this.#context.closing.signal.aborted) return;
    this.#renewing = true;
    const { spec, logger } = this.#context;
    logger.warn({ move: spec.id, before: this.server, now: server }, 'the binary log is another server’s');
    const begin = async () => {
      await this.#stopReading();
      const session = await this.#link.session();
      if ((await serverOf(session)) !== server) session.close();
      await this.#start();
    };
    this.#starting = begin().finally(() => {
      this.#renewing = false;
    });
    this.#starting.catch((error: unknown) => {
      this.#starting = null;
      // Whatever else it is: whoever needs the log next tries again.
      if (error instanceof BanyanError) void this.#fail(error);
    });
  }

  #note(log: BinlogLog, keys: readonly KeyText[], since: Place): void {
    for (const key of keys) log.queue.note(key, since);
    if (this.queued.count >= this.#context.tuning.binlogKeysMax) this.#reader?.pause();
  }

  makeRoom(): void {
    if (this.queued.count < this.#context.tuning.binlogKeysMax / 2) this.#reader?.resume();
  }

  /** The row of beats, watched like a table. */
  #heart(): WatchedTable {
    const { spec } = this.#context;
    const key = ['move_id', 'beat'].map((name, position) => ({ position, shape: textColumn(name) }));
    return {
      ...{ database: spec.bookkeepingSchema, table: BinlogBooks.beats, key },
      note: (beats) => {
        for (const [moveId, beat] of beats.map(keyOf)) {
          if (moveId?.toString('utf8') !== spec.id) continue;
          const id = beat?.toString('utf8') ?? '';
          this.#waiting.get(id)?.seen();
          this.#waiting.delete(id);
        }
      },
    };
  }

  /** Everything that was logged before is visible to plain reads when it returns. */
  async beat(session: Session): Promise<void> {
    await this.assertSameServer(session);
    await this.#books.beat(session, this.#nextBeat());
  }

  #nextBeat(): string {
    this.#beats += 1;
    return `${this.#process}-${this.#beats}`;
  }

  /**
   * Resolves with true when everything has been noted that was committed before the call; with false when the queue is full, so
   * that nothing is read.
   */
  async sync(session: Session): Promise<boolean> {
    await this.start();
    await this.assertSameServer(session);
    if (this.#reader?.paused) return false;
    const beat = this.#nextBeat();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.set(beat, { sentAt: Date.now(), seen: resolve });
    const timer = setTimeout(() => reject(lateBeat()), syncPatienceMs);
    const watch = setInterval(() => {
      if (this.#failure !== null) reject(this.#failure);
      else if (this.#context.closing.signal.aborted) reject(this.#context.closing.signal.reason);
      else if (this.#reader?.paused) resolve();
      // Reading began anew.
      else if (!this.#waiting.has(beat)) reject(lateBeat());
    }, 20);
    try {
      await this.#books.beat(session, beat);
      await promise;
      return !this.#waiting.has(beat);
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      this.#waiting.delete(beat);
    }
  }

  /** An XA transaction that has changed a captured table is prepared: it may commit at any time. */
  get holdsPrepared(): boolean {
    return (this.#reader?.oldestPrepared ?? null) !== null;
  }

  /** How far behind the reading is: 0 while each beat comes. */
  get lagMs(): number {
    let lag = 0;
    for (const { sentAt } of this.#waiting.values()) lag = Math.max(lag, Date.now() - sentAt);
    return lag < beatEveryMs ? 0 : lag;
  }

  async #tick(): Promise<void> {
    if (this.#timer === null || this.#failure !== null) return;
    try {
      const session = await this.#link.session();
      const server = await serverOf(session);
      if (this.#record !== null && server !== this.#record.server) return this.#beginAnew(server);
      await this.savePosition(session);
      if ([...this.#waiting.values()].some(({ seen }) => seen === unwatched)) return;
      const beat = this.#nextBeat();
      this.#waiting.set(beat, { sentAt: Date.now(), seen: unwatched });
      await this.#books.beat(session, beat);
    } catch (error) {
      if (!this.#context.closing.signal.aborted) {
        this.#context.logger.warn(
          { err: error, move: this.#context.spec.id },
          'how far the log is applied was not saved',
        );
      }
    }
  }

  async savePosition(session: Session): Promise<void> {
    const reader = this.#reader;
    const record = this.#record;
    if (reader === null || record === null) return;
    const places = [
      reader.boundary,
      reader.oldestPrepared,
      ...this.#logs.map(({ log }) => log.queue.oldest()),
    ].filter((place) => place !== null);
    const place = reader.described(places.reduce((oldest, one) => (one.order < oldest.order ? one : oldest)));
    if (place === null || JSON.stringify(place) === this.#saved) return;
    await this.#context.points.reach('binlog:saving-position', { position: `${place.file}:${place.at}` });
    await this.#books.savePosition(session, record, place);
    this.#saved = JSON.stringify(place);
  }

  async #fail(error: BanyanError): Promise<void> {
    this.#failure = error;
    if (!losesChanges.has(error.code) || this.#record === null) return;
    await this.#link
      .session()
      .then((session) => this.#books.saveBroken(session, this.#record?.generation ?? '', brokenText(error)))
      // It is met again where reading begins the next time.
      .catch((cause: unknown) =>
        this.#context.logger.warn({ err: cause }, 'why the capture ended was not saved'),
      );
  }

  /** Stops reading and forgets what was read; `start` begins anew. */
  async stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    await this.#stopReading();
    await this.#ticking;
    this.#starting = null;
    this.#failure = null;
  }

  async #stopReading(): Promise<void> {
    const { closing } = this.#context;
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    await this.#reader?.close();
    if (!closing.signal.aborted) for (const { log } of this.#logs) log.queue.clear();
    this.#waiting.clear();
    this.#reader = null;
    this.#record = null;
    this.#saved = '';
  }
}

const unwatched = () => undefined;

function textColumn(name: string): ColumnShape {
  return {
    ...{ name, dataType: 'varchar', columnType: 'varchar(190)', kind: 'text' },
    ...{
      charset: 'utf8mb4',
      collation: 'utf8mb4_bin',
      nullable: false,
      generated: false,
      autoIncrement: false,
    },
  };
}

/** Looks like a lost connection to whoever tries again, which is what it may be. */
function lateBeat(): Error {
  return Object.assign(
    new Error(`a commit did not come through the binary log within ${syncPatienceMs} ms`),
    {
      code: 'ETIMEDOUT',
    },
  );
}

function connectionLost(what: string): Error {
  return Object.assign(new Error(what), { code: 'PROTOCOL_CONNECTION_LOST' });
}
