import { BanyanError } from '../../common/errors.ts';
import type { StatusReport } from '../api/contract/answers/index.ts';
import type { Commands } from '../commands.ts';
import type { BanyanConfig } from '../config/index.ts';
import { judgeShadow } from '../shadow/index.ts';
import type { StateStore } from '../store/index.ts';
import { type FeaturePlan, planFeature } from './plan-feature.ts';

export interface PlanSources {
  readonly config: () => BanyanConfig;
  readonly store: StateStore;
  readonly status: () => Promise<StatusReport>;
  /** Throws `BANYAN_CONTROL_STANDBY` while another process conducts. */
  readonly commands: () => Commands;
}

/** Where a feature is on its way, and what comes next for it. Changes nothing. */
export async function readPlan(
  { config, store, status: ask, commands }: PlanSources,
  feature: string,
): Promise<FeaturePlan> {
  const [{ features }, { shadow, compared, different }] = await Promise.all([
    ask(),
    judgeShadow(store, feature),
  ]);
  const status = features.find(({ name }) => name === feature);
  const { features: configured, control } = config();
  const about = configured[feature];
  if (status === undefined || about === undefined) {
    throw new BanyanError('BANYAN_FEATURE_UNKNOWN', `The config names no feature "${feature}" any more.`, {
      fix: 'Look at `banyan status` for those that it names.',
    });
  }
  // What is next for it is no handover, whose guards tell, but the end.
  const ends = status.stage === 'extracted' && status.handover === null;
  const who = { who: 'banyan', why: 'what comes next', dryRun: true, onProgress: () => undefined };
  const finish = ends ? (await commands().finish(feature, who)).faults : [];
  return planFeature({
    status,
    hasTables: about.tables.length > 0,
    finish,
    diff: shadow === null ? null : { compared, different },
    needsSignOff: control.cutover.signOff,
  });
}
