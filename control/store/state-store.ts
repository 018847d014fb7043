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
import type { ConfigPrint } from '../config/config-print.ts';
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
import { type Actor, type AuditEntry, appendAudit, lastAuditId, readAudit, readAuditAfter } from './audit.ts';
import { type AuditAnchor, type AuditVerification, verifyAudit } from './audit-chain.ts';
import { buildRouteTable } from './build-route-table.ts';
import { connectState } from './connect-state.ts';
import { assertLease, type LeaseGrant, Leases } from './leases.ts';
import { migrateState } from './migrate-state.ts';
import { forgetOldCounts, readTally, readTraffic, readTrafficReports } from './replica-counts.ts';
import { cannotServe, forgetDeadReplicas, type Replica, readReplicas } from './replicas.ts';

export interface StateStoreOptions {
  readonly state: DatabaseEndpoint;
  readonly features: readonly FeatureConfig[];
  /** Default: none. */
  readonly cohorts?: readonly CohortDefinition[];
  /** Default: routers are not asked how they call a service. */
  readonly print?: ConfigPrint;
}

/** What the store goes by, of the config. */
export type StoreConfig = Omit<StateStoreOptions, 'state'>;

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
  /** Figures for the audit log. */
  readonly details?: AuditEntry['details'] | undefined;
  /** The change fails unless this lease is still the caller's. */
  readonly lease?: LeaseGrant;
  /**
   * Returns the new state; the state it was given when there is nothing to change, which leaves no trace; or throws.
   * `since` is set by the store when the stage changes, and canary plans follow what changed.
   */
  readonly change: (context: ChangeContext) => FeatureState;
}

/** One feature's part in a change of several. */
export type MemberChange = Pick<ChangeRequest, 'feature' | 'details' | 'change'>;

/** Several features changed in one transaction: all of them or none, with an audit entry for each that changed. */
export interface JointChangeRequest extends Omit<ChangeRequest, keyof MemberChange> {
  readonly members: readonly MemberChange[];
}

export interface JointChangeResult extends Omit<ChangeResult, 'state'> {
  /** In the order of the members. */
  readonly states: readonly FeatureState[];
}

export interface ReconfigureRequest {
  readonly config: StoreConfig;
  readonly actor: Actor;
  readonly lease: LeaseGrant;
  /** Throws where the features are in the way of it. */
  readonly check: (states: readonly FeatureState[]) => void;
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
  #features: readonly FeatureConfig[];
  #cohorts: readonly CohortDefinition[];
  #print: ConfigPrint | null;

