import { setTimeout as wait } from 'node:timers/promises';
import type { ChangeLog } from '../capture/change-log.ts';
import type { RowDifference } from '../move.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { RawRow, Session } from '../sql/session.ts';
import { describeDifference } from './describe-difference.ts';
import { sameRows } from './pair-rows.ts';
import { rowsByKey } from './rows-by-key.ts';

const keysInOneLook = 400;
/** Until the next look, while some row differs and is clean: time enough for what is on its way. */
const betweenLooksMs = 25;
/**
 * Otherwise, in turn: a row that changes every few milliseconds, and is applied some later, shows on the target what the source showed so many
 * before. Looks that all lie as far apart meet that version only by chance.
 */
const pausesMs = [1, 2, 4, 8, 16, 25];
/** Of a row that changes all the time so many of the source's versions are remembered, about a second's, as far as they are short. */
const versionsKept = 80;
const versionBytesMax = 65_536;
/** So many looks in a row must show the same two rows, clean, before the difference is a fault. */
const looksNeeded = 3;

export interface SettleOptions {
  readonly plan: TablePlan;
  readonly log: ChangeLog;
  readonly source: Session;
  readonly target: Session;
  readonly patienceMs: number;
  /** Whether what waits in the log is being applied, which is taken for granted unless given: else waiting for it is in vain. */
  readonly isApplying?: () => boolean;
  readonly samples: number;
  readonly signal: AbortSignal;
}

export interface Settled {
  readonly different: number;
  readonly unsettled: number;
  readonly samples: readonly RowDifference[];
}

interface Suspect {
  readonly key: KeyValues;
  looks: number;
  seen: string;
  /** The source's rows in earlier looks, newest first. */
  was: (readonly RawRow[])[];
}

/**
 * Looks again at rows that differed, until each is equal, or differs while clean.
 *
 * A single look proves nothing: the row may change and be applied between the reads of the two sides. But if a look finds the
 * source row as it was in an earlier look, and the key was clean at the end of that earlier look, then whatever the
 * earlier look read had been applied by then (an entry goes only after its target commit), and the target row must show it.
 *
 * A row that changes faster than it is applied is never equal in one look. It is as good as that where the target shows what the source
 * showed in an earlier look: then it was carried over rightly since that look, which is all that an equal row says, too. A row whose
 * change was lost shows what the source had before the first look.
 */
export async function settle(keys: readonly KeyValues[], options: SettleOptions): Promise<Settled> {
  const { plan, patienceMs, isApplying = () => true, signal } = options;
  const enginesDiffer = options.source.engine !== options.target.engine;
  const suspects = new Map<string, Suspect>(
    keys.map((key) => [keyId(key), { key, looks: 0, seen: '', was: [] }]),
  );
  const samples: RowDifference[] = [];
  let different = 0;
  const deadline = performance.now() + patienceMs;
  for (let looks = 0; suspects.size > 0; looks += 1) {
    signal.throwIfAborted();
    for (const batch of batches([...suspects.values()])) {
      const look = await lookAt(
        batch.map((suspect) => suspect.key),
        options,
      );
      for (const suspect of batch) {
        const id = keyId(suspect.key);
        const source = look.source.get(id) ?? [];
        const target = look.target.get(id) ?? [];
        const versions = [source, ...suspect.was];
        if (versions.some((version) => sameRows(plan, version, target, enginesDiffer))) {
          suspects.delete(id);
          continue;
        }
        suspect.was = shortOnes(versions);
        const seen = look.dirty.has(id) || look.dirty.has('*') ? '' : `${rowsId(source)}|${rowsId(target)}`;
        suspect.looks = seen !== '' && seen === suspect.seen ? suspect.looks + 1 : seen === '' ? 0 : 1;
        suspect.seen = seen;
        if (suspect.looks < looksNeeded) continue;
        suspects.delete(id);
        different += 1;
        if (samples.length < options.samples) {
          samples.push(describeDifference(plan, suspect.key, source, target, enginesDiffer));
        }
      }
    }
    const wavering = [...suspects.values()].some((suspect) => suspect.looks > 0);
    if (performance.now() >= deadline && !wavering) break;
    if (!wavering && !isApplying()) break;
    if (performance.now() >= deadline + patienceMs) break;
    const pauseMs = wavering ? betweenLooksMs : (pausesMs[looks % pausesMs.length] ?? betweenLooksMs);
    if (suspects.size > 0) await wait(pauseMs, undefined, { signal });
  }
  return { different, unsettled: suspects.size, samples };
}

interface Look {
  readonly source: ReadonlyMap<string, readonly RawRow[]>;
  readonly target: ReadonlyMap<string, readonly RawRow[]>;
  /** Keys in the log after both reads; `*` when a logged key equals one of ours only by collation. */
  readonly dirty: ReadonlySet<string>;
}

async function lookAt(keys: readonly KeyValues[], options: SettleOptions): Promise<Look> {
  const { plan, log, source, target } = options;
  const there = await rowsByKey(target, plan.target, keys);
  const here = await rowsByKey(source, plan.source, keys);
  const ours = new Set(keys.map(keyId));
  const dirty = (await log.dirtyAmong(source, keys)).map(keyId).map((id) => (ours.has(id) ? id : '*'));
  return { source: here, target: there, dirty: new Set(dirty) };
}

/** The newest of these that fit. */
function shortOnes(versions: readonly (readonly RawRow[])[]): (readonly RawRow[])[] {
  let bytes = 0;
  return versions.slice(0, versionsKept).filter((rows) => {
    bytes += bytesOf(rows);
    return bytes <= versionBytesMax;
  });
}

function bytesOf(rows: readonly RawRow[]): number {
  return rows.flat().reduce((bytes, value) => bytes + (value?.length ?? 0), 0);
}

/** Rows of one key come in any order. */
function rowsId(rows: readonly RawRow[]): string {
  const texts = rows.map((row) => row.map((value) => value?.toString('base64') ?? '-').join(','));
  return texts.sort().join(';');
}

function* batches(suspects: readonly Suspect[]): Generator<readonly Suspect[]> {
  for (let start = 0; start < suspects.length; start += keysInOneLook) {
    yield suspects.slice(start, start + keysInOneLook);
  }
}
