import { counted, formatCount, formatMs } from '../../../common/numbers.ts';
import type { HoldFailures } from '../contract/answers/index.ts';

/** What a handover cost clients, of all routers that reported it. */
export interface ClientCost {
  readonly held: number;
  readonly longestMs: number;
  readonly failed: HoldFailures;
  readonly reported: number;
  /** Live ones when it ended; null: not known. */
  readonly routers: number | null;
}

const kinds: Readonly<Record<keyof HoldFailures, string>> = {
  timedOut: 'waited too long (503)',
  full: 'found no room to wait (503)',
  stopped: 'had their router stopped (503)',
  gone: 'gave up',
};

/** Requests that did not come through the hold. */
export function failedOf({ failed }: Pick<ClientCost, 'failed'>): number {
  return failed.timedOut + failed.full + failed.stopped + failed.gone;
}

/** `2 gave up, 1 waited too long (503)`; empty where none failed. */
export function failureWords({ failed }: Pick<ClientCost, 'failed'>): string {
  return (Object.keys(kinds) as (keyof HoldFailures)[])
    .filter((kind) => failed[kind] > 0)
    .map((kind) => `${formatCount(failed[kind])} ${kinds[kind]}`)
    .join(', ');
}

/** `2 of 2`; `2 of ?` where nobody knows how many routers there were. */
export function reportedWords({ reported, routers }: Pick<ClientCost, 'reported' | 'routers'>): string {
  return `${reported} of ${routers === null ? '?' : Math.max(routers, reported)}`;
}

/** `12 requests held, the slowest 48.0 ms, none failed; 2 of 2 routers reported`. */
export function clientCostWords(cost: ClientCost): string {
  const { held, longestMs } = cost;
  const requests = counted(held, 'request');
  const slowest = held === 0 ? '' : `, the slowest ${formatMs(longestMs)}`;
  const failed = failedOf(cost) === 0 ? 'none failed' : failureWords(cost);
  const asked = cost.routers === 1 && cost.reported <= 1 ? 'router' : 'routers';
  return `${requests} held${slowest}, ${failed}; ${reportedWords(cost)} ${asked} reported`;
}
