import type { AuditEntry } from '../../control/api/index.ts';

/** How long a feature was in a stage. */
export interface StageSpan {
  readonly stage: string;
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
}

/** The stages that a feature went through, oldest first, the one it is in up to `now`. By its audit entries, in any order. */
export function stageSpans(entries: readonly AuditEntry[], stage: string, now: string): readonly StageSpan[] {
  const changes = [...entries]
    .sort((a, b) => a.id - b.id)
    .flatMap(({ at, from, to }) =>
      typeof to?.stage === 'string' ? [{ at, from: String(from?.stage ?? ''), to: to.stage }] : [],
    );
  if (changes.length === 0) return [];
  const spans = changes.map((change, index) => ({
    stage: change.to,
    from: change.at,
    to: changes[index + 1]?.at ?? now,
  }));
  const last = spans.at(-1)!;
  // What the log does not reach back to is not made up; what the status says of now is right.
  return last.stage === stage ? spans : [...spans.slice(0, -1), { ...last, stage }];
}
