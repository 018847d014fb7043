import { counted } from '../../common/numbers.ts';
import type { WaitingKeys } from '../../mover/index.ts';
import type { AcceptedLoss } from '../feature/index.ts';
import type { Seen } from '../store/index.ts';

/** Keys of each table, for people and programs that ask what would be lost. */
export const keysTold = 20;
/** Keys of each table that are kept in the state store. */
export const keysKept = 100_000;

/** Which acknowledged writes legacy lacks while the service owns the rows, as far as it can be known at this moment. */
export interface LossFigures {
  /** The service's database answers. */
  readonly reached: boolean;
  /** Keys under which legacy lacks a write, at most; null: nobody can tell. */
  readonly keys: number | null;
  /** How that is known, or why it is not; for people. */
  readonly why: string;
  /** Of the service's tables, with the first of the keys; empty where they are not known. */
  readonly tables: readonly WaitingKeys[];
  /** What control saw of the log the last time; null: it never looked, or it looks now. */
  readonly lastSeen: Seen | null;
}

/** Whether that many were accepted. Pure. */
export function isAccepted(accepted: AcceptedLoss, { keys }: LossFigures): boolean {
  return accepted === 'unknown' || (keys !== null && keys <= accepted);
}

/** In one sentence, for people. Pure. */
export function describeLoss({ keys, why, tables, lastSeen }: LossFigures): string {
  if (keys === null) return `legacy may lack any number of writes: ${why}${seenWords(lastSeen)}`;
  if (keys === 0) return `legacy lacks nothing: ${why}`;
  const list = tables.filter((one) => one.keys > 0).map((one) => `${one.keys} of ${one.table}`);
  return `legacy lacks what was written under ${counted(keys, 'key')} at most (${list.join(', ')}): ${why}`;
}

function seenWords(seen: Seen | null): string {
  if (seen === null) return '';
  const { at, entries, currentAt } = seen;
  const current = currentAt === null ? '' : `; what was written before ${currentAt} is on legacy`;
  return `. Control last saw the log at ${at}: ${counted(entries, 'entry', 'entries')} waited${current}; how much was written since nobody can tell`;
}
