import { captureTriggerNames, logName } from '../capture/triggers/capture-names.ts';
import { feedTableName } from '../feed/feed-books.ts';
import { featureOf } from '../fence/fence-row.ts';
import { isFenceTrigger } from '../fence/fence-statements.ts';
import { Refusals } from '../fence/refusals.ts';
import { type MoveSpec, sideTables } from '../move-spec.ts';
import { featureKey } from '../sql/feature-key.ts';
import { quoteName, quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { readTriggers } from '../watch/read-triggers.ts';
import { asideName } from './aside-name.ts';
import type { EndingStep } from './ending-plan.ts';

type Side = EndingStep['side'];

/** What several features share. The fences last: as long as their table names a feature, nothing of these is dropped. */
const sharedTables = [
  ...['mover_captures', 'mover_cascades', 'mover_cascade_rows', 'mover_binlog', 'mover_beats'],
  ...['mover_progress', 'mover_targets'],
  ...['mover_counts', 'mover_marks'],
  ...['mover_verified', 'mover_verifies', 'mover_deferred'],
  ...['mover_offers', 'mover_movers', 'mover_feeds', 'mover_feed_snapshots', 'mover_feed_watermarks'],
  ...['mover_epochs', 'fence_keys', 'fences'],
];

/** One side's server, and all that a feature's moves have left on it. */
export class Remains {
  readonly #session: Session;
  readonly #spec: MoveSpec;
  readonly #side: Side;
  /** Of banyan's schema. */
  readonly #present: ReadonlySet<string>;

  private constructor(session: Session, spec: MoveSpec, side: Side, present: ReadonlySet<string>) {
    this.#session = session;
    this.#spec = spec;
    this.#side = side;
    this.#present = present;
  }

  /** `spec`: the forward move. */
  static async read(session: Session, spec: MoveSpec, side: Side): Promise<Remains> {
    const rows = await session.texts(
      `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoteText(spec.bookkeepingSchema)}`,
    );
    return new Remains(session, spec, side, new Set(rows.map(([name]) => name ?? '')));
  }

  /** The record of a capture goes before its triggers, the triggers before the logs that they write to. */
  async capturesAndFences(): Promise<EndingStep[]> {
    const triggers = await this.#triggers();
    const logs = this.#logs.map((log) =>
      this.#step('capture', `DROP TABLE IF EXISTS ${this.#book(log)}`, 'changes that were noted'),
    );
    const hits = this.#hits.map((table) =>
      this.#step('capture', `DROP TABLE IF EXISTS ${this.#book(table)}`, 'the count of refused writes'),
    );
    return [
      ...(await this.#forget('mover_captures', 'capture')),
      ...(await this.#forget('mover_binlog', 'capture')),
      ...triggers,
      ...logs,
      ...hits,
      ...this.#feed.map((table) =>
        this.#step('capture', `DROP TABLE IF EXISTS ${this.#book(table)}`, 'the change feed’s entries'),
      ),
    ];
  }

  /** The feature's rows in banyan's tables. The epochs go before the fences: from then on no mover left over commits. */
  async rows(): Promise<EndingStep[]> {
    const steps: EndingStep[] = [];
    for (const table of sharedTables) steps.push(...(await this.#forget(table, 'books')));
    return steps;
  }

  /** Whether a mover has ever worked towards this side. */
  async claimed(): Promise<boolean> {
    return this.#any('mover_epochs', `move_id = ${quoteText(this.#spec.id)}`);
  }

  /** Banyan's tables and their schema, where no feature uses them any more; `spec`'s feature does not count. */
  async shared(): Promise<EndingStep[]> {
    const { bookkeepingSchema } = this.#spec;
    const [exists] = await this.#session.texts(
      `SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(bookkeepingSchema)}`,
    );
    if (exists === undefined) return [];
    const ours = new Set([...this.#logs, ...this.#hits, ...this.#feed]);
    if (this.#present.has('fences')) {
      const sides = isOneServer(this.#spec) ? (['source', 'target'] as const) : [this.#side];
      const own = sides.map((side) => `(${fenceRows(this.#spec, side)})`).join(' OR ');
      if (await this.#any('fences', `NOT (${own})`)) return [];
      if (sides.length > 1) {
        for (const log of logsOf(this.#spec, 'source')) ours.add(log);
        ours.add(Refusals.of(this.#spec, 'source').table);
        ours.add(feedOf(this.#spec, 'source'));
      }
    }
    const left = [...this.#present].filter((name) => !ours.has(name));
    const dropped = left.filter((name) => sharedTables.includes(name) || name.startsWith('mover_log_'));
    dropped.sort((one, other) => sharedTables.indexOf(one) - sharedTables.indexOf(other));
    const schema = `DROP DATABASE IF EXISTS ${quoteName(bookkeepingSchema)}`;
    const keepsSchema = left.length > dropped.length || (await this.#holdsMore());
    return [
      ...dropped.map((name) =>
        this.#step(
          'shared',
          `DROP TABLE IF EXISTS ${this.#book(name)}`,
          'a table of banyan’s that no feature uses any more',
        ),
      ),
      ...(keepsSchema ? [] : [this.#step('shared', schema, 'the schema, with nothing left in it')]),
    ];
  }

  /** Routines and events: a schema that is more than banyan's is not dropped. */
  async #holdsMore(): Promise<boolean> {
    const schema = quoteText(this.#spec.bookkeepingSchema);
    const [row] = await this.#session.texts(
      `SELECT (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ${schema})
            + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ${schema})`,
    );
    return row?.[0] !== '0';
  }

  async #triggers(): Promise<EndingStep[]> {
    const { database } = this.#spec[this.#side];
    const tables = sideTables(this.#spec, this.#side);
    const captures = new Set(tables.flatMap((table) => captureTriggerNames(database, table)));
    // Triggers go with a table that is renamed.
    const standing = new Set([...tables, ...tables.map(asideName)]);
    const found = await readTriggers(this.#session, database, 'all');
    return found
      .filter(({ name, table }) => captures.has(name) || (isFenceTrigger(name) && standing.has(table)))
      .map(({ name, table }) =>
        this.#step(
          'capture',
          `DROP TRIGGER IF EXISTS ${quoteTable(database, name)}`,
          `${isFenceTrigger(name) ? 'the fence' : 'the capture'} of ${table}`,
          true,
        ),
      );
  }

  async #forget(table: string, part: EndingStep['part']): Promise<EndingStep[]> {
    const where = rowsOf(this.#spec, this.#side, table);
    if (where === null || !(await this.#any(table, where))) return [];
    return [
      this.#step(
        part,
        `DELETE FROM ${this.#book(table)} WHERE ${where}`,
        'what banyan noted of this feature',
      ),
    ];
  }

  async #any(table: string, where: string): Promise<boolean> {
    if (!this.#present.has(table)) return false;
    const [row] = await this.#session.texts(`SELECT 1 FROM ${this.#book(table)} WHERE ${where} LIMIT 1`);
    return row !== undefined;
  }

  get #logs(): string[] {
    return logsOf(this.#spec, this.#side).filter((log) => this.#present.has(log));
  }

  get #hits(): string[] {
    return [Refusals.of(this.#spec, this.#side).table].filter((table) => this.#present.has(table));
  }

  get #feed(): string[] {
    return [feedOf(this.#spec, this.#side)].filter((table) => this.#present.has(table));
  }

  #book(name: string): string {
    return quoteTable(this.#spec.bookkeepingSchema, name);
  }

  #step(part: EndingStep['part'], sql: string, about: string, alone = false): EndingStep {
    return { side: this.#side, part, sql, about, alone };
  }
}

/** Both sides' databases lie on one server, and so does all that banyan keeps of them. */
export function isOneServer({ source, target }: MoveSpec): boolean {
  return source.host === target.host && source.port === target.port;
}

function logsOf(spec: MoveSpec, side: Side): string[] {
  const { database } = spec[side];
  return sideTables(spec, side).map((table) => logName(database, table));
}

function feedOf(spec: MoveSpec, side: Side): string {
  return feedTableName(spec[side].database, featureOf(spec));
}

/** Kept by database and feature. */
const byFeature = [
  'fences',
  'fence_keys',
  'mover_counts',
  'mover_marks',
  'mover_feeds',
  'mover_feed_snapshots',
  'mover_feed_watermarks',
];

function rowsOf(spec: MoveSpec, side: Side, table: string): string | null {
  if (table === 'mover_cascades' || table === 'mover_cascade_rows') return null;
  if (byFeature.includes(table)) return fenceRows(spec, side);
  if (table === 'mover_captures') {
    const names = sideTables(spec, side).map(quoteText).join(', ');
    return `database_name = ${quoteText(spec[side].database)} AND table_name IN (${names})`;
  }
  const feature = featureOf(spec);
  return `move_id IN (${quoteText(`${feature}:forward`)}, ${quoteText(`${feature}:reverse`)})`;
}

function fenceRows(spec: MoveSpec, side: Side): string {
  return featureKey(spec[side].database, featureOf(spec)).here;
}
