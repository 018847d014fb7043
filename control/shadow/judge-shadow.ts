import { defaultJudgeSettings, type JudgedRoute, judgeDifferences } from '../diff/judge-differences.ts';
import type { StateStore } from '../store/index.ts';
import type { ShadowState } from './shadow-state.ts';

/** All that is known of a feature's differences. */
export interface DiffReport {
  readonly feature: string;
  /** null: nothing was ever compared. */
  readonly shadow: ShadowState | null;
  readonly compared: number;
  /** Places at which the service differs from legacy. */
  readonly different: number;
  /** Of which too little is known. */
  readonly undecided: number;
  readonly falseDiscoveryBound: number;
  readonly routes: readonly JudgedRoute[];
}

/** Reads what all routers counted in the feature's run, and judges it. */
export async function judgeShadow(store: StateStore, feature: string, route?: string): Promise<DiffReport> {
  const { shadow } = await store.feature(feature);
  const tally = await store.shadowTally(feature);
  const all = judgeDifferences(tally, { ...defaultJudgeSettings, ignore: shadow?.ignore ?? [] });
  const routes = all.filter((one) => route === undefined || one.route === route);
  const count = (verdict: string) =>
    routes.reduce((sum, { paths }) => sum + paths.filter((path) => path.verdict === verdict).length, 0);
  return {
    feature,
    shadow,
    compared: routes.reduce((sum, { compared }) => sum + compared, 0),
    different: count('different'),
    undecided: count('undecided'),
    falseDiscoveryBound: defaultJudgeSettings.falseDiscoveryBound,
    routes: routes.sort((a, b) => (a.route < b.route ? -1 : 1)),
  };
}
