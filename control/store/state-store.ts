import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import { BanyanError } from '../../common/errors.ts';
import type { DatabaseEndpoint } from '../../mover/move-spec.ts';
import type { CohortDefinition } from '../../router/cohorts/named-cohorts.ts';
import type { TrafficCounts } from '../../router/replica/state-link.ts';
import type { ShadowTally } from '../../router/shadow/tally/index.ts';
import type { RouteTable } from '../../router/table/route-table.ts';
import { auditedPlan } from '../canary/describe-plan.ts';
import { followPlans } from '../canary/follow-plans.ts';
import type { FeatureConfig } from '../config/config.ts';
import { assertLawful } from '../feature/advance.ts';
import {
  type FeatureRow,
  type FeatureState,
  fromRow,
  newFeatureState,
  toRow,
} from '../feature/feature-state.ts';
import { stages } from '../feature/stages.ts';
import type { GuardMemory } from '../guard/plan-guard.ts';
import { sampleLifeMs } from '../shadow/shadow-state.ts';
import { type Actor, type AuditEntry, appendAudit, readAudit } from './audit.ts';
import { buildRouteTable } from './build-route-table.ts';
import { connectState } from './connect-state.ts';
import { assertLease, type LeaseGrant, Leases } from './leases.ts';
import { migrateState } from './migrate-state.ts';
import { forgetOldCounts, readTally, readTraffic } from './replica-counts.ts';
import { forgetDeadReplicas, type Replica, readReplicas } from './replicas.ts';

export interface StateStoreOptions {
  readonly state: DatabaseEndpoint;
  readonly features: readonly FeatureConfig[];
  /** Default: none. */
  readonly cohorts?: readonly CohortDefinition[];
}

/** What a change may know and set. */
export interface ChangeContext {
  readonly state: FeatureState;
  /** The version that the route table gets if this change touches it. */
  readonly nextVersion: number;
  /** ISO 8601, the state store's clock. */
  readonly now: string;
}

export interface ChangeRequest extends Actor {
  readonly feature: string;
  /** What happens, for the audit log: `copy`, `cutover: hold`, … */
  readonly action: string;
  /** The change fails unless this lease is still the caller's. */
  readonly lease?: LeaseGrant;
  /**
   * Returns the new state; the state it was given when there is nothing to change, which leaves no trace; or throws.
   * `since` is set by the store when the stage changes, and canary plans follow what changed.
   */
  readonly change: (context: ChangeContext) => FeatureState;
}

export interface ChangeResult {
  readonly state: FeatureState;
  /** Of the route table after the change. */
  readonly version: number;
  readonly now: string;
}

interface TableRow {
  readonly version: number;
  readonly written_at: Date;
  readonly content: string;
}

/**
 * banyan's durable state. Every change of a feature is one transaction that takes the turnstile (the route table's row),
 * checks the lease, writes the feature, publishes the route table that follows from it and appends to the audit log:
 * all of it or nothing, in one order for all.
 */
export class StateStore {
  readonly leases: Leases;
  readonly #knex: Knex;
  readonly #features: readonly FeatureConfig[];
  readonly #cohorts: readonly CohortDefinition[];

  private constructor(knex: Knex, { features, cohorts = [] }: StateStoreOptions) {
    this.#knex = knex;
    this.#features = features;
    this.#cohorts = cohorts;
    this.leases = new Leases(knex);
  }

  /** Creates or migrates the schema and connects. */
  static async open(options: StateStoreOptions): Promise<StateStore> {
    await migrateState(options.state);
    return new StateStore(connectState(options.state), options);
  }

