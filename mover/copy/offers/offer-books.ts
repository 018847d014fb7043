import { createHash } from 'node:crypto';
import { keyFromProgress, keyToProgress, type ProgressRange } from '../../bookkeeping/table-progress.ts';
import type { KeyRange } from '../../plan/key-range.ts';
import type { TablePlan } from '../../plan/table-plan.ts';
import { quoteTable, quoteText } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import { inTransaction } from '../../sql/transaction.ts';
import type { ChunkMeasure } from '../chunk-size.ts';

/** A mover that has said within its lease that it is there. */
export interface LiveMover {
  readonly mover: string;
  readonly host: string;
  readonly pid: number;
  /** Chunks that it takes at a time. */
  readonly workers: number;
  /** It copies instead of the process that has the move. */
  readonly instead: boolean;
}

/** A chunk for whoever takes it first. */
export interface Offer {
  readonly no: string;
  readonly epoch: number;
  /** Of the plan, as the spec names it. */
  readonly table: string;
  readonly range: KeyRange;
  /** Of the plan that it is read and written by. */
  readonly plan: string;
}

export type OfferState =
  | { readonly state: 'offered' }
  | { readonly state: 'taken'; readonly mover: string; readonly alive: boolean }
  | { readonly state: 'landed'; readonly measure: ChunkMeasure }
  /** Not landed: only the process that has the move can settle what is in the way. */
  | { readonly state: 'returned'; readonly reason: string };

/**
 * Chunks that the process which has a move offers to movers, and those movers, in two tables of banyan's schema on the target's
 * server. A chunk is said to have landed in the transaction that lands it.
 *
 *   mover_offers(no, move_id, epoch, table_name, chunk, plan, state, mover, said)
 *   mover_movers(move_id, mover, host, pid, workers, instead, beat_at)
 */
export class OfferBooks {
  readonly #offers: string;
  readonly #movers: string;
  readonly #schema: string;
  readonly #moveId: string;
  /** A mover that has not been heard of for so long has died. */
  readonly #leaseMs: number;

  constructor(schema: string, moveId: string, leaseMs: number) {
    this.#offers = quoteTable(schema, 'mover_offers');
    this.#movers = quoteTable(schema, 'mover_movers');
    this.#schema = schema;
    this.#moveId = quoteText(moveId);
    this.#leaseMs = leaseMs;
  }

