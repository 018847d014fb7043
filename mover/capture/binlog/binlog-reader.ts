import { setTimeout as wait } from 'node:timers/promises';
import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { BanyanError } from '../../../common/errors.ts';
import type { MoveLogger } from '../../move.ts';
import type { EngineKind } from '../../sql/session.ts';
import { errnoOf, isConnectionLost } from '../../sql/sql-error.ts';
import { AnnouncedTables } from './announced-tables.ts';
import {
  type BinlogEvent,
  eventType,
  GtidReader,
  readGtidList,
  readQuery,
  readRotate,
  readXaEnd,
  readXaPrepare,
  saysBegin,
} from './binlog-event.ts';
import {
  otherFile,
  positionLost,
  readingForbidden,
  replaced,
  statementLogged,
  unreadable,
} from './binlog-faults.ts';
import type { BinlogPlace, BinlogPosition } from './binlog-position.ts';
import { readServerName } from './binlog-settings.ts';
import { BinlogStream } from './binlog-stream.ts';
import { type Ask, assertHasGtids, fileBegins } from './find-in-log.ts';
import { GtidPosition } from './gtid-position.ts';
import { GtidSet } from './gtid-set.ts';
import { GtidTrail } from './gtid-trail.ts';
import type { Gtid } from './gtids.ts';
import { judgeStatement } from './judge-statement.ts';
import type { KeyText } from './key-text.ts';
import { type KnownTransactions, knownTransactions } from './known-transactions.ts';
import { rowKind, tableIdOf, type WatchedKey } from './row-events.ts';

/** A position with its place among all that this process has seen: a smaller `order` lies before. */
export interface Place extends BinlogPosition {
  readonly order: number;
}

export interface WatchedTable {
  readonly database: string;
  readonly table: string;
  readonly key: readonly WatchedKey[];
  /** `since`: where the transaction began that changed these rows. */
  note(keys: readonly KeyText[], since: Place): void;
}

export interface BinlogReaderOptions {
  readonly endpoint: DatabaseEndpoint;
  readonly from: BinlogPlace;
  /** Whose log that is; see `readServerName`. */
  readonly server: string;
  readonly engine: EngineKind;
  readonly tables: readonly WatchedTable[];
  readonly moved: { readonly database: string; readonly tables: readonly string[] };
  /** Names of tables are equal in any case there (lower_case_table_names is not 0). */
  readonly anyCase: boolean;
  readonly logger: MoveLogger;
  /** Once: nothing is read after it. */
  readonly onFailure: (error: BanyanError) => void;
  /** The address leads to another server now. Once: nothing is read after it. */
  readonly onOtherServer: (server: string) => void;
}

/** Another server than the one whose log is read: it does not leave the reader. */
class OtherServer extends Error {
  readonly server: string;

  constructor(server: string) {
    super(`the address leads to another server (${server})`);
    this.server = server;
  }
}

/** ER_MASTER_FATAL_ERROR_READING_BINLOG: the server has no such file any more, or no such place in it. */
const cannotReadLog = 1236;

/** Access denied: to the account, to a database, for want of a privilege. */
const lacksRight: ReadonlySet<number> = new Set([1044, 1045, 1227]);

interface HeldBack {
  readonly table: WatchedTable;
  readonly keys: readonly KeyText[];
}

/**
 * Follows a server's binary log and notes the keys of changed rows, as they come, also while their transaction's other
 * events are still to be read: it is committed, or none of it would be in the log. Only what an XA transaction has prepared
 * is held back until the log says how it ended: its rows stay locked for so long.
 *
 * After a lost connection it reads again from the beginning of the transaction in hand. Keys that come twice do no harm.
 */
export class BinlogReader {
  readonly #options: BinlogReaderOptions;
  readonly #tables: AnnouncedTables;
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  readonly #prepared = new Map<string, { readonly since: Place; readonly held: readonly HeldBack[] }>();
  readonly #gtids = new GtidReader();
  #order = 0;
  #boundary: Place;
  #group: Place;
  #inTransaction = false;
  /** Not null within an XA transaction. */
  #held: HeldBack[] | null = null;
  #stream: BinlogStream | null = null;
  #paused = false;
  /** When the file of the boundary was made. */
  #born: number | null;
  /** Of transactions without an id, or with a tag, nothing is known: then there is none. */
  #trail: GtidTrail | null = null;
  readonly #known: KnownTransactions | null = null;
  /** The transaction in hand, where it has an id. */
  #gtid: Gtid | null = null;
  /** The transaction in hand was read already, on another server. */
  #isKnown = false;

