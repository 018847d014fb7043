import type { BinlogEvent } from './binlog-event.ts';
import type { WatchedTable } from './binlog-reader.ts';
import { RowReader, readColumns, readTableName, tableIdOf } from './row-events.ts';

/** A table that a table-map event has announced. */
export class AnnouncedTable {
  /** The event's body. A server sends the same again before each statement's rows. */
  readonly body: Buffer;
  /** Null where nobody asks for the table's rows: they are passed over. */
  readonly watched: WatchedTable | null;
  #rows: RowReader | null = null;

  constructor(body: Buffer, watched: WatchedTable | null) {
    this.body = body;
    this.watched = watched;
  }

  /** @throws RangeError where the event is not whole, or has not all columns of the key. */
  get rows(): RowReader {
    this.#rows ??= new RowReader(readColumns(this.body), this.watched?.key ?? []);
    return this.#rows;
  }
}

/** The tables that table-map events have announced, by the server's numbers for them. */
export class AnnouncedTables {
  readonly #tables: ReadonlyMap<string, WatchedTable>;
  readonly #anyCase: boolean;
  readonly #announced = new Map<number, AnnouncedTable>();

  constructor(tables: readonly WatchedTable[], anyCase: boolean) {
    this.#anyCase = anyCase;
    this.#tables = new Map(tables.map((table) => [this.#id(table.database, table.table), table]));
  }

  /** @throws RangeError where the event is not whole. */
  announce(event: BinlogEvent): void {
    const id = tableIdOf(event);
    const { buffer, bodyStart, end } = event;
    if (this.#announced.get(id)?.body.compare(buffer, bodyStart, end) === 0) return;
    const body = Buffer.from(event.body);
    const { database, table } = readTableName(body);
    this.#announced.set(id, new AnnouncedTable(body, this.#tables.get(this.#id(database, table)) ?? null));
  }

  of(id: number): AnnouncedTable | undefined {
    return this.#announced.get(id);
  }

  clear(): void {
    this.#announced.clear();
  }

  #id(database: string, table: string): string {
    const id = `${database}\0${table}`;
    return this.#anyCase ? id.toLowerCase() : id;
  }
}
