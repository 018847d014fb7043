import { BanyanError } from '../../common/errors.ts';
import { findConflicts } from '../apply/find-conflicts.ts';
import type { TableTakenBack, TakeBackOptions, TakeBackReport } from '../move.ts';
import type { MoveContext } from '../move-context.ts';
import type { MovePart } from '../move-part.ts';
import type { MoveSpec } from '../move-spec.ts';
import { type KeyRange, type KeyValues, keyId, wholeTable } from '../plan/key-range.ts';
import { nextChunk } from '../plan/next-chunk.ts';
import { readTablePlan } from '../plan/read-table-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { writeRows } from '../plan/write-rows.ts';
import { estimateRows } from '../shape/estimate-rows.ts';
import type { Session } from '../sql/session.ts';
import { isDuplicate, isLockConflict } from '../sql/sql-error.ts';
import { inTransaction } from '../sql/transaction.ts';
import { findSuspects } from '../verify/find-suspects.ts';
import { nameKey } from '../verify/name-key.ts';

const rowsAtOnce = 500;
const attemptsMax = 20;
const examplesMax = 10;

export interface TakeBack extends Omit<TakeBackOptions, 'signal'> {
  readonly context: MoveContext;
  readonly parts: readonly MovePart[];
  readonly source: Session;
  readonly target: Session;
  readonly signal: AbortSignal;
  /**
   * What was written to the source after this moment, in seconds since 1970, was written after it was restored. Null: nobody can
   * tell, since changes of the source are not in a log, or not all of them.
   */
  readonly writtenAfter: number | null;
}

/**
 * Brings rows of the target back to the source, which owns them and was restored from a backup: every row that differs becomes
 * what it is on the target, but for those that were written to the source since. Clients go on writing to the source; what is
 * brought back is logged there as any write is, so the next comparison finds both sides equal.
 *
 * Where nobody can tell what was written since, no row of the source is deleted. Of a table that was emptied only what is not there comes back:
 * whatever is there was written since.
 *
 * @throws BanyanError BANYAN_TAKE_BACK_CONFLICT: what was brought back so far stays, and the target keeps all of its rows.
 */
export async function takeBack(work: TakeBack): Promise<TakeBackReport> {
  const tables: TableTakenBack[] = [];
  for (const part of work.parts) {
    for (const plan of part.plans) {
      if (work.emptied?.includes(plan.source.table) === false) continue;
      const back = await inversePlan(work, plan);
      tables.push(await new TableBack(work, part, plan, back).run());
    }
  }
  return { tables };
}

async function inversePlan({ inverse, source, target }: TakeBack, plan: TablePlan): Promise<TablePlan> {
  for (const table of inverse.tables) {
    const back = await readTablePlan(target, source, inverse, table);
    if (back.source.table === plan.target.table && back.target.table === plan.source.table) return back;
  }
  throw noInverse(inverse, plan);
}

class TableBack {
  readonly #work: TakeBack;
  readonly #part: MovePart;
  readonly #plan: TablePlan;
  readonly #back: TablePlan;
  readonly #found = { missing: 0, extra: 0, changed: 0, kept: 0 };
  readonly #examples: { readonly key: Readonly<Record<string, string>>; readonly kind: Kind }[] = [];

  constructor(work: TakeBack, part: MovePart, plan: TablePlan, back: TablePlan) {
    this.#work = work;
    this.#part = part;
    this.#plan = plan;
    this.#back = back;
  }

