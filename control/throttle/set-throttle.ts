import { BanyanError, type Fault } from '../../common/errors.ts';
import { mostWorkers, type ThrottleSettings } from '../../mover/index.ts';
import type { Actor, LeaseGrant, StateStore } from '../store/index.ts';

export interface ThrottleRequest extends Actor {
  /** Chunks under way at a time; as it is where left out. */
  readonly workers?: number | undefined;
  /** Percent of each worker's time; as it is where left out. 0: the copy stands. */
  readonly share?: number | undefined;
  /** Back to the config's. */
  readonly reset?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface ThrottleResult {
  readonly feature: string;
  readonly throttle: ThrottleSettings;
  readonly dryRun?: true;
}

export interface SetThrottleOptions {
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly feature: string;
  /** Of the config. */
  readonly copyWorkers: number;
  readonly request: ThrottleRequest;
}

/**
 * Says how fast the copy of a feature may go, the one under way and those to come; whoever copies follows within a second.
 *
 * @throws BanyanError BANYAN_REQUEST_INVALID with all faults.
 */
export async function setThrottle(options: SetThrottleOptions): Promise<ThrottleResult> {
  const { store, lease, feature, copyWorkers, request } = options;
  const { workers, share, reset = false, dryRun = false, who, why } = request;
  const faults = throttleFaults(request);
  if (faults.length > 0) {
    const list = faults.map(({ at, what }) => `${at}: ${what}`).join('\n  - ');
    throw new BanyanError(
      'BANYAN_REQUEST_INVALID',
      `That throttle of ${feature} makes no sense:\n  - ${list}`,
      {
        fix: 'Correct it; nothing was changed.',
        faults,
      },
    );
  }
  const usual: ThrottleSettings = { workers: copyWorkers, share: 1 };
  let throttle = usual;
  await store.change({
    feature,
    action: reset ? 'throttle: as configured' : 'throttle',
    who,
    why,
    lease,
    change: ({ state }) => {
      const before = state.throttle ?? usual;
      throttle = reset
        ? usual
        : {
            workers: workers ?? before.workers,
            share: share === undefined ? before.share : share / 100,
          };
      return dryRun ? state : { ...state, throttle: reset ? null : throttle };
    },
  });
  return { feature, throttle, ...(dryRun ? { dryRun } : {}) };
}

function throttleFaults({ workers, share, reset }: ThrottleRequest): Fault[] {
  const faults: Fault[] = [];
  const fault = (at: string, what: string, fix: string) =>
    faults.push({ code: 'BANYAN_REQUEST_INVALID', at, what, fix });
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1 && workers <= mostWorkers)) {
    fault('workers', `${workers} is no number of workers`, `Give a whole number from 1 to ${mostWorkers}.`);
  }
  if (share !== undefined && !(share >= 0 && share <= 100)) {
    fault('share', `${share} is no percentage`, 'Give a number from 0 to 100; 0 lets the copy stand.');
  }
  if (reset && (workers !== undefined || share !== undefined)) {
    fault('reset', 'it goes back to the config', 'Leave workers and share out.');
  }
  if (!reset && workers === undefined && share === undefined) {
    fault('throttle', 'nothing is asked for', 'Give --workers, --share or --reset.');
  }
  return faults;
}
