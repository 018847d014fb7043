import { counted, formatCount, formatSeconds } from '../../common/numbers.ts';
import type { Verified } from '../../mover/index.ts';

/** Clocks do not run alike. */
const toleranceMs = 1_000;

/** `outdated`: some rows were never verified in this direction, or too long ago. */
export function verifyStanding(
  { different, oldestMs }: Pick<Verified, 'different' | 'oldestMs'>,
  withinMs: number,
): 'equal' | 'different' | 'outdated' {
  if (different > 0) return 'different';
  return oldestMs === null || oldestMs > withinMs + toleranceMs ? 'outdated' : 'equal';
}

/** For people. */
export function verifyDetail({ rows, different, oldestMs, tables }: Verified): string {
  const never = tables.filter((table) => table.oldestMs === null).map(({ table }) => table);
  const facts = `${counted(rows, 'row')} compared, ${formatCount(different)} different`;
  if (never.length > 0) return `${facts}; rows of ${never.join(', ')} were never compared, or did not settle`;
  return `${facts}, the last look at any of them at most ${formatSeconds(Math.ceil((oldestMs ?? 0) / 1_000))} ago`;
}
