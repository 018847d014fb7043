import { BanyanError } from '../../common/errors.ts';
import type { FeatureState } from './feature-state.ts';

/** Throws `BANYAN_FEATURE_FROZEN` where somebody has frozen the feature. */
export function assertNotFrozen({ feature, frozen }: FeatureState, what: string): void {
  if (frozen === null) return;
  throw new BanyanError(
    'BANYAN_FEATURE_FROZEN',
    `${feature} is frozen, which does not allow ${what}: ${frozen.who} froze it at ${frozen.since} (${frozen.why}).`,
    { fix: `Ask ${frozen.who}; \`banyan unfreeze ${feature}\` lifts it.`, details: { feature } },
  );
}