  /**
   * Gives every configured feature its row and publishes the route table if the config changed it. Refuses a config
   * that has lost a feature which is under way or extracted: its routes would fall back to tables that are fenced.
   */
  async admitFeatures(actor: Actor, lease?: LeaseGrant): Promise<void> {
    await this.#knex.transaction(async (trx) => {
      const { row, now } = await this.#turnstile(trx);
      if (lease) await assertLease(trx, lease);
      const states = await this.#states(trx);
      const configured = new Set(this.#features.map((feature) => feature.name));
      const lost = [...states.values()].filter(
        (state) => !configured.has(state.feature) && state.stage !== 'legacy' && state.stage !== 'finished',
      );
      if (lost.length > 0) {
        const names = lost.map((state) => `${state.feature} (${state.stage})`).join(', ');
        throw new BanyanError('BANYAN_FEATURE_UNDER_WAY', `The config no longer names ${names}.`, {
          fix: 'Put the feature back into the config; roll it back and abandon its copy before you take it out.',
        });
      }
      for (const feature of this.#features) {
        if (states.has(feature.name)) continue;
        const state = newFeatureState(feature.name, now);
        await trx('state_features').insert(toRow(state));
        states.set(feature.name, state);
      }
      const version = await this.#publish(trx, row, states);
      if (version !== Number(row.version)) {
        await appendAudit(trx, { ...actor, action: 'config', feature: null, from: null, to: null, version });
      }
    });
  }

  /** Changes one feature. See the class. */
  async change(request: ChangeRequest): Promise<ChangeResult> {
    return this.#knex.transaction(async (trx) => {
      const { row, now } = await this.#turnstile(trx);
      if (request.lease) await assertLease(trx, request.lease);
      const states = await this.#states(trx);
      const before = this.#known(states, request.feature);
      const changed = request.change({ state: before, nextVersion: Number(row.version) + 1, now });
      if (changed === before) return { state: before, version: Number(row.version), now };
      assertLawful(before, changed);
      const after = {
        ...changed,
        since: changed.stage === before.stage ? changed.since : now,
        canaries: followPlans(before, changed, now),
      };
      states.set(request.feature, after);
      await trx('state_features').where({ feature: request.feature }).update(toRow(after));
      const version = await this.#publish(trx, row, states);
      const { from, to } = difference(before, after);
      await appendAudit(trx, {
        who: request.who,
        why: request.why,
        action: request.action,
        feature: request.feature,
        from,
        to,
        version,
      });
      return { state: after, version, now };
    });
  }

  async feature(name: string): Promise<FeatureState> {
    return this.#known(await this.#states(this.#knex), name);
  }

  async features(): Promise<FeatureState[]> {
    const states = await this.#states(this.#knex);
    return this.#features.flatMap((feature) => states.get(feature.name) ?? []);
  }

  async routeTable(): Promise<RouteTable> {
    const row: TableRow | undefined = await this.#knex('state_route_table').where({ id: 1 }).first();
    if (row === undefined) throw storeDamaged();
    return {
      version: Number(row.version),
      writtenAt: row.written_at.toISOString(),
      ...(JSON.parse(row.content) as Pick<RouteTable, 'features' | 'routes'>),
    };
  }

  /** ISO 8601: the clock that all durable times are told by. */
  clock(): Promise<string> {
    return this.#now(this.#knex);
  }

  replicas(): Promise<Replica[]> {
    return readReplicas(this.#knex);
  }

  /**
   * Asks all routers to beat more often for the next `forMs`, 0 to end it: a handover is near, and each beat that a router
   * waits is a beat that its clients wait.
   */
  async hurryRouters(forMs: number): Promise<void> {
    await this.#knex('state_route_table')
      .where({ id: 1 })
      .update({ hurry_until: this.#knex.raw('NOW(3) + INTERVAL ? MICROSECOND', [forMs * 1_000]) });
  }

  forgetDeadReplicas(): Promise<void> {
    return forgetDeadReplicas(this.#knex);
  }

  /** What all routers counted in the feature's run; empty before the first. */
  async shadowTally(feature: string): Promise<ShadowTally> {
    const { shadow } = await this.feature(feature);
    return shadow === null ? {} : readTally(this.#knex, feature, shadow.run, sampleLifeMs);
  }

  /** What each replica counted of the feature's routes since it started. */
  traffic(feature: string): Promise<ReadonlyMap<string, TrafficCounts>> {
    return readTraffic(this.#knex, feature);
  }

  /** What the guard of a plan has seen; null before its first look. */
  async guardMemory(feature: string, plan: string): Promise<GuardMemory | null> {
    const row: { memory: string } | undefined = await this.#knex('state_guards')
      .where({ feature, plan })
      .first('memory');
    return row === undefined ? null : (JSON.parse(row.memory) as GuardMemory);
  }

  /** Keeps it, in place of what was kept for the feature's plans that are over. `plans`: those that are not. */
  async keepGuardMemory(feature: string, memory: GuardMemory, plans: readonly string[]): Promise<void> {
    const row = { feature, plan: memory.plan, memory: JSON.stringify(memory), at: this.#knex.raw('NOW(3)') };
    await this.#knex('state_guards').insert(row).onConflict(['feature', 'plan']).merge();
    await this.#knex('state_guards').where({ feature }).whereNotIn('plan', plans).delete();
  }

  /** Forgets counts of earlier runs, and samples whose time is over. */
  async forgetOldCounts(): Promise<void> {
    const states = await this.#states(this.#knex);
    const runs = [...states.values()].map(({ feature, shadow }) => [
      feature,
      shadow === null ? null : { run: shadow.run, sampleLifeMs },
    ]);
    await forgetOldCounts(this.#knex, Object.fromEntries(runs));
  }

  /** Notes that the side which does not own the rows held everything at `at`, ISO 8601. */
  async noteCurrent(feature: string, at: string): Promise<void> {
    await this.#knex('state_current')
      .insert({ feature, at: new Date(at) })
      .onConflict('feature')
      .merge();
  }

  audit(filter: { readonly feature?: string; readonly limit: number }): Promise<AuditEntry[]> {
    return readAudit(this.#knex, filter);
  }

  async close(): Promise<void> {
    await this.#knex.destroy();
  }

  async #turnstile(trx: Knex.Transaction): Promise<{ row: TableRow; now: string }> {
    const row: TableRow | undefined = await trx('state_route_table').where({ id: 1 }).forUpdate().first();
    if (row === undefined) throw storeDamaged();
    // Asked once the turnstile is ours, so that `now` never runs backwards from one change to the next.
    return { row, now: await this.#now(trx) };
  }

  async #now(knex: Knex): Promise<string> {
    const [[clock]] = await knex.raw('SELECT NOW(3) AS now');
    return (clock.now as Date).toISOString();
  }

  async #states(knex: Knex): Promise<Map<string, FeatureState>> {
    const rows: FeatureRow[] = await knex('state_features');
    return new Map(rows.map((row) => [row.feature, fromRow(row)]));
  }

  #known(states: ReadonlyMap<string, FeatureState>, name: string): FeatureState {
    const state = states.get(name);
    if (state !== undefined && this.#features.some((feature) => feature.name === name)) return state;
    const known = this.#features.map((feature) => feature.name).join(', ');
    throw new BanyanError('BANYAN_FEATURE_UNKNOWN', `There is no feature ${name}.`, {
      fix: known === '' ? 'The config names no feature: add one.' : `Name one of: ${known}.`,
    });
  }

  /** Writes the route table under the next version if it differs from the one that stands. Returns the version. */
  async #publish(
    trx: Knex.Transaction,
    row: TableRow,
    states: ReadonlyMap<string, FeatureState>,
  ): Promise<number> {
    const next = buildRouteTable(this.#features, states, this.#cohorts);
    if (isDeepStrictEqual(JSON.parse(row.content), JSON.parse(JSON.stringify(next)))) {
      return Number(row.version);
    }
    const version = Number(row.version) + 1;
    await trx('state_route_table')
      .where({ id: 1 })
      .update({ version, written_at: trx.raw('NOW(3)'), content: JSON.stringify(next) });
    return version;
  }
}

/** The fields that changed, before and after; the owner is told with a change of stage. */
function difference(before: FeatureState, after: FeatureState) {
  const from: Record<string, unknown> = {};
  const to: Record<string, unknown> = {};
  for (const key of Object.keys(after) as (keyof FeatureState)[]) {
    if (key === 'since' || isDeepStrictEqual(before[key], after[key])) continue;
    from[key] = audited(before, key);
    to[key] = audited(after, key);
  }
  if (stages[before.stage].owner !== stages[after.stage].owner) {
    from.owner = stages[before.stage].owner;
    to.owner = stages[after.stage].owner;
  }
  return { from, to };
}

function audited(state: FeatureState, key: keyof FeatureState): unknown {
  return key === 'canaries' ? state.canaries.map(auditedPlan) : state[key];
}

function storeDamaged(): BanyanError {
  return new BanyanError('BANYAN_STATE_DAMAGED', 'The state store has no route table row.', {
    fix: 'Restore banyan’s schema from a backup: do not recreate it while any feature is not with legacy.',
  });
}