  private constructor(knex: Knex, { features, cohorts = [], print }: StateStoreOptions) {
    this.#knex = knex;
    this.#features = features;
    this.#cohorts = cohorts;
    this.#print = print ?? null;
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
        const to = this.#print === null ? null : { fingerprint: this.#print.fingerprint };
        await appendAudit(trx, {
          ...actor,
          at: now,
          ...{ action: 'config', feature: null, from: null, to, version },
        });
      }
    });
  }

  /**
   * Goes by another config from now on, and publishes what follows from it: all of it in one transaction or, when `check` throws
   * for where the features are, nothing.
   */
  async reconfigure(request: ReconfigureRequest): Promise<{ readonly version: number }> {
    const { config, actor, lease, check } = request;
    const next = { features: config.features, cohorts: config.cohorts ?? [] };
    const version = await this.#knex.transaction(async (trx) => {
      const { row, now } = await this.#turnstile(trx);
      await assertLease(trx, lease);
      const states = await this.#states(trx);
      check([...states.values()]);
      for (const { name } of next.features) {
        if (states.has(name)) continue;
        const state = newFeatureState(name, now);
        await trx('state_features').insert(toRow(state));
        states.set(name, state);
      }
      const published = await this.#publish(trx, row, states, next);
      const from = this.#print === null ? null : { fingerprint: this.#print.fingerprint };
      const to = config.print === undefined ? null : { fingerprint: config.print.fingerprint };
      await appendAudit(trx, {
        ...actor,
        at: now,
        ...{ action: 'reload', feature: null, from, to, version: published },
      });
      return published;
    });
    this.configure(config);
    return { version };
  }

  /** Asks all routers to read their config again. Returns how often that was asked. */
  async askRoutersToReload(): Promise<number> {
    await this.#knex('state_route_table').where({ id: 1 }).increment('reload', 1);
    const row: { reload: number } | undefined = await this.#knex('state_route_table')
      .where({ id: 1 })
      .first('reload');
    return Number(row?.reload ?? 0);
  }

  /** Live routers that could not send a request of the feature to its service, each with the reason; see `cannotServe`. */
  async unserved(feature: string): Promise<readonly string[]> {
    return cannotServe(await this.replicas(), feature, this.#print?.features[feature]);
  }

  /** Changes one feature. See the class. */
  async change({ feature, details, change, ...request }: ChangeRequest): Promise<ChangeResult> {
    const members = [{ feature, details, change }];
    const { states, ...result } = await this.changeJointly({ ...request, members });
    return { ...result, state: states[0]! };
  }

  /** Changes several features at one instant. What one member's `change` throws keeps all of them as they were. */
  async changeJointly(request: JointChangeRequest): Promise<JointChangeResult> {
    const { who, why, action, lease, members } = request;
    return this.#knex.transaction(async (trx) => {
      const { row, now } = await this.#turnstile(trx);
      if (lease) await assertLease(trx, lease);
      const states = await this.#states(trx);
      const nextVersion = Number(row.version) + 1;
      const changes = members.flatMap(({ feature, details, change }) => {
        const before = this.#known(states, feature);
        const changed = change({ state: before, nextVersion, now });
        if (changed === before) return [];
        assertLawful(before, changed);
        const since = changed.stage === before.stage ? changed.since : now;
        const after = { ...changed, since, canaries: followPlans(before, changed, now) };
        states.set(feature, after);
        return [{ feature, details, before, after }];
      });
      const result = { states: members.map(({ feature }) => states.get(feature)!), now };
      if (changes.length === 0) return { ...result, version: Number(row.version) };
      for (const { feature, after } of changes) {
        await trx('state_features').where({ feature }).update(toRow(after));
      }
      const version = await this.#publish(trx, row, states);
      for (const { feature, details, before, after } of changes) {
        const { from, to } = difference(before, after);
        await appendAudit(trx, { at: now, who, why, details, action, feature, from, to, version });
      }
      return { ...result, version };
    });
  }

  async feature(name: string): Promise<FeatureState> {
    return this.#known(await this.#states(this.#knex), name);
  }

  async features(): Promise<FeatureState[]> {
    const states = await this.#states(this.#knex);
    return this.#features.flatMap((feature) => states.get(feature.name) ?? []);
  }

  /** Those too that the config does not name any more. */
  async allFeatures(): Promise<FeatureState[]> {
    return [...(await this.#states(this.#knex)).values()];
  }

  /** Goes by another config, of which another process or the next start publishes what follows. */
  configure({ features, cohorts = [], print }: StoreConfig): void {
    this.#features = features;
    this.#cohorts = cohorts;
    this.#print = print ?? null;
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

  /** Asks all routers to report what they count of every feature for the next `forMs`: somebody looks. */
  async askRoutersToCount(forMs: number): Promise<void> {
    await this.#knex('state_route_table')
      .where({ id: 1 })
      .update({ counts_until: this.#knex.raw('NOW(3) + INTERVAL ? MICROSECOND', [forMs * 1_000]) });
  }

  /** What routers have reported of every feature's routes within the last `withinMs`. */
  trafficReports(withinMs: number) {
    return readTrafficReports(this.#knex, withinMs);
  }

  forgetDeadReplicas(): Promise<void> {
    return forgetDeadReplicas(this.#knex);
  }

  /** What all routers counted in the feature's run; empty before the first. */
  async shadowTally(feature: string): Promise<ShadowTally> {
    const { shadow } = await this.feature(feature);
    return shadow === null ? {} : readTally(this.#knex, feature, shadow.run, sampleLifeMs);
  }

  /** What each replica counted of the feature's routes since it started, if it has reported since `since`, ISO 8601. */
  traffic(feature: string, since: string): Promise<ReadonlyMap<string, TrafficCounts>> {
    return readTraffic(this.#knex, feature, new Date(since));
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

  /** Notes that the side which does not own the rows held everything that was written before `at`, ISO 8601. */
  async noteCurrent(feature: string, at: string): Promise<void> {
    await this.#knex('state_current')
      .insert({ feature, at: new Date(at) })
      .onConflict('feature')
      // What was once known stays true, unless the clock was set back since.
      .merge({ at: this.#knex.raw('IF(at > NOW(3), VALUES(at), GREATEST(at, VALUES(at)))') });
  }

  audit(filter: { readonly feature?: string; readonly limit: number }): Promise<AuditEntry[]> {
    return readAudit(this.#knex, filter);
  }

  /** The entries after `id`, oldest first. */
  auditAfter(id: number, limit: number): Promise<AuditEntry[]> {
    return readAuditAfter(this.#knex, id, limit);
  }

  /** Whether the audit log is as it was written; see `verifyAudit`. */
  verifyAudit(anchor: AuditAnchor | null): Promise<AuditVerification> {
    return verifyAudit(this.#knex, anchor);
  }

  lastAuditId(): Promise<number> {
    return lastAuditId(this.#knex);
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
    by: Required<Omit<StoreConfig, 'print'>> = { features: this.#features, cohorts: this.#cohorts },
  ): Promise<number> {
    const next = buildRouteTable(by.features, states, by.cohorts);
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
