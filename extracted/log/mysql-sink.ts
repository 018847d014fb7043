import type { Knex } from 'knex';
import type { PageRequest, Sink } from './sink.ts';
import { type Entry, Level } from './thrift-types.ts';

type LevelName = keyof typeof Level;

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly source: string;
  readonly level: LevelName;
  readonly message: string;
  readonly fields: string | null;
}

const nameOf = Object.fromEntries(Object.entries(Level).map(([name, value]) => [value, name])) as Record<
  Level,
  LevelName
>;

/** A table with a partition a day: a day is read without the others, and dropped at once. */
export class MysqlSink implements Sink {
  readonly #database: Knex;
  /** The last day that has a partition, by its name, as far as this process knows. */
  #last = '';

  constructor(database: Knex) {
    this.#database = database;
  }

  async append(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const rows = entries.map(({ level, at, fields = null, ...rest }) => ({
      ...rest,
      day: at.slice(0, 10),
      at: new Date(at),
      level: nameOf[level],
      fields,
    }));
    for (const day of [...new Set(rows.map((row) => row.day))].sort()) await this.#partition(day);
    // One statement: all of them or none. What is there already stays as it is.
    await this.#database('entries')
      .insert(rows)
      .onConflict(['day', 'id'])
      .merge({ id: this.#database.ref('id') });
  }

  async query({ day, after, limit, newestFirst }: PageRequest): Promise<readonly Entry[]> {
    const [order, beyond] = newestFirst ? (['desc', '<'] as const) : (['asc', '>'] as const);
    const query = this.#database<Row & { readonly day: string }>('entries')
      .select('id', 'at', 'source', 'level', 'message', 'fields')
      .where({ day })
      .orderBy([
        { column: 'at', order },
        { column: 'id', order },
      ])
      .limit(limit);
    if (after !== null) query.whereRaw(`(at, id) ${beyond} (?, ?)`, [new Date(after.at), after.id]);
    const rows = (await query) as Row[];
    return rows.map(({ at, level, fields, ...rest }) => ({
      ...rest,
      at: at.toISOString(),
      level: Level[level],
      ...(fields !== null && { fields }),
    }));
  }

  close(): Promise<void> {
    return this.#database.destroy();
  }

  /**
   * Cuts the day's partition off `rest`. What is older than the first of them is in `earlier`; a day before the last one that was cut off goes to the
   * partition that holds its time.
   */
  async #partition(day: string): Promise<void> {
    const name = `d${day.replaceAll('-', '')}`;
    if (name <= this.#last) return;
    const [parts] = await this.#database.raw(
      `SELECT PARTITION_NAME AS name FROM information_schema.PARTITIONS
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'entries'`,
    );
    const days = (parts as { name: string }[]).map((part) => part.name).filter((one) => /^d\d+$/.test(one));
    this.#last = days.sort().at(-1) ?? '';
    if (name <= this.#last) return;
    const end = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const earlier = days.length === 0 ? `PARTITION earlier VALUES LESS THAN ('${day}'), ` : '';
    const cut = `PARTITION ${name} VALUES LESS THAN ('${end}'), PARTITION rest VALUES LESS THAN (MAXVALUE)`;
    await this.#database
      .raw(`ALTER TABLE entries REORGANIZE PARTITION rest INTO (${earlier}${cut})`)
      .catch((error) => {
        // Another process has just done it: there is one of that name, or a later one.
        if (![1493, 1517].includes((error as { errno?: number }).errno ?? 0)) throw error;
      });
    this.#last = name;
  }
}