  constructor(options: BinlogReaderOptions) {
    this.#options = options;
    const { engine, from } = options;
    this.#born = from.born;
    if (from.gtids !== null) {
      const kind = engine === 'mysql' ? GtidSet : GtidPosition;
      this.#trail = new GtidTrail(kind.parse(from.gtids), () => kind.parse(''));
      // Elsewhere in a file the place itself is exact.
      if (from.at <= fileBegins) this.#known = knownTransactions(engine, from.gtids);
    }
    this.#tables = new AnnouncedTables(options.tables, options.anyCase);
    this.#boundary = { file: from.file, at: from.at, order: 0 };
    this.#group = this.#boundary;
    this.#ended = this.#run();
  }

  /** Every change before it was noted or belongs to a prepared XA transaction. */
  get boundary(): Place {
    return this.#boundary;
  }

  /** Where the oldest prepared XA transaction began that has changed one of the tables. */
  get oldestPrepared(): Place | null {
    const [oldest] = [...this.#prepared.values()].sort((a, b) => a.since.order - b.since.order);
    return oldest?.since ?? null;
  }

  /** What to save of a place at or before the boundary; null while the place where another server began is not passed. */
  described(place: Place): BinlogPlace | null {
    if (this.#known?.expected) return null;
    const { file, at, order } = place;
    const born = file === this.#boundary.file ? this.#born : null;
    return { file, at, gtids: this.#trail?.upTo(order) ?? null, born };
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#stream?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream?.resume();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { logger, onFailure } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const before = this.#order;
      try {
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof OtherServer) {
          // An address may lead here and there for a moment.
          await wait(100, undefined, { signal }).catch(() => undefined);
          this.#options.onOtherServer(error.server);
          return;
        }
        if (this.#order > before) failures = 0;
        failures += 1;
        const fatal = this.#fatal(error);
        if (fatal !== null) {
          onFailure(fatal);
          return;
        }
        logger.warn({ err: error, failures }, 'the stream of the binary log was lost: it is read again');
        await wait(Math.min(2_000, 50 * 2 ** Math.min(failures, 6)), undefined, { signal }).catch(
          () => undefined,
        );
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    this.#tables.clear();
    this.#held = null;
    this.#inTransaction = false;
    this.#gtid = null;
    this.#isKnown = false;
    const stream = await BinlogStream.open({
      endpoint: this.#options.endpoint,
      from: (ask) => this.#from(ask),
      onEvent: (event) => this.#take(event),
      onEnd: reject,
    });
    this.#stream = stream;
    if (this.#paused) stream.pause();
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#stream = null;
      stream.close();
    }
  }

  /** The boundary, if this is still the server whose log it is. */
  async #from(ask: Ask): Promise<BinlogPosition> {
    const { engine, server, from } = this.#options;
    const name = await readServerName(ask, engine);
    if (name !== server) throw new OtherServer(name);
    if (from.gtids !== null) await assertHasGtids(ask, engine, from.gtids);
    return this.#boundary;
  }

  #fatal(error: unknown): BanyanError | null {
    if (error instanceof BanyanError) return error;
    if (errnoOf(error) === cannotReadLog) {
      const { file, at } = this.#boundary;
      return positionLost(`${file}:${at}: ${(error as Error).message}`, error);
    }
    if (lacksRight.has(errnoOf(error) ?? 0)) return readingForbidden(error as Error);
    if (error instanceof RangeError) return unreadable(error.message, error);
    return isConnectionLost(error) ? null : unreadable((error as Error).message, error);
  }

  #take(event: BinlogEvent): void {
    this.#order += 1;
    const kind = rowKind(event.type);
    if (kind !== null) {
      const known = this.#tables.of(tableIdOf(event));
      if (known === undefined) throw new RangeError('rows of a table that was not announced');
      if (known.watched !== null && !this.#isKnown) {
        this.#note({ table: known.watched, keys: known.rows.keys(event, kind) });
      }
      return;
    }
    switch (event.type) {
      case eventType.tableMap:
        this.#tables.announce(event);
        return;
      case eventType.format:
        this.#file(event);
        return;
      case eventType.gtid:
        this.#begin(event);
        return;
      case eventType.taggedGtid:
      case eventType.anonymousGtid:
        this.#begin(event);
        this.#trail = null;
        return;
      case eventType.mariadbGtidList:
        this.#known?.fileBegins(readGtidList(event));
        return;
      case eventType.mariadbGtid: {
        this.#begin(event);
        const flags = event.body.readUInt8(12);
        // Standalone: one statement, no transaction. Prepared XA: its rows follow.
        this.#inTransaction = (flags & 0x01) === 0;
        if ((flags & 0x40) !== 0) this.#held = [];
        return;
      }
      case eventType.query:
      case eventType.executeLoad:
        this.#statement(event);
        return;
      case eventType.xid:
        this.#end(event);
        return;
      case eventType.xaPrepare:
        this.#prepare(event);
        return;
      case eventType.rotate: {
        const { file, at } = readRotate(event);
        if (file !== this.#boundary.file) this.#born = null;
        this.#groupEnds({ file, at, order: this.#order });
        return;
      }
      case eventType.incident:
        throw positionLost('the server says that events are missing (an incident event)');
      case eventType.compressedTransaction:
        throw unreadable('a compressed transaction (binlog_transaction_compression)');
      case eventType.partialUpdate:
        this.#partialUpdate(event);
        return;
      default:
        if (event.type >= eventType.compressedQuery && event.type <= eventType.compressedRows + 5) {
          throw unreadable('a compressed event (log_bin_compress)');
        }
    }
  }

  /** Every file begins with that event, and each stream with the one of its file. */
  #file({ timestamp }: BinlogEvent): void {
    if (this.#born !== null && this.#born !== timestamp) throw otherFile(this.#boundary.file);
    this.#born = timestamp;
    // No transaction is in two files.
    this.#tables.clear();
  }

  #note(change: HeldBack): void {
    if (this.#held !== null) this.#held.push(change);
    else change.table.note(change.keys, this.#group);
  }

  #partialUpdate(event: BinlogEvent): void {
    const known = this.#tables.of(tableIdOf(event));
    if (known?.watched !== null) throw unreadable('a partial update of JSON (binlog_row_value_options)');
  }

  #begin(event: BinlogEvent): void {
    // What came before has ended, whatever it was.
    this.#groupEnds(this.#placeAt(event.next - event.size));
    if (event.type !== eventType.gtid && event.type !== eventType.mariadbGtid) return;
    this.#gtid = this.#gtids.read(event);
    this.#isKnown = this.#known?.has(this.#gtid) ?? false;
  }

  #end(event: BinlogEvent): void {
    this.#groupEnds(this.#placeAt(event.next));
  }

