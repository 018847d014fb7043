import type { StatusReport } from './answers/index.ts';

/** By feature, and by null for what all share: all that is wrong at this moment, a sentence each. Pure. */
export function troublesOf(status: StatusReport): ReadonlyMap<string | null, readonly string[]> {
  const shared = [
    ...status.unreachable.map((refused) => `legacy does not answer at ${refused}`),
    ...status.unreachableDatabases.map((refused) => `the database ${refused}`),
  ];
  const own = status.features.map(({ name, stage, failing, finding, move, unreachable }) => {
    const troubles = [
      ...(failing === null ? [] : [`the move failed: ${failing.message}`]),
      ...(finding === null ? [] : [finding.what]),
      ...(move?.trouble == null ? [] : [move.trouble]),
      // Of a service only once the feature has something to do with it.
      ...(stage === 'legacy'
        ? []
        : unreachable.map((refused) => `its service does not answer at ${refused}`)),
    ];
    return [name, troubles] as const;
  });
  return new Map<string | null, readonly string[]>([[null, shared], ...own]);
}
