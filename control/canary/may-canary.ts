import { BanyanError } from '../../common/errors.ts';
import type { Side } from '../../router/table/route-table.ts';
import { stageRefused } from '../feature/stage-refused.ts';
import { stages } from '../feature/stages.ts';
import type { FeatureState } from '../store/index.ts';

/**
 * Reads may be sent about where the stage allows it; to the side that does not own the rows only while it is kept current.
 * `towards`: the side that some reads are to go to; null: they only come back. Throws `BANYAN_STAGE_REFUSED`,
 * `BANYAN_CANARY_REFUSED`.
 */
export function assertMayCanary(state: FeatureState, towards: Side | null): void {
  const rules = stages[state.stage];
  if (rules.reads !== 'canary' || rules.writes === 'held') {
    throw stageRefused(
      state.feature,
      state.stage,
      'a canary',
      'Reads can be canaried once the copy is done.',
    );
  }
  if (
    towards === null ||
    towards === rules.owner ||
    (state.failing === null && state.otherSide !== 'copying again')
  )
    return;
  throw new BanyanError(
    'BANYAN_CANARY_REFUSED',
    state.failing === null
      ? `The rows of ${state.feature} are being copied to ${towards} once more.`
      : `The move of ${state.feature} failed: ${state.failing.message}`,
    {
      fix: `The ${towards} side is not kept current. ${state.failing?.fix ?? 'Wait until `banyan status` shows it whole.'}`,
    },
  );
}
