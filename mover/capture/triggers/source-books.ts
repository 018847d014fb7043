import { z } from 'zod';
import { BanyanError } from '../../../common/errors.ts';
import { ensureSchema } from '../../sql/ensure-schema.ts';
import { quoteTable, quoteText } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import type { CaptureRecord } from './capture-record.ts';

const recordSchema = z.object({
  columns: z.string(),
  identity: z.string(),
  capture: z.string(),
  log: z.string(),
});

/**
 * The record of complete captures, on the source's own server. It is written when all triggers of a table stand and
 * deleted before the first of them goes: where there is a record, every change since is in the log.
 */
export class SourceBooks {
  readonly #schema: string;
  readonly #database: string;

  constructor(schema: string, database: string) {
    this.#schema = schema;
    this.#database = database;
  }

  async ensureTables(session: Session): Promise<void> {
    await ensureSchema(session, this.#schema);
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#captures} (
         database_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         table_name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         fingerprint TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         installed_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
         PRIMARY KEY (database_name, table_name)
       ) ENGINE = InnoDB`,
    );
  }

  async read(session: Session, tables: readonly string[]): Promise<Map<string, CaptureRecord>> {
    const [books] = await session.texts(
      `SELECT 1 FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = ${quoteText(this.#schema)} AND TABLE_NAME = 'mover_captures'`,
    );
    if (books === undefined) return new Map();
    const rows = await session.texts(
      `SELECT table_name, fingerprint FROM ${this.#captures}
        WHERE database_name = ${quoteText(this.#database)} AND table_name IN (${tables.map(quoteText).join(', ')})`,
    );
    return new Map(rows.map(([table, text]) => [table ?? '', parse(text ?? '')]));
  }

  async write(session: Session, table: string, record: CaptureRecord): Promise<void> {
    await session.run(
      `INSERT INTO ${this.#captures} (database_name, table_name, fingerprint)
       VALUES (${quoteText(this.#database)}, ${quoteText(table)}, ${quoteText(JSON.stringify(record))})`,
    );
  }

  async forget(session: Session, table: string): Promise<void> {
    await session.run(
      `DELETE FROM ${this.#captures}
        WHERE database_name = ${quoteText(this.#database)} AND table_name = ${quoteText(table)}`,
    );
  }

  get #captures(): string {
    return quoteTable(this.#schema, 'mover_captures');
  }
}

function parse(text: string): CaptureRecord {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new BanyanError('BANYAN_CAPTURE_BROKEN', 'the record of a capture cannot be read', {
      fix: 'Another version of banyan wrote it: drop the capture, install it again and restart the copy.',
      cause: error,
    });
  }
}
