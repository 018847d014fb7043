import type { CompareSettings } from '../../router/shadow/compare/index.ts';
import type { Sandbox } from '../../router/shadow/shadow-routing.ts';
import type { IgnoreRule } from '../diff/ignore-rule.ts';

/** What of a feature is compared, and what was said of the differences: durable state of the feature. Times are ISO 8601 by the state store's clock. */
export interface ShadowState {
  /** The counters that count: a new run begins from nothing. */
  readonly run: string;
  /** When it began. */
  readonly since: string;
  /** 0: nothing is compared now; what was counted stays. */
  readonly percent: number;
  readonly repeatPercent: number;
  /** null: all reads. */
  readonly routes: readonly string[] | null;
  readonly sandbox: Sandbox | null;
  readonly compare: CompareSettings;
  readonly ignore: readonly IgnoreRule[];
  readonly signedOff: SignOff | null;
}

/** Somebody has looked at the differences of a run and takes what is left. */
export interface SignOff {
  readonly run: string;
  readonly at: string;
  readonly who: string;
  readonly why: string;
  /** Requests compared until then. */
  readonly compared: number;
}

/** One day: long enough for the next morning. */
export const sampleLifeMs = 86_400_000;
