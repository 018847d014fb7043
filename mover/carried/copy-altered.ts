import { BanyanError } from '../../common/errors.ts';
import type { TablePlan } from '../plan/table-plan.ts';

/** The target did not take rows as they are. `said`: what its server says of it. */
export function copyAltered(
  { name, target: side }: TablePlan,
  {
    written,
    read,
    said,
    cause,
  }: { readonly written: number; readonly read: number; readonly said: string; readonly cause?: unknown },
): BanyanError {
  return new BanyanError(
    'BANYAN_COPY_ALTERED',
    `${side.database}.${side.table} took ${written} of ${read} rows, not as they are: ${said}`,
    {
      fix: 'Make the target column hold what the source column holds (type, length, character set), then copy again.',
      details: { table: name },
      cause,
    },
  );
}

export function describeWarnings(warnings: readonly (readonly (string | null)[])[]): string {
  return warnings.map(([, number, message]) => `${number} ${message}`).join('; ');
}
