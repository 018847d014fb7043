import type { CompareSettings } from './compare/index.ts';

/** What a feature's requests are compared by: travels in the route table. */
export interface ShadowRouting {
  /** Counters of one run belong together; another id begins from nothing. */
  readonly run: string;
  /** Share of clients, 0–100 with two decimals, whose requests are asked of the other side too. */
  readonly percent: number;
  /** Share of these, 0–100, that legacy is asked a second time at once, to know its own noise. */
  readonly repeatPercent: number;
  /** Route ids; left out, all reads of the feature. */
  readonly routes?: readonly string[];
  /** Given, writes are shadowed too, with this field set: the other side must do nothing that lasts then. */
  readonly sandbox?: { readonly name: string; readonly value: string };
  readonly compare: CompareSettings;
  /** How long samples of differences are kept, milliseconds. */
  readonly sampleLifeMs: number;
}
