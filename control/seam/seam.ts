import { AsyncLocalStorage } from 'node:async_hooks';
import { isFenceRefusal } from '../../common/fence-refusal.ts';
import type { Decision } from '../../router/table/decision.ts';
import type { Side } from '../../router/table/route-table.ts';
import { SeamEntrance } from './enter-seam.ts';
import { seamErrors } from './seam-errors.ts';
import type { SeamLink } from './seam-link.ts';

export interface SeamOptions<Args extends unknown[], Result> {
  /** Of the config. Until a route table knows it, calls go to legacy. */
  readonly feature: string;
  /** Default `write`: held while the feature changes hands, and waited for. A `read` goes to the owner at once. */
  readonly access?: 'read' | 'write';
  /** Works on the monolith's own tables, in one transaction. */
  readonly legacy: (...args: Args) => Result | Promise<Result>;
  /** Asks the service. */
  readonly service: (...args: Args) => Result | Promise<Result>;
  /**
   * Whether a call that the fence refused is made once more, on the side that owns the rows by then. Default true, which is right where
   * nothing of a refused call remains: false for one that does something besides its transaction.
   */
  readonly retry?: boolean;
}

/** A write that others may be made by: they are part of it. */
interface Outer {
  readonly link: SeamLink;
  readonly feature: string;
  readonly side: Side;
  /** False once it has ended: what it left running goes by decisions of its own. */
  lasts: boolean;
}

const within = new AsyncLocalStorage<Outer>();

/** The service's database refused the write, and the service said so. */
function isRefusedAtService(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'BANYAN_RPC_FENCED';
}

/**
 * Makes one function of two implementations (branch by abstraction): each call goes to the side that owns the feature's rows, by the decision
 * that routers go by. For callers inside the monolith, and for jobs, which no router sees.
 *
 * The function rejects with what its implementation rejects with, or `BANYAN_SEAM_HOLD_TIMEOUT`, `BANYAN_SEAM_HOLD_FULL`, `BANYAN_SEAM_FENCED`,
 * `BANYAN_SEAM_CLOSED`.
 */
export function seam<Args extends unknown[], Result>(
  name: string,
  options: SeamOptions<Args, Result>,
  link: SeamLink,
): (...args: Args) => Promise<Result> {
  const { feature, access = 'write', retry = true } = options;
  link.has(feature);
  const entrance = new SeamEntrance(name, feature, access, link);

  const carryOut = async ({ side }: Decision, args: Args): Promise<Result> => {
    await link.points.reach('seam:decided', { seam: name, side });
    if (access === 'read') return options[side](...args);
    const outer: Outer = { link, feature, side, lasts: true };
    try {
      return await within.run(outer, async () => options[side](...args));
    } finally {
      outer.lasts = false;
      link.writes.end(feature);
    }
  };

  const call = async (args: Args, mayRetry: boolean, arrivedAt: number): Promise<Result> => {
    const decision = await entrance.enter(arrivedAt).catch((error: unknown) => {
      link.metrics?.ended(name, 'none', 'not_called');
      throw error;
    });
    const { side } = decision;
    try {
      const result = await carryOut(decision, args);
      link.metrics?.ended(name, side, 'ok');
      return result;
    } catch (error) {
      const isFenced = isFenceRefusal(error) || isRefusedAtService(error);
      link.metrics?.ended(name, side, isFenced ? 'fenced' : 'error');
      if (!isFenced) throw error;
      if (!(mayRetry && (await entrance.movedOn(decision)))) {
        throw seamErrors.fenced(name, feature, side, error);
      }
    }
    link.metrics?.retried(name);
    return call(args, false, arrivedAt);
  };

  return async (...args) => {
    const outer = within.getStore();
    // It would wait for a hold that waits for the write that it is part of.
    if (outer?.lasts && outer.link === link && outer.feature === feature) return options[outer.side](...args);
    if (link.closed) throw seamErrors.closed(name);
    const end = link.begin();
    try {
      return await call(args, retry, performance.now());
    } finally {
      end();
    }
  };
}
