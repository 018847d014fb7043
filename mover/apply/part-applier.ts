import type { Lanes } from '../lanes.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';
import { RowsTooMany } from '../sql/rows-too-many.ts';
import { carryOver } from './carry-over.ts';
import { RowsLocked } from './locked-rows.ts';
import { shardKeys } from './shard-keys.ts';

/** Of more keys than that each batch gets about as many, up to a whole one: a drain that clients wait for uses all lanes. */
const keysWorthSharing = 500;

/** Makes target rows equal to source rows for the keys in one captured table's log. */
export class PartApplier {
  readonly #context: MoveContext;
  readonly #part: MovePart;
  readonly #name: string;
  /** Keys of one batch: fewer for a while where rows are so long that a batch of them is too much to hold. */
  #size: number;
  /** Each batch has one key while keys are set aside: MariaDB scans a small table for several, and would wait for the locked rows. */
  #oneByOne = false;

  constructor(context: MoveContext, part: MovePart) {
    this.#context = context;
    this.#part = part;
    this.#name = part.plans[0]?.source.table ?? '';
    this.#size = context.tuning.applyBatchEntries;
  }

  /**
   * One round: take, carry over in batches side by side, forget. Returns the number of entries applied; 0 when none could be
   * taken.
   *
   * The entries are deleted only after the target's commits, and the rows written were read after the entries were
   * taken. A crash at any point leaves entries whose work is done again, to the same end.
   *
   * No key is in two batches, and no batch outlives its round, whatever happens to the others: there is no take before
   * all are over. So whatever a key is written from was read after the take, and a change that came later has an entry
   * that this round does not forget. A batch that meets rows of another one is done again when it is alone: it may then
   * pull in any row, since nobody else writes.
   *
   * Keys whose rows somebody else has locked are set aside, and the round ends without forgetting anything; the next one takes the others.
   */
  applyRound(lanes: Lanes): Promise<number> {
    return this.#part.ranges.round(() => this.#round(lanes));
  }

  async #round(lanes: Lanes): Promise<number> {
    const { points, tuning, counts } = this.#context;
    const { ranges, log, last, aside } = this.#part;
    await aside.look(lanes);
    this.#oneByOne &&= aside.size > 0;
    const about = { table: this.#name };
    // A row that is too long to share memory is alone. So is a batch that may read the whole table to delete its rows, and wait for
    // those of others.
    const shards = this.#size === 1 || this.#groups ? 1 : lanes.size;
    const taken = await lanes.use(({ source }) =>
      ranges.taking(async (leaveAlone) => {
        await points.reach('apply:taking', about);
        return log.take(source, leaveAlone, this.#size * shards);
      }),
    );
    if (taken === null) return 0;
    await points.reach('apply:taken', about);
    if (this.#oneByOne && taken.ranks === undefined && taken.keys.length > 1) {
      // Which of them are the same key nothing tells.
      this.#size = 1;
      return 0;
    }
    const batches = this.#oneByOne
      ? shardKeys(taken, taken.keys.length, 1)
      : shardKeys(taken, shards, Math.min(this.#size, keysWorthSharing));
    const locked = await this.#carryOverAll(lanes, batches);
    if (locked.length > 0) {
      await this.#setAside(locked);
      return 0;
    }
    await points.reach('apply:after-commit', about);
    await counts.beforeForgetting();
    await lanes.use(({ source }) => taken.forget(source));
    last.add(batches.flat());
    this.#size = Math.min(this.#size * 2, tuning.applyBatchEntries);
    await points.reach('apply:after-forget', about);
    return taken.keys.length;
  }

  /** Keys name groups of rows. */
  get #groups(): boolean {
    return this.#part.plans.some(({ source }) => source.groups);
  }

  /** What could not be written because of others' locks; whatever else fails is thrown once all batches have ended. */
  async #carryOverAll(lanes: Lanes, batches: readonly KeyValues[][]): Promise<RowsLocked[]> {
    const alone = batches.length === 1;
    const ended = await Promise.allSettled(batches.map((keys) => this.#carryOver(lanes, keys, alone)));
    const outcomes = ended.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    const locked = outcomes.filter((one) => one instanceof RowsLocked);
    if (locked.length > 0) return locked;
    for (const [index, keys] of batches.entries()) {
      if (outcomes[index] === true) continue;
      const again = await this.#carryOver(lanes, keys, true);
      if (again instanceof RowsLocked) locked.push(again);
    }
    return locked;
  }

  /** A batch that pulls in a locked row by a unique value goes key by key: then it is known which of its keys does. */
  async #setAside(all: readonly RowsLocked[]): Promise<void> {
    const { aside } = this.#part;
    let added = 0;
    for (const { locked, batch } of all) {
      const ids = new Set(batch.map(keyId));
      const own = locked.filter((key) => ids.has(keyId(key)));
      if (own.length > 0) added += await aside.add(own, (key) => [key]);
      else if (locked.length === 0) this.#oneByOne = true;
      else if (batch.length === 1) added += await aside.add(batch, () => locked);
      else this.#size = 1;
    }
    if (added === 0) return;
    const facts = { move: this.#context.spec.id, table: this.#name, keys: aside.size };
    this.#context.logger.warn(
      facts,
      'rows of the target are locked by somebody else: their changes wait, all others go on',
    );
  }

  /** False: another batch was in the way. */
  async #carryOver(lanes: Lanes, keys: readonly KeyValues[], alone: boolean): Promise<boolean | RowsLocked> {
    const { chunkBytesMax } = this.#context.tuning;
    // Entries that are one alone may still pull in others, by a unique value: these must go together, whatever it takes.
    const bytesMax = this.#size === 1 ? Number.POSITIVE_INFINITY : chunkBytesMax;
    const work = { context: this.#context, part: this.#part, keys, bytesMax, alone };
    try {
      return await lanes.use((sessions) => carryOver(work, sessions));
    } catch (error) {
      if (error instanceof RowsLocked) return error;
      if (error instanceof RowsTooMany) {
        // Where a key names several rows, more of them may fit than there are keys.
        const most = this.#groups ? Math.floor(this.#size / 2) : this.#size;
        this.#size = Math.max(1, Math.min(most, error.fitting));
      }
      throw error;
    }
  }
}