  /** An offset has 32 bits: in a file that one transaction has made longer, the last place that can be told stays. */
  #placeAt(at: number): Place {
    const { file } = this.#boundary;
    return at >= this.#boundary.at ? { file, at, order: this.#order } : this.#boundary;
  }

  /** The transaction in hand, if there is one, lies before this place. */
  #groupEnds(boundary: Place): void {
    this.#boundary = boundary;
    this.#group = boundary;
    this.#inTransaction = false;
    this.#held = null;
    if (this.#gtid !== null && !this.#isKnown) this.#trail?.append(this.#order, this.#gtid);
    this.#gtid = null;
    this.#isKnown = false;
  }

  #statement(event: BinlogEvent): void {
    if (saysBegin(event)) {
      this.#inTransaction = true;
      return;
    }
    const { database, sql } = readQuery(event);
    const xa = readXaEnd(sql);
    if (xa !== null && !this.#isKnown) {
      const prepared = this.#prepared.get(xa.xid);
      this.#prepared.delete(xa.xid);
      // Its rows come again only to who reads from where it was prepared.
      if (xa.commits && prepared) for (const one of prepared.held) one.table.note(one.keys, prepared.since);
      this.#end(event);
      return;
    }
    if (/^XA START/i.test(sql)) {
      this.#held = [];
      this.#inTransaction = true;
      return;
    }
    const judged = judgeStatement(sql, database, this.#options.moved);
    const meaning = this.#isKnown && judged !== 'ends' ? 'harmless' : judged;
    if (meaning === 'rows') throw statementLogged(sql, database);
    if (meaning === 'replaced') throw replaced(sql);
    if (/^BEGIN\b/i.test(sql)) this.#inTransaction = true;
    else if (meaning === 'ends' || !this.#inTransaction) this.#end(event);
  }

  #prepare(event: BinlogEvent): void {
    const { xid, onePhase } = readXaPrepare(event);
    const held = this.#isKnown ? [] : (this.#held ?? []);
    this.#held = null;
    if (onePhase) for (const one of held) one.table.note(one.keys, this.#group);
    else if (held.length > 0) this.#prepared.set(xid, { since: this.#group, held });
    this.#end(event);
  }
}
