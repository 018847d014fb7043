import type { Progress } from '../progress.ts';

/** How far a log is worked off that others add to: measured by the most that it was seen to hold. */
export function catchUpProgress(): (entries: number) => Progress {
  let most = 0;
  return (entries) => {
    most = Math.max(most, entries);
    return { phase: 'catch-up', done: most - entries, total: most };
  };
}
