import { randomBytes } from 'node:crypto';
import { BanyanError } from '../../common/errors.ts';
import type { MoveSpec } from '../move-spec.ts';
import { ensureSchema } from '../sql/ensure-schema.ts';
import { featureColumns, featureKey } from '../sql/feature-key.ts';
import { quoteTable, quoteText } from '../sql/names.ts';
import { serverClockMs } from '../sql/server-clock.ts';
import type { Session } from '../sql/session.ts';

/** What a fence's row says. */
export interface FenceRecord {
  readonly closed: boolean;
  /** Grows with each claim of the move, and over the times that the feature was ended; a change under an earlier one finds no row. */
  readonly epoch: string;
}

/**
 * The row that closes and opens one side's tables of a feature, on that side's own server, and the keys to it, in two tables
 * of banyan's schema. Fence triggers read the row with a shared lock, which writers keep until their transactions end.
 *
 *   fences(database_name, feature, closed)
 *   fence_keys(database_name, feature, epoch, token, pass)
 *
 * - `token` is the fence's key, a random one for each epoch: a session that carries it writes to a closed table.
 * - `pass` lets a mover's writes through without a look at this row, and keeps them out of the capture log: the rows that an applier
 *   carries over are no changes of their own. It is as old as the row, because triggers hold its hash.
 *
 * The keys are a row of their own, so that a claim waits for no writer, and no writer waits behind a claim.
 */
export class FenceRow {
  readonly #schema: string;
  readonly #values: string;
  readonly #fences: string;
  readonly #keys: string;
  /** A condition that finds the row in either table. */
  readonly #here: string;

