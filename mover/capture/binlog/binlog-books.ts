import { z } from 'zod';
import { columnsOf } from '../../sql/columns-of.ts';
import { ensureSchema } from '../../sql/ensure-schema.ts';
import { quoteTable, quoteText } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import { sameFingerprint } from '../../watch/fingerprint.ts';
import type { BinlogPlace } from './binlog-position.ts';

const tablesSchema = z.record(z.string(), z.object({ columns: z.string(), identity: z.string() }));

/** What is kept of a capture from the binary log, on the source's own server. */
export interface BinlogRecord {
  /** Differs for each installation: a process that knows an earlier one saves nothing. */
  readonly generation: string;
  /** Whose log it is. */
  readonly server: string;
  /** Every change before it is applied on the target. */
  readonly position: BinlogPlace;
  /** What the captured tables looked like, by name. */
  readonly tables: z.infer<typeof tablesSchema>;
  /** Why changes may be missing; null while none can be. */
  readonly broken: string | null;
}

/**
 * The record of each capture, and its heart: a row of which each beat is a commit like any other, so that it tells by its
 * coming how far the log has been read, and by its return that all commits logged before are visible.
 *
 *   mover_binlog(move_id, generation, server, file, position, tables, broken, gtids, born)
 *   mover_beats(move_id, beat)
 */
export class BinlogBooks {
  static readonly beats = 'mover_beats';
  readonly #schema: string;
  readonly #moveId: string;

  constructor(schema: string, moveId: string) {
    this.#schema = schema;
    this.#moveId = moveId;
  }

  async ensureTables(session: Session): Promise<void> {
    const text = (length: number) => `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`;
    await ensureSchema(session, this.#schema);
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#records} (
         move_id ${text(190)} PRIMARY KEY, generation ${text(64)}, server ${text(500)}, file ${text(500)},
         position BIGINT UNSIGNED NOT NULL,
         tables LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         broken TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, ${added}
       ) ENGINE = InnoDB`,
    );
    // Made by a version that knew none of these.
    if (!(await this.#columns(session)).has('gtids')) {
      await session.run(`ALTER TABLE ${this.#records} ADD COLUMN (${added})`);
    }
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#beats} (move_id ${text(190)} PRIMARY KEY, beat ${text(64)}) ENGINE = InnoDB`,
    );
  }

  async read(session: Session): Promise<BinlogRecord | null> {
    const columns = await this.#columns(session);
    if (columns.size === 0) return null;
    const late = columns.has('gtids') ? 'gtids, born' : 'NULL, NULL';
    const [row] = await session.texts(
      `SELECT generation, server, file, position, tables, broken, ${late} FROM ${this.#records} WHERE ${this.#here}`,
    );
    if (row === undefined) return null;
    const [generation, server, file, at, tables, broken, gtids, born] = row;
    const parsed = tablesSchema.safeParse(parseJson(tables ?? ''));
    return {
      generation: generation ?? '',
      server: server ?? '',
      position: {
        ...{ file: file ?? '', at: Number(at) },
        ...{ gtids: gtids ?? null, born: born === null || born === undefined ? null : Number(born) },
      },
      tables: parsed.success ? parsed.data : {},
      broken: parsed.success ? (broken ?? null) : 'its record cannot be read',
    };
  }

  async write(session: Session, record: BinlogRecord): Promise<void> {
    const { generation, server, position, tables } = record;
    await session.run(
      `REPLACE INTO ${this.#records} SET move_id = ${quoteText(this.#moveId)}, generation = ${quoteText(generation)},
         server = ${quoteText(server)}, ${assignments(position)}, tables = ${quoteText(JSON.stringify(tables))}`,
    );
  }

  /** Saves nothing once the log is read on another server. */
  async savePosition(
    session: Session,
    { generation, server }: BinlogRecord,
    position: BinlogPlace,
  ): Promise<void> {
    await session.run(
      `UPDATE ${this.#records} SET ${assignments(position)} WHERE ${this.#here}
         AND generation = ${quoteText(generation)} AND server = ${quoteText(server)}`,
    );
  }

  /** The log of `before` is read on from here on another server, which has other numbers for the same tables. */
  async changeServer(session: Session, before: BinlogRecord, now: BinlogRecord): Promise<void> {
    await session.run(
      `UPDATE ${this.#records} SET server = ${quoteText(now.server)}, ${assignments(now.position)},
              tables = ${quoteText(JSON.stringify(now.tables))}
        WHERE ${this.#here} AND generation = ${quoteText(before.generation)} AND server = ${quoteText(before.server)}`,
    );
  }

  async saveBroken(session: Session, generation: string, why: string): Promise<void> {
    await session.run(
      `UPDATE ${this.#records} SET broken = ${quoteText(why.slice(0, 2_000))}
        WHERE ${this.#here} AND generation = ${quoteText(generation)}`,
    );
  }

  async forget(session: Session): Promise<void> {
    await session.run(`DELETE FROM ${this.#records} WHERE ${this.#here}`);
  }

  /** Commits one row. */
  async beat(session: Session, value: string): Promise<void> {
    const written = await session.run(
      `UPDATE ${this.#beats} SET beat = ${quoteText(value)} WHERE ${this.#here}`,
    );
    if (written.affectedRows === 1) return;
    await session.run(`REPLACE INTO ${this.#beats} VALUES (${quoteText(this.#moveId)}, ${quoteText(value)})`);
  }

  /** Of the table of records; none where there is no such table. */
  #columns(session: Session): Promise<Set<string>> {
    return columnsOf(session, this.#schema, 'mover_binlog');
  }

  get #here(): string {
    return `move_id = ${quoteText(this.#moveId)}`;
  }

  get #records(): string {
    return quoteTable(this.#schema, 'mover_binlog');
  }

  get #beats(): string {
    return quoteTable(this.#schema, BinlogBooks.beats);
  }
}

const added = 'gtids LONGTEXT CHARACTER SET ascii COLLATE ascii_bin NULL, born BIGINT NULL';

function assignments({ file, at, gtids, born }: BinlogPlace): string {
  return `file = ${quoteText(file)}, position = ${at}, gtids = ${gtids === null ? 'NULL' : quoteText(gtids)}, born = ${born ?? 'NULL'}`;
}

/** Of the captured tables, the first that is not what it was when the capture was installed; null when all are. */
export function alteredTable(
  { tables }: BinlogRecord,
  now: ReadonlyMap<string, BinlogRecord['tables'][string]>,
  names: readonly string[],
): string | null {
  const altered = names.find((name) => {
    const [was, is] = [tables[name], now.get(name)];
    return was === undefined || is === undefined || !sameFingerprint(was, is);
  });
  return altered ?? null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
