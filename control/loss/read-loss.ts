import { databaseTrouble } from '../../common/database-trouble.ts';
import { BanyanError, describeError } from '../../common/errors.ts';
import { within } from '../../common/within.ts';
import type { LoneSide, Move, MoveSpec, StoreLedger } from '../../mover/index.ts';
import type { FeatureRunner, MoveDirection, MoverDoor } from '../runner/index.ts';
import type { StateStore } from '../store/index.ts';
import type { LossFigures } from './loss-figures.ts';

/** A server that does not answer by then is not there; a host that is gone takes as long. */
export const reachWithinMs = 6_000;
/** To open a move there, and to read its log. */
const readWithinMs = 30_000;

export interface LossSources {
  readonly feature: string;
  readonly specs: Readonly<Record<MoveDirection, MoveSpec>>;
  readonly runner: FeatureRunner;
  readonly door: MoverDoor;
  readonly store: StateStore;
}

/** Reads what legacy lacks. Changes nothing. `limit`: so many keys of each table by name. */
export async function readLoss(sources: LossSources, limit: number): Promise<LossFigures> {
  const { feature, specs, runner, door, store } = sources;
  const unknown = async (reached: boolean, why: string): Promise<LossFigures> => ({
    ...{ reached, keys: null, why, tables: [] },
    lastSeen: await store.seen(feature),
  });
  const { host, port, database } = specs.reverse.source;
  const place = `the service's database (${database} on ${host}:${port})`;
  let side: LoneSide;
  try {
    side = await reachSide(door, store.ledger(feature), specs.forward);
  } catch (error) {
    const said = describeError(error).message;
    return isUnreachable(error)
      ? unknown(false, `${place} cannot be reached: ${said}`)
      : unknown(true, `${place} cannot be read: ${said}`);
  }
  try {
    if ((await side.standing()) === 'absent') return await unknown(true, `${place} has none of the tables`);
  } finally {
    side.close();
  }
  if (specs.reverse.oneWay) {
    return unknown(true, 'rollback is off, so nothing was carried to legacy since the cutover');
  }
  try {
    const move = await within(readWithinMs, runner.move('reverse'));
    const doubt = await doubtOf(move);
    if (doubt !== null) return await unknown(true, doubt);
    const tables = await within(readWithinMs, move.waiting(limit));
    const keys = tables.reduce((sum, one) => sum + one.keys, 0);
    return { reached: true, keys, tables, lastSeen: null, why: 'so the log of changes says' };
  } catch (error) {
    return unknown(
      !isUnreachable(error),
      `the log of changes cannot be read: ${describeError(error).message}`,
    );
  }
}

/** Why the log does not tell all that was written; null: it does. */
async function doubtOf(move: Move): Promise<string | null> {
  try {
    await move.checkRestored();
    await move.checkFingerprint();
  } catch (error) {
    if (error instanceof BanyanError) return `the log of changes does not tell all: ${error.message}`;
    throw error;
  }
  const capture = await move.captureState();
  return capture === 'complete' ? null : `the log of changes does not tell all: the capture is ${capture}`;
}

/** The side that is `spec`'s target, to be looked at. */
export function reachSide(
  door: Pick<MoverDoor, 'openSide'>,
  ledger: StoreLedger,
  spec: MoveSpec,
  assertMine: () => Promise<void> = async () => {
    throw new Error('this side was opened to be looked at');
  },
): Promise<LoneSide> {
  const opening = door.openSide(spec, { assertMine, ledger });
  return within(reachWithinMs, opening).catch((error: unknown) => {
    // It may come yet.
    opening.then(
      (side) => side.close(),
      () => undefined,
    );
    throw error;
  });
}

/** Nobody answers there: what `within` says too. */
export function isUnreachable(error: unknown): boolean {
  const cause = error instanceof BanyanError ? error.cause : error;
  if (databaseTrouble(cause) === 'lost') return true;
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' || /^no answer within/.test(String(message));
}
