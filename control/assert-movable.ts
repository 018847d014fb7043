import { BanyanError, type Fault } from '../common/errors.ts';
import type { MoveSpec } from '../mover/index.ts';
import type { OnProgress } from './progress.ts';
import type { MoverDoor } from './runner/mover-door.ts';

export interface AssertMovableOptions {
  readonly feature: string;
  readonly door: MoverDoor;
  readonly spec: MoveSpec;
  /** The user's explicit word: the rows are not looked at. */
  readonly skipDataCheck: boolean;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** Throws `BANYAN_PREFLIGHT_FAILED` with everything that stands against the move, first of tables and rights, then of rows. */
export async function assertMovable(options: AssertMovableOptions): Promise<void> {
  const { feature, door, spec, skipDataCheck, onProgress, signal } = options;
  onProgress({ phase: 'preflight' });
  refuse(feature, await door.preflight(spec));
  if (skipDataCheck) return;
  const { faults } = await door.inspectData(spec, {
    signal,
    onProgress: ({ table, rowsDone, rowsTotalEstimate }) =>
      onProgress({ phase: 'look at the rows', about: table, done: rowsDone, total: rowsTotalEstimate }),
  });
  refuse(feature, faults);
}

function refuse(feature: string, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const list = faults.map((fault) => `  - ${fault.what}\n    ${fault.fix}`).join('\n');
  throw new BanyanError('BANYAN_PREFLIGHT_FAILED', `${feature} cannot be copied as it is:\n${list}`, {
    fix: 'Put every one of them right and copy again; nothing was changed.',
    faults,
  });
}
