import type { RowAnswer } from '../contract/answers/index.ts';

/** Whether one row is the same on both sides, as the command line and the dashboard say it. Pure. */
export function rowWords({ equal, on }: Pick<RowAnswer['rows'][number], 'equal' | 'on'>): string {
  if (equal) return 'the same on both sides';
  if (on.legacy && on.service) return 'differs';
  return `is on ${on.legacy ? 'legacy' : 'the service'} only`;
}

/** A value as it is shown: nothing where that side does not have the row. */
export function valueWords(present: boolean, value: string | null): string {
  return present ? (value ?? 'NULL') : '';
}
