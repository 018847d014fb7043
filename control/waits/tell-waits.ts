import { BanyanError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import { within } from '../../common/within.ts';
import { type MoveSide, type MoveSpec, sideTables } from '../../mover/index.ts';
import type { OnProgress } from '../progress.ts';
import { listTransactions, longTransactions } from './long-transactions.ts';

/** Shorter waits are told to nobody. */
const firstMs = 2_000;
const lookEveryMs = 1_000;
/** The same transactions are told again so often, a line each where there is no terminal. */
const againMs = 30_000;
/** A younger transaction will not be the one that is in the way. */
const longMs = 1_000;

/** A server that does not answer holds nothing up. */
const patienceMs = 3_000;

/** Errors that say: the tables were never free. */
const neverFree: ReadonlySet<string> = new Set(['BANYAN_DDL_LOCK_TIMEOUT', 'BANYAN_FENCE_TIMEOUT']);

export interface WaitedFor {
  readonly spec: MoveSpec;
  /** Whose tables must be free. */
  readonly sides: readonly MoveSide[];
  /** What is done then, for people: `triggers are made`. */
  readonly until: string;
}

/**
 * Work that needs tables for itself: while it lasts, whose transactions are open is told, and where it fails because they stay open, the
 * error names them.
 */
export async function tellWaits<T>(waited: WaitedFor, onProgress: OnProgress, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const telling = tell(waited, onProgress, over.signal);
  try {
    return await work;
  } catch (error) {
    throw await named(waited, error);
  } finally {
    over.abort();
    await telling;
  }
}

async function tell(waited: WaitedFor, onProgress: OnProgress, over: AbortSignal): Promise<void> {
  let told = '';
  let toldAt = 0;
  await pause(firstMs, over);
  while (!over.aborted) {
    const open = await inTheWay(waited);
    // Who they are, not for how long.
    const who = open === null ? '' : open.connections.join();
    if (open !== null && (who !== told || performance.now() - toldAt >= againMs) && !over.aborted) {
      onProgress({ phase: 'wait', about: `${waited.until} once open transactions have ended, ${open.list}` });
      [told, toldAt] = [who, performance.now()];
    }
    await pause(lookEveryMs, over);
  }
}

interface InTheWay {
  readonly connections: readonly number[];
  /** For people. */
  readonly list: string;
}

async function inTheWay({ spec, sides }: WaitedFor): Promise<InTheWay | null> {
  const found = (await Promise.all(sides.map((side) => onSide(spec, side)))).filter((one) => one !== null);
  if (found.length === 0) return null;
  return {
    connections: found.flatMap(({ connections }) => connections),
    list: found.map(({ list }) => list).join('; '),
  };
}

async function onSide(spec: MoveSpec, side: MoveSide): Promise<InTheWay | null> {
  const { [side]: endpoint } = spec;
  // Who cannot ask, says nothing: the work itself goes on, or fails with what is wrong.
  const asking = longTransactions(endpoint, sideTables(spec, side), longMs);
  const found = await within(patienceMs, asking).catch(() => null);
  if (found === null || found.open.length === 0) return null;
  const where =
    found.of === 'tables'
      ? `on tables of ${endpoint.database}`
      : `on the server of ${endpoint.database}, which does not say of which tables`;
  return {
    connections: found.open.map(({ connection }) => connection),
    list: `${where}: ${listTransactions(found.open)}`,
  };
}

async function named(waited: WaitedFor, error: unknown): Promise<unknown> {
  if (!(error instanceof BanyanError) || !neverFree.has(error.code)) return error;
  const open = await inTheWay(waited);
  if (open === null) return error;
  const { code, fix, details, cause, message } = error;
  return new BanyanError(code, `${message}. Open ${open.list}`, { fix, details, cause });
}