  async run(): Promise<TableTakenBack> {
    const { source, target, context, signal, onProgress } = this.#work;
    const plan = this.#plan;
    const estimated = await estimateRows(target, plan.target.database, plan.target.table);
    const later: KeyValues[] = [];
    let rowsCompared = 0;
    for (let rest: KeyRange | null = wholeTable; rest !== null; ) {
      signal.throwIfAborted();
      const chunk: KeyRange = await nextChunk(source, plan.source, rest, context.tuning.verifyChunkRows);
      const found = await findSuspects({ plan, source, target }, chunk);
      rowsCompared += found.rows;
      for (let from = 0; from < found.suspects.length; from += rowsAtOnce) {
        later.push(...(await this.#treat(found.suspects.slice(from, from + rowsAtOnce))));
      }
      const { missing, extra, changed } = this.#found;
      onProgress?.({
        ...{ table: plan.name, rowsCompared, different: missing + extra + changed },
        rowsTotalEstimate: Math.max(estimated, rowsCompared),
      });
      rest = chunk.upTo === null ? null : { after: chunk.upTo, upTo: null };
    }
    // A value of another unique index was still held by a row whose turn came later.
    if (later.length > 0 && (await this.#write(later)).length > 0) throw conflict(plan, later.length);
    return { table: plan.name, rowsCompared, ...this.#found, examples: this.#examples };
  }

  /** Keys that must wait until other rows have left. */
  async #treat(suspects: readonly KeyValues[]): Promise<readonly KeyValues[]> {
    const { source, target, dryRun = false, context } = this.#work;
    const { source: here, target: there } = this.#plan;
    const ids = async (session: Session, sql: string) => new Set((await session.rows(sql)).map(keyId));
    const [onSource, onTarget] = [
      await ids(source, here.selectKeys(here.keys(suspects))),
      await ids(target, there.selectKeys(there.keys(suspects))),
    ];
    const kept = await this.#keptAmong(suspects);
    const keys: KeyValues[] = [];
    for (const key of suspects) {
      const id = keyId(key);
      const kind: Kind = !onTarget.has(id) ? 'extra' : onSource.has(id) ? 'changed' : 'missing';
      const isKept = kept.has(id) || (kind === 'extra' && this.#work.writtenAfter === null);
      this.#found[isKept ? 'kept' : kind] += 1;
      if (this.#examples.length < examplesMax) this.#describe(key, isKept ? 'kept' : kind);
      if (!isKept) keys.push(key);
    }
    if (dryRun || keys.length === 0) return [];
    await context.points.reach('take-back:found', { table: this.#plan.name, keys: keys.length });
    return this.#write(keys);
  }

  /** One transaction. Returns the keys where none of them could be written, because another row holds a unique value. */
  async #write(keys: readonly KeyValues[]): Promise<readonly KeyValues[]> {
    const { source, target, context } = this.#work;
    const here = this.#plan.source;
    for (let attempt = 1; ; attempt += 1) {
      try {
        // Where no unique index refuses a second row of a key, the locks must keep it from coming.
        if (here.groups) await source.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        await inTransaction(source, async () => {
          // From here on no client changes one of these rows; a row that is not there yet shows as a duplicate.
          await source.rows(here.selectForUpdate(keys));
          const kept = await this.#keptAmong(keys);
          const ours = keys.filter((key) => !kept.has(keyId(key)));
          if (ours.length === 0) return;
          const condition = this.#plan.target.keys(ours);
          const rows = await target.rowsWithin(this.#back.source.select(condition), Number.POSITIVE_INFINITY);
          await source.run(here.delete(here.keys(ours)));
          await writeRows(source, this.#back.target, rows);
          await context.points.reach('take-back:before-commit', { table: this.#plan.name });
        });
        return [];
      } catch (error) {
        if (isLockConflict(error) && attempt < attemptsMax) continue;
        if (!isDuplicate(error)) throw error;
        // A client may have inserted one of these very rows meanwhile; then it is kept at the next try.
        const inTheWay = await findConflicts({
          ...{ source: target, target: source, plan: this.#back, bytesMax: Number.POSITIVE_INFINITY },
          rows: { source: this.#plan.target.keys(keys), target: here.keys(keys) },
          transaction: (run) => inTransaction(source, run),
        });
        if (inTheWay.length === 0 && attempt < attemptsMax) continue;
        return keys;
      }
    }
  }

  async #keptAmong(keys: readonly KeyValues[]): Promise<ReadonlySet<string>> {
    const { source, emptied, writtenAfter } = this.#work;
    const here = this.#plan.source;
    if (emptied !== undefined)
      return new Set((await source.rows(here.selectKeys(here.keys(keys)))).map(keyId));
    if (writtenAfter === null) return new Set();
    const { notedAfter } = this.#part.log;
    if (notedAfter === null) return new Set();
    const asked = new Set(keys.map(keyId));
    const found = (await notedAfter(source, keys, writtenAfter)).map(keyId);
    if (found.every((id) => asked.has(id))) return new Set(found);
    // Some were noted under another spelling of the same key: only the server knows of which.
    const kept = new Set<string>();
    for (const key of keys) {
      if ((await notedAfter(source, [key], writtenAfter)).length > 0) kept.add(keyId(key));
    }
    return kept;
  }

  #describe(key: KeyValues, kind: Kind): void {
    this.#examples.push({ key: nameKey(this.#plan, key), kind });
  }
}

type Kind = TableTakenBack['examples'][number]['kind'];

function conflict({ source }: TablePlan, keys: number): BanyanError {
  return new BanyanError(
    'BANYAN_TAKE_BACK_CONFLICT',
    `${keys} rows cannot be brought back to ${source.database}.${source.table}: rows that were written there since hold their values of a unique index`,
    {
      fix: 'Look at both (`banyan repair … --dry-run` lists keys, `banyan row` shows one), change those that were written since, then run the command again. The other side keeps all of its rows.',
      details: { table: source.table, keys },
    },
  );
}

function noInverse({ id }: MoveSpec, { target }: TablePlan): BanyanError {
  return new BanyanError(
    'BANYAN_ROLLBACK_OFF',
    `rows of ${target.database}.${target.table} cannot be carried back: ${id} has no inverse`,
    { fix: 'Take what is missing from that table by hand, then keep the owner’s rows.' },
  );
}