  constructor(schema: string, database: string, feature: string) {
    this.#schema = schema;
    this.#fences = quoteTable(schema, 'fences');
    this.#keys = quoteTable(schema, 'fence_keys');
    ({ values: this.#values, here: this.#here } = featureKey(database, feature));
  }

  static of(spec: MoveSpec, side: 'source' | 'target'): FenceRow {
    return new FenceRow(spec.bookkeepingSchema, spec[side].database, featureOf(spec));
  }

  /** A new row is closed: where triggers stand and the row was lost, they go on refusing. */
  async ensure(session: Session): Promise<void> {
    if ((await this.read(session)) !== null) return;
    await ensureSchema(session, this.#schema);
    for (const statement of [
      `CREATE TABLE IF NOT EXISTS ${this.#keys} (
         ${featureColumns}, epoch BIGINT UNSIGNED NOT NULL, token VARBINARY(64) NOT NULL, pass VARBINARY(64) NOT NULL,
         PRIMARY KEY (database_name, feature)
       ) ENGINE = InnoDB`,
      `CREATE TABLE IF NOT EXISTS ${this.#fences} (
         ${featureColumns}, closed TINYINT NOT NULL, PRIMARY KEY (database_name, feature)
       ) ENGINE = InnoDB`,
      `INSERT IGNORE INTO ${this.#keys} VALUES (${this.#values}, ${serverClockMs}, ${secret()}, ${secret()})`,
      `INSERT IGNORE INTO ${this.#fences} VALUES (${this.#values}, 1)`,
    ]) {
      await session.run(statement);
    }
  }

  /** Whoever read the fence before finds nothing to change from here on, and carries a token that opens nothing. */
  async claim(session: Session): Promise<void> {
    await this.ensure(session);
    await session.run(
      `UPDATE ${this.#keys} SET epoch = GREATEST(epoch + 1, ${serverClockMs}), token = ${secret()} WHERE ${this.#here}`,
    );
  }

  /** Null where there is no row, or no table yet. */
  async read(session: Session): Promise<FenceRecord | null> {
    const books = await session.texts(
      `SELECT TABLE_NAME FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = ${quoteText(this.#schema)} AND TABLE_NAME IN ('fences', 'fence_keys')`,
    );
    if (books.length < 2) return null;
    const [row] = await session.texts(
      `SELECT (SELECT closed FROM ${this.#fences} WHERE ${this.#here}), (SELECT epoch FROM ${this.#keys} WHERE ${this.#here})`,
    );
    const [closed, epoch] = row ?? [];
    return typeof closed === 'string' && typeof epoch === 'string' ? { closed: closed !== '0', epoch } : null;
  }

  /**
   * Waits for exactly the transactions that have written under the fence's triggers: they hold the row's shared lock. False
   * when the epoch is another one by now; then nothing was changed.
   */
  async set(session: Session, closed: boolean, epoch: string): Promise<boolean> {
    const { affectedRows } = await session.run(
      `UPDATE ${this.#fences} SET closed = ${closed ? 1 : 0} WHERE ${this.#here}
          AND EXISTS (SELECT 1 FROM ${this.#keys} WHERE ${this.#here} AND epoch = ${epoch} LOCK IN SHARE MODE)`,
    );
    return affectedRows === 1;
  }

  /**
   * Inside a transaction: the session passes fence and capture, and the fence neither opens nor changes hands before the
   * transaction ends.
   *
   * @throws BanyanError BANYAN_TARGET_OPEN where the fence is open: those tables own their rows, and what an applier that was
   * left over from before a handover brings is out of date.
   */
  async pass(session: Session): Promise<void> {
    const [row] = await session.texts(
      `SELECT closed FROM ${this.#fences} WHERE ${this.#here} LOCK IN SHARE MODE`,
    );
    if (row?.[0] === '0') throw targetOpen(this.#here);
    const one = (column: string) =>
      `(SELECT ${column} FROM ${this.#keys} WHERE ${this.#here} LOCK IN SHARE MODE)`;
    await session.run(`SET @banyan_token = ${one('token')}, @banyan_pass = ${one('pass')}`);
  }

  /** What triggers compare the hash of a session's `@banyan_pass` with: SHA-256 in hex. */
  async passHash(session: Session): Promise<string> {
    await this.ensure(session);
    const [row] = await session.texts(`SELECT SHA2(pass, 256) FROM ${this.#keys} WHERE ${this.#here}`);
    return row?.[0] ?? '';
  }

  /** For triggers: 1, 0 or NULL (no row). The lock makes the fence exact. */
  get closedExpression(): string {
    return `(SELECT closed FROM ${this.#fences} WHERE ${this.#here} LOCK IN SHARE MODE)`;
  }

  /** For triggers: whether the session carries the token. CAST, because a number is compared with text as a number. */
  get passesExpression(): string {
    return `(SELECT token = CAST(@banyan_token AS BINARY) FROM ${this.#keys} WHERE ${this.#here} LOCK IN SHARE MODE)`;
  }
}

/**
 * For triggers: runs the statements for the writes of anybody but a mover, which carries the pass of this hash. One comparison, since
 * MariaDB resolves each part of a condition anew for each row: `IS NULL OR <>` cost a copied row a microsecond more.
 * Without a pass it is NULL, which is no match. Compared as bytes, as everything with a binary literal is: to compare
 * 64 characters by a collation takes MySQL longer than to compute the hash.
 */
export function unlessMover(passHash: string, statements: string): string {
  return `IF ${isMover(passHash)} THEN BEGIN END; ELSE ${statements} END IF;`;
}

/** For triggers: true, false or NULL. */
export function isMover(passHash: string): string {
  return `SHA2(@banyan_pass, 256) = x'${Buffer.from(passHash, 'latin1').toString('hex')}'`;
}

function targetOpen(where: string): BanyanError {
  return new BanyanError(
    'BANYAN_TARGET_OPEN',
    `the fence of the side that rows are carried to is open (${where}): nothing was written there`,
    {
      fix: 'Nothing after a handover. Otherwise find out who opened the fence, then `banyan resume`: it closes it again.',
    },
  );
}

/** Both directions of a feature's moves share its fences. */
export function featureOf(spec: Pick<MoveSpec, 'id'>): string {
  return spec.id.replace(/:(forward|reverse)$/, '');
}

function secret(): string {
  return quoteText(randomBytes(24).toString('hex'));
}
