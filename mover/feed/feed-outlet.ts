import { BanyanError } from '../../common/errors.ts';
import type {
  PublishedMessage,
  RelayMessage,
  RelayRows,
  RelayWatermark,
} from '../../common/relay/relay-rows.ts';
import { isTableMissing } from '../../common/table-missing.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSpec } from '../move-spec.ts';
import { sideTables } from '../move-spec.ts';
import { Link } from '../sql/link.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { FeedBooks } from './feed-books.ts';
import { type FeedStanding, readFeedStanding } from './feed-standing.ts';
import { type AskedSnapshot, SnapshotBooks } from './snapshot-books.ts';
import { subjectToken } from './subject-token.ts';
import { WatermarkBooks } from './watermark-books.ts';

type Side = 'source' | 'target';

/** Of entries in memory. */
const bytesAtOnce = 8 * 1024 * 1024;

const sides: readonly Side[] = ['source', 'target'];
const columns = 'seq, epoch, table_name, key_token, key_json, op, snapshot, after_json, read_at';

/**
 * A feature's feed as a relay sees it: the entries on both servers, in the order in which they may be sent. `spec`: the forward move.
 *
 * **Epoch after epoch.** Entries of the smallest epoch that waits come first. When an entry of an epoch is seen, all those of smaller epochs
 * are committed, on both servers (`FeedBooks`): so where one side has the smallest at first sight, the other is looked at again, afterwards,
 * for smaller ones. What is not there then will never be.
 */
export class FeedOutlet implements RelayRows {
  readonly #spec: MoveSpec;
  readonly #links: Readonly<Record<Side, Link>>;
  readonly #books: Readonly<Record<Side, FeedBooks>>;
  readonly #snapshots: SnapshotBooks;
  #seen = false;

  constructor(spec: MoveSpec) {
    this.#spec = spec;
    const link = (side: Side) => new Link({ endpoint: spec[side], lockWaitSeconds: 20 });
    this.#links = { source: link('source'), target: link('target') };
    this.#books = { source: FeedBooks.of(spec, 'source'), target: FeedBooks.of(spec, 'target') };
    this.#snapshots = SnapshotBooks.of(spec, 'source');
  }