  async ensureTables(session: Session): Promise<void> {
    const name = (length: number) => `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`;
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#offers} (
         no BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, move_id ${name(190)}, epoch BIGINT UNSIGNED NOT NULL,
         table_name ${name(64)}, chunk LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, plan ${name(64)},
         state ENUM('offered', 'taken', 'landed', 'returned') NOT NULL, mover ${name(190)},
         said TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
         KEY (move_id, state)
       ) ENGINE = InnoDB`,
    );
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#movers} (
         move_id ${name(190)}, mover ${name(190)}, host ${name(255)}, pid INT UNSIGNED NOT NULL, workers INT NOT NULL,
         instead TINYINT NOT NULL, beat_at TIMESTAMP(3) NOT NULL, PRIMARY KEY (move_id, mover)
       ) ENGINE = InnoDB`,
    );
  }

  /** A mover makes no tables: where there are none, nothing was ever offered. */
  async present(session: Session): Promise<boolean> {
    const rows = await session.texts(
      `SELECT 1 FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = ${quoteText(this.#schema)} AND TABLE_NAME IN ('mover_offers', 'mover_movers')`,
    );
    return rows.length === 2;
  }

  async beat(session: Session, { mover, host, pid, workers, instead }: LiveMover): Promise<void> {
    const values = [this.#moveId, quoteText(mover), quoteText(host), pid, workers, instead ? 1 : 0, 'NOW(3)'];
    await session.run(`REPLACE INTO ${this.#movers} VALUES (${values.join(', ')})`);
  }

  async leave(session: Session, mover: string): Promise<void> {
    await session.run(
      `DELETE FROM ${this.#movers} WHERE move_id = ${this.#moveId} AND mover = ${quoteText(mover)}`,
    );
  }

  /** Those that live. The dead are forgotten after a while. */
  async movers(session: Session): Promise<LiveMover[]> {
    const rows = await session.texts(
      `SELECT mover, host, pid, workers, instead FROM ${this.#movers}
        WHERE move_id = ${this.#moveId} AND ${this.#alive('beat_at')} ORDER BY mover`,
    );
    return rows.map(([mover, host, pid, workers, instead]) => ({
      mover: mover ?? '',
      host: host ?? '',
      pid: Number(pid),
      workers: Number(workers),
      instead: instead === '1',
    }));
  }

  async offer(session: Session, offer: Omit<Offer, 'no'>): Promise<string> {
    const { epoch, table, range, plan } = offer;
    const chunk: ProgressRange = {
      after: range.after && keyToProgress(range.after),
      upTo: range.upTo && keyToProgress(range.upTo),
    };
    const values = [table, JSON.stringify(chunk), plan].map(quoteText).join(', ');
    await session.run(
      `INSERT INTO ${this.#offers} (move_id, epoch, table_name, chunk, plan, state, mover, said)
       VALUES (${this.#moveId}, ${epoch}, ${values}, 'offered', '', '')`,
    );
    const [row] = await session.texts('SELECT LAST_INSERT_ID()');
    return row?.[0] ?? '';
  }

  /** The oldest that nobody has; it is the mover's from now on. Of several movers none waits for another. */
  take(session: Session, mover: string): Promise<Offer | null> {
    return inTransaction(session, async () => {
      const [row] = await session.texts(
        `SELECT no, epoch, table_name, chunk, plan FROM ${this.#offers}
          WHERE move_id = ${this.#moveId} AND state = 'offered' ORDER BY no LIMIT 1 FOR UPDATE SKIP LOCKED`,
      );
      if (row === undefined) return null;
      const [no = '', epoch, table, chunk, plan] = row.map((value) => value ?? '');
      await session.run(
        `UPDATE ${this.#offers} SET state = 'taken', mover = ${quoteText(mover)} WHERE no = ${no}`,
      );
      const { after, upTo } = JSON.parse(chunk ?? '') as ProgressRange;
      const range = { after: keyFromProgress(after), upTo: keyFromProgress(upTo) };
      return { no, epoch: Number(epoch), table: table ?? '', range, plan: plan ?? '' };
    });
  }

  /** In the transaction that lands it, before it writes: whoever took the chunk back waits, or was faster. */
  async holds(session: Session, no: string, mover: string): Promise<boolean> {
    const [row] = await session.texts(`SELECT state, mover FROM ${this.#offers} WHERE no = ${no} FOR UPDATE`);
    return row?.[0] === 'taken' && row[1] === mover;
  }

  /** In the same transaction, last. */
  async land(session: Session, no: string, measure: ChunkMeasure): Promise<void> {
    await session.run(
      `UPDATE ${this.#offers} SET state = 'landed', said = ${quoteText(JSON.stringify(measure))} WHERE no = ${no}`,
    );
  }

  async giveBack(session: Session, no: string, mover: string, reason: string): Promise<void> {
    await session.run(
      `UPDATE ${this.#offers} SET state = 'returned', said = ${quoteText(reason)}
        WHERE no = ${no} AND state = 'taken' AND mover = ${quoteText(mover)}`,
    );
  }

  /** By number; one that is missing was taken away. */
  async states(session: Session, numbers: readonly string[]): Promise<Map<string, OfferState>> {
    if (numbers.length === 0) return new Map();
    const rows = await session.texts(
      `SELECT no, state, mover, said,
              EXISTS (SELECT 1 FROM ${this.#movers} AS movers
                       WHERE movers.move_id = offers.move_id AND movers.mover = offers.mover AND ${this.#alive('movers.beat_at')})
         FROM ${this.#offers} AS offers WHERE no IN (${numbers.join(', ')})`,
    );
    return new Map(
      rows.map(([no, state, mover, said, alive]) => [no ?? '', stateOf(state, mover, said, alive === '1')]),
    );
  }

  /** Takes a chunk back that has not landed, from whoever has it. False where it has landed, or was returned, meanwhile. */
  async takeBack(session: Session, no: string): Promise<boolean> {
    const { affectedRows } = await session.run(
      `DELETE FROM ${this.#offers} WHERE no = ${no} AND state IN ('offered', 'taken')`,
    );
    return affectedRows === 1;
  }

  async forget(session: Session, no: string): Promise<void> {
    await session.run(`DELETE FROM ${this.#offers} WHERE no = ${no}`);
  }

  /** All of the move, of whatever epoch. What had landed and is not in the progress is copied once more. */
  async forgetAll(session: Session): Promise<void> {
    await session.run(`DELETE FROM ${this.#offers} WHERE move_id = ${this.#moveId}`);
    await session.run(
      `DELETE FROM ${this.#movers} WHERE move_id = ${this.#moveId} AND NOT (${this.#alive('beat_at')})`,
    );
  }

  #alive(beat: string): string {
    return `${beat} > NOW(3) - INTERVAL ${this.#leaseMs * 1_000} MICROSECOND`;
  }
}

/** SQL of the name of a lock that the connection which writes a chunk holds: it tells whose it is, if it has to be ended. */
export function landingLock(schema: string, no: string): string {
  const place = createHash('sha256').update(schema).digest('hex').slice(0, 24);
  return quoteText(`banyan:offer:${place}:${no}`);
}

/** Both processes must read and write the same columns in the same way. */
export function planPrint(plan: TablePlan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex');
}

function stateOf(
  state: string | null | undefined,
  mover: string | null | undefined,
  said: string | null | undefined,
  alive: boolean,
): OfferState {
  switch (state) {
    case 'landed':
      return { state, measure: JSON.parse(said ?? '') as ChunkMeasure };
    case 'returned':
      return { state, reason: said ?? '' };
    case 'taken':
      return { state, mover: mover ?? '', alive };
    default:
      return { state: 'offered' };
  }
}
