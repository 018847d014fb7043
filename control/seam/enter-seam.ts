import type { Parked } from '../../router/hold/hold-queue.ts';
import { type CompiledRoute, type CompiledTable, compileSeam } from '../../router/table/compiled-table.ts';
import { type Decision, decide } from '../../router/table/decision.ts';
import { seamErrors } from './seam-errors.ts';
import type { SeamLink } from './seam-link.ts';

/** One seam's calls on their way in: by the decision that routers make, and held as they hold. */
export class SeamEntrance {
  readonly #name: string;
  readonly #feature: string;
  readonly #access: 'read' | 'write';
  readonly #link: SeamLink;
  #compiled: { readonly from: CompiledTable; readonly route: CompiledRoute } | null = null;

  constructor(name: string, feature: string, access: 'read' | 'write', link: SeamLink) {
    this.#name = name;
    this.#feature = feature;
    this.#access = access;
    this.#link = link;
  }

  /**
   * Decides, and waits where a handover is under way. A write that may go is counted in the same stretch of code, so that no table can
   * come in between; who entered ends it.
   */
  enter(arrivedAt: number): Promise<Decision> {
    const { holds, writes, metrics } = this.#link;
    return new Promise((resolve, reject) => {
      let parkedAt = 0;
      let isLeaseGone = false;
      const waited = () => {
        if (parkedAt > 0) metrics?.held(this.#name, performance.now() - parkedAt);
      };
      const decideNow = () => {
        const decision = this.#decide();
        if (decision.outcome === 'act') {
          if (this.#access === 'write') writes.begin(this.#feature);
          waited();
          resolve(decision);
          return;
        }
        isLeaseGone = decision.reason === 'lease-expired';
        if (parkedAt === 0) parkedAt = performance.now();
        if (holds.park(parked, arrivedAt)) return;
        waited();
        reject(seamErrors.holdFull(this.#name, this.#feature, holds.size));
      };
      const parked: Parked = {
        heldBytes: 0,
        release: decideNow,
        expire: () => {
          waited();
          const waitedMs = Math.round(performance.now() - arrivedAt);
          reject(seamErrors.holdTimeout(this.#name, this.#feature, waitedMs, isLeaseGone));
        },
      };
      decideNow();
    });
  }

  /** Whether the feature is another one than when that was decided: asks the store, once, if it is not known. */
  async movedOn({ version, side }: Decision): Promise<boolean> {
    const { table } = this.#link;
    const moved = () => {
      const now = table.current.features.get(this.#feature);
      return table.current.version > version && now !== undefined && (now.hold || now.owner !== side);
    };
    if (moved()) return true;
    await table.askAgain();
    return moved();
  }

  #decide(): Decision {
    const { table } = this.#link;
    const { current } = table;
    if (this.#compiled?.from !== current) {
      const route = compileSeam(current, this.#name, this.#feature, this.#access);
      this.#compiled = { from: current, route };
    }
    const { route } = this.#compiled!;
    return decide(current, route, {
      leaseValid: !route.feature.inTransition || table.leaseValid,
      mayBeOutdated: route.isWrite && table.mayBeOutdated,
      ...{ identity: '', cohort: null, sideAsked: null, wroteRecently: false },
    });
  }
}