  /** The lock is on legacy's server, and ends with the connection. */
  async alone(work: () => Promise<void>): Promise<boolean> {
    const session = await this.#links.source.session();
    const name = `CONCAT('banyan feed ', SHA2(${quoteText(`${this.#spec.bookkeepingSchema} ${this.#feature}`)}, 224))`;
    const [row] = await session.texts(`SELECT GET_LOCK(LEFT(${name}, 64), 0)`);
    if (row?.[0] !== '1') {
      // Whoever stands by until the feed's end has to know then that there was one.
      if (!this.#seen) await this.hasBegun();
      return false;
    }
    try {
      await work();
    } finally {
      await session.texts(`SELECT RELEASE_LOCK(LEFT(${name}, 64))`).catch(() => session.close());
    }
    return true;
  }

  /** Whether either server has entries' tables: they come with the first copy and go with the feature's end. */
  async hasBegun(): Promise<boolean> {
    const found = await Promise.all(sides.map((side) => this.#waiting(side, 1)));
    if (found.some((rows) => rows !== null)) this.#seen = true;
    return this.#seen;
  }

  /** @throws BanyanError BANYAN_FEED_ENDED, where there was a feed before */
  async pending(limit: number): Promise<readonly RelayMessage[]> {
    const found = await Promise.all(sides.map((side) => this.#waiting(side, limit)));
    if (found.every((rows) => rows === null)) {
      if (this.#seen) throw ended(this.#feature);
      return [];
    }
    this.#seen = true;
    const [first, second] = found.map((rows) => rows?.[0]?.epoch ?? Number.POSITIVE_INFINITY) as [
      number,
      number,
    ];
    const [side, rows, epoch] =
      first <= second ? (['source', found[0], first] as const) : (['target', found[1], second] as const);
    if (!Number.isFinite(epoch)) return [];
    const other = side === 'source' ? 'target' : 'source';
    const earlier = (await this.#waiting(other, limit, epoch)) ?? [];
    return earlier.length > 0 ? this.#ofFirstEpoch(other, earlier) : this.#ofFirstEpoch(side, rows ?? []);
  }

  /**
   * The later one of both sides, when nothing waits up to it. It is read before it is looked at what waits: so all entries that it counts are
   * there by then.
   */
  async watermark(): Promise<RelayWatermark | null> {
    const found = await Promise.all(
      sides.map(async (side) => ({
        side,
        ...(await WatermarkBooks.of(this.#spec, side).read(await this.#links[side].session())),
      })),
    );
    const latest = found.reduce((one, other) => ((other.epoch ?? 0) > (one.epoch ?? 0) ? other : one));
    const { side, epoch = 0, seq = 0, until = 0 } = latest;
    if (until === 0) return null;
    for (const one of sides) {
      const [first] = (await this.#waiting(one, 1)) ?? [];
      if (first === undefined || first.epoch > epoch) continue;
      if (first.epoch < epoch || (one === side && first.seq <= seq)) return null;
    }
    return {
      subject: `watermarks.changes.${subjectToken(this.#feature)}`,
      body: {
        ...{ feature: this.#feature, side: ownerSide(side), db: this.#spec.target.database },
        ...{ tables: sideTables(this.#spec, 'target'), epoch, seq, told_until: until },
      },
    };
  }

  async mark(published: readonly PublishedMessage[], at: Date): Promise<void> {
    for (const side of sides) {
      const here = published
        .map(({ row, streamSeq }) => ({ at: row.split(' '), streamSeq }))
        .filter(({ at: [of] }) => of === side)
        .map(({ at: [, seq], streamSeq }) => ({ seq: Number(seq), streamSeq }));
      if (here.length === 0) continue;
      const cases = here.map(({ seq, streamSeq }) => `WHEN ${seq} THEN ${Number(streamSeq)}`).join(' ');
      await this.#run(
        side,
        (place) => `UPDATE ${place} SET sent_at = ${at.getTime()}, stream_seq = CASE seq ${cases} END
          WHERE seq IN (${here.map(({ seq }) => seq).join(', ')})`,
      );
    }
  }

  async last(): Promise<{ readonly id: string; readonly streamSeq: number } | null> {
    const found = await Promise.all(
      sides.map((side) =>
        this.#texts(
          side,
          (place) =>
            `SELECT epoch, seq, stream_seq FROM ${place} WHERE stream_seq IS NOT NULL ORDER BY stream_seq DESC LIMIT 1`,
        ),
      ),
    );
    const all = found.flat().map(([epoch, seq, streamSeq]) => ({
      id: this.#messageId(Number(epoch), Number(seq)),
      streamSeq: Number(streamSeq),
    }));
    return all.sort((one, other) => other.streamSeq - one.streamSeq)[0] ?? null;
  }

  unmarkBeyond(streamSeq: number): Promise<number> {
    return this.#onBoth(
      (place) =>
        `UPDATE ${place} SET sent_at = NULL, stream_seq = NULL WHERE stream_seq > ${Number(streamSeq)}`,
    );
  }

  unmarkAll(): Promise<number> {
    return this.#onBoth(
      (place) => `UPDATE ${place} SET sent_at = NULL, stream_seq = NULL WHERE sent_at IS NOT NULL`,
    );
  }

  async deletePublishedBefore(before: Date, limit: number): Promise<number> {
    let deleted = 0;
    for (const side of sides) {
      // By number, not by range: a range would lock the place where the next entry goes.
      const old = await this.#texts(
        side,
        (place) =>
          `SELECT seq FROM ${place} WHERE sent_at < ${before.getTime()} ORDER BY sent_at LIMIT ${limit}`,
      );
      if (old.length === 0) continue;
      const list = old.map(([seq]) => seq).join(', ');
      await this.#run(side, (place) => `DELETE FROM ${place} WHERE seq IN (${list}) AND sent_at IS NOT NULL`);
      deleted = Math.max(deleted, old.length);
    }
    return deleted;
  }

  async standing(): Promise<FeedStanding> {
    return readFeedStanding(this.#spec, 'target', {
      source: await this.#links.source.session(),
      target: await this.#links.target.session(),
    });
  }

  /** Asks for a snapshot of these of the service's tables, of all unless given. The mover makes it. Returns their ids. */
  async askForSnapshot(tables: readonly string[] = sideTables(this.#spec, 'target')): Promise<string[]> {
    return this.#snapshots.ask(await this.#links.source.session(), tables);
  }

  async snapshots(): Promise<readonly AskedSnapshot[]> {
    return this.#snapshots.read(await this.#links.source.session());
  }

  close(): void {
    for (const side of sides) this.#links[side].close();
  }

  get #feature(): string {
    return featureOf(this.#spec);
  }

  #messageId(epoch: number, seq: number): string {
    return `${this.#feature}:${epoch}:${seq}`;
  }

  /** Null where there is no table. */
  async #waiting(side: Side, limit: number, before?: number): Promise<WaitingEntry[] | null> {
    try {
      const session = await this.#links[side].session();
      const from = `FROM ${this.#books[side].entries}
          WHERE sent_at IS NULL${before === undefined ? '' : ` AND epoch < ${before}`} ORDER BY epoch, seq`;
      // Entries may be megabytes long: their lengths first.
      const lengths = await session.texts(`SELECT COALESCE(LENGTH(after_json), 0) ${from} LIMIT ${limit}`);
      const fitting = fittingIn(lengths.map(([length]) => Number(length)));
      if (fitting === 0) return [];
      const rows = await session.texts(`SELECT ${columns} ${from} LIMIT ${fitting}`);
      return rows.map(([seq, epoch, table, token, key, op, snapshot, after, readAt]) => ({
        ...{ seq: Number(seq), epoch: Number(epoch), table: table ?? '', token: token ?? '' },
        ...{
          key: key ?? 'null',
          op: op ?? '',
          snapshot: snapshot ?? '',
          after: after ?? 'null',
          readAt: readAt ?? '0',
        },
      }));
    } catch (error) {
      if (isTableMissing(error)) return null;
      throw error;
    }
  }

  /** The epoch that follows may have its first entries on either side. */
  #ofFirstEpoch(side: Side, rows: readonly WaitingEntry[]): RelayMessage[] {
    return rows.filter(({ epoch }) => epoch === rows[0]?.epoch).map((row) => this.#message(side, row));
  }

  #message(side: Side, entry: WaitingEntry): RelayMessage {
    const { seq, epoch, table, token, key, op, snapshot, after, readAt } = entry;
    const source = {
      ...{ connector: 'banyan', name: this.#feature, feature: this.#feature },
      ...{ side: ownerSide(side), db: this.#spec.target.database },
      ...{ table, epoch, seq, snapshot },
    };
    const subject = `changes.${subjectToken(this.#feature)}.${subjectToken(table)}.${token}`;
    return {
      row: `${side} ${seq}`,
      id: this.#messageId(epoch, seq),
      subject,
      key: subject,
      body: `{"key":${key},"before":null,"after":${after},"op":"${op}","source":${JSON.stringify(source)},"ts_ms":${readAt}}`,
    };
  }

  async #onBoth(statement: (place: string) => string): Promise<number> {
    let changed = 0;
    for (const side of sides) changed += await this.#run(side, statement);
    return changed;
  }

  async #run(side: Side, statement: (place: string) => string): Promise<number> {
    const session = await this.#links[side].session();
    return orNothing(async () => (await session.run(statement(this.#books[side].entries))).affectedRows, 0);
  }

  async #texts(side: Side, statement: (place: string) => string): Promise<(string | null)[][]> {
    const session: Session = await this.#links[side].session();
    return orNothing(() => session.texts(statement(this.#books[side].entries)), []);
  }
}

/** How many of the first fit into memory together; one does in any case. */
function fittingIn(lengths: readonly number[]): number {
  let bytes = 0;
  const tooMany = lengths.findIndex((length, index) => {
    bytes += length;
    return index > 0 && bytes > bytesAtOnce;
  });
  return tooMany < 0 ? lengths.length : tooMany;
}

interface WaitingEntry {
  readonly seq: number;
  readonly epoch: number;
  readonly table: string;
  readonly token: string;
  readonly key: string;
  readonly op: string;
  readonly snapshot: string;
  readonly after: string;
  readonly readAt: string;
}

async function orNothing<Found>(look: () => Promise<Found>, nothing: Found): Promise<Found> {
  try {
    return await look();
  } catch (error) {
    if (isTableMissing(error)) return nothing;
    throw error;
  }
}

function ended(feature: string): BanyanError {
  return new BanyanError(
    'BANYAN_FEED_ENDED',
    `the change feed of ${feature} has ended: its move was finished or abandoned`,
    {
      fix: 'Stop the relay. After a finish nothing is carried over any more: let the service publish changes of its own.',
    },
  );
}

/** What was carried over to the service was legacy's, and the other way round. */
function ownerSide(side: Side): 'legacy' | 'service' {
  return side === 'target' ? 'legacy' : 'service';
}
