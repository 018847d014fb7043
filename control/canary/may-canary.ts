import { BanyanError } from '../../common/errors.ts';
import type { Side } from '../../router/table/route-table.ts';
import { assertNotFrozen } from '../feature/assert-not-frozen.ts';
import { stageRefused } from '../feature/stage-refused.ts';
import { stages } from '../feature/stages.ts';
import type { FeatureState, StateStore } from '../store/index.ts';

const unusable: ReadonlySet<FeatureState['otherSide']> = new Set(['copying again', 'left behind']);

/**
 * Reads may be sent about where the stage allows it; to the side that does not own the rows only while it is kept current.
 * `towards`: the side that some reads are to go to; null: they only come back. Throws `BANYAN_STAGE_REFUSED`,
 * `BANYAN_CANARY_REFUSED`.
 */
export function assertMayCanary(state: FeatureState, towards: Side | null): void {
  const rules = stages[state.stage];
  if (towards !== null && towards !== rules.owner) assertNotFrozen(state, 'a canary');
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
    (state.failing === null && !unusable.has(state.otherSide))
  )
    return;
  throw new BanyanError(
    'BANYAN_CANARY_REFUSED',
    state.failing === null
      ? state.otherSide === 'left behind'
        ? `Rollback of ${state.feature} is off (\`rollback: false\` in the config).`
        : `The rows of ${state.feature} are being copied to ${towards} once more.`
      : `The move of ${state.feature} failed: ${state.failing.message}`,
    {
      fix: `The ${towards} side is not kept current. ${state.failing?.fix ?? 'Wait until `banyan status` shows it whole.'}`,
    },
  );
}

/**
 * No read is sent to a service that some live router does not know: it would answer 503. Throws `BANYAN_CANARY_REFUSED`.
 */
export async function assertAllServe(store: StateStore, feature: string): Promise<void> {
  const without = await store.unserved(feature);
  if (without.length === 0) return;
  throw new BanyanError(
    'BANYAN_CANARY_REFUSED',
    `Not every live router can ask the service of ${feature}: of its services, ${without.join('; ')}.`,
    {
      fix: 'Run `banyan reload`, or start that router again with the config that has the feature; then run the command again.',
    },
  );
}
