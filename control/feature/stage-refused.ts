import { BanyanError } from '../../common/errors.ts';

/** The feature's stage does not allow what was asked for. */
export function stageRefused(feature: string, stage: string, what: string, fix: string): BanyanError {
  return new BanyanError(
    'BANYAN_STAGE_REFUSED',
    `${feature} is in stage ${stage}, which does not allow ${what}.`,
    {
      fix,
      details: { feature, stage },
    },
  );
}
