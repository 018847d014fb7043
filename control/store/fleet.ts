import type { Knex } from 'knex';
import { readTraffic, readTrafficReports } from './replica-counts.ts';
import {
  countLive,
  everyReplicaFollows,
  forgetDeadReplicas,
  hasSeams,
  type PendingOptions,
  type PendingReplica,
  type Replica,
  readBarrierPending,
  readReplicas,
} from './replicas.ts';

/** All routers, and the processes with seams, as the state store knows them: what they report, and what they are asked. */
export class Fleet {
  readonly #knex: Knex;
  readonly #unsettled: Knex;

  /** `unsettled`: sees what routers report before the server has it on its disk; the fleet closes it. */
  constructor(knex: Knex, unsettled: Knex) {
    this.#knex = knex;
    this.#unsettled = unsettled;
  }

  replicas(): Promise<Replica[]> {
    return readReplicas(this.#knex);
  }

  /** How many routers have a lease. */
  liveReplicas(): Promise<number> {
    return countLive(this.#knex);
  }

  /** Whether a live process of the monolith has seams of the feature, or pages that read it. */
  hasSeams(feature: string): Promise<boolean> {
    return hasSeams(this.#knex, feature);
  }

  /** What keeps a hold of the features from being complete: see `readBarrierPending`. */
  barrierPending(
    features: readonly string[],
    holdVersion: number,
    options: PendingOptions,
  ): Promise<readonly PendingReplica[]> {
    return readBarrierPending(this.#unsettled, features, holdVersion, options);
  }

  /** Whether every live replica decides by the route table of `version` or a later one: see `everyReplicaFollows`. */
  everyReplicaFollows(
    version: number,
    about: Omit<PendingOptions, 'limit'> = { sinceMs: 0 },
  ): Promise<boolean> {
    return everyReplicaFollows(this.#unsettled, version, about);
  }

  /**
   * Asks all routers to beat more often for the next `forMs`, 0 to end it: a handover is near, and each beat that a router
   * waits is a beat that its clients wait.
   */
  async hurryRouters(forMs: number): Promise<void> {
    const asked = this.#knex('state_route_table')
      .where({ id: 1 })
      .update({ hurry_until: this.#after(forMs) });
    // Connected before clients are held.
    await Promise.all([asked, ...(forMs > 0 ? [this.#unsettled.raw('SELECT 1')] : [])]);
  }

  /** Asks all routers to report what they count of every feature for the next `forMs`: somebody looks. */
  async askRoutersToCount(forMs: number): Promise<void> {
    await this.#knex('state_route_table')
      .where({ id: 1 })
      .update({ counts_until: this.#after(forMs) });
  }

  #after(ms: number): Knex.Raw {
    return this.#knex.raw('NOW(3) + INTERVAL ? MICROSECOND', [ms * 1_000]);
  }

  /** Asks all routers to read their config again. Returns how often that was asked. */
  async askRoutersToReload(): Promise<number> {
    await this.#knex('state_route_table').where({ id: 1 }).increment('reload', 1);
    const row: { reload: number } | undefined = await this.#knex('state_route_table')
      .where({ id: 1 })
      .first('reload');
    return Number(row?.reload ?? 0);
  }

  /** What routers have reported of every feature's routes within the last `withinMs`. */
  trafficReports(withinMs: number): ReturnType<typeof readTrafficReports> {
    return readTrafficReports(this.#knex, withinMs);
  }

  /** What each replica counted of the feature's routes since it started, if it has reported since `since`, ISO 8601. */
  traffic(feature: string, since: string): ReturnType<typeof readTraffic> {
    return readTraffic(this.#knex, feature, new Date(since));
  }

  forgetDeadReplicas(): Promise<void> {
    return forgetDeadReplicas(this.#knex);
  }

  async close(): Promise<void> {
    await this.#unsettled.destroy();
  }
}
