import type { Knex } from 'knex';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { BanyanError } from '../../common/errors.ts';
import type { StoreLedger, WaitingKeys } from '../../mover/index.ts';
import type { CohortDefinition } from '../../router/cohorts/named-cohorts.ts';
import type { ShadowTally } from '../../router/shadow/tally/index.ts';
import type { RouteTable } from '../../router/table/route-table.ts';
import type { FeatureConfig } from '../config/config.ts';
import type { ConfigPrint } from '../config/config-print.ts';
import type { FeatureState } from '../feature/feature-state.ts';
import type { GuardMemory } from '../guard/plan-guard.ts';
import { sampleLifeMs } from '../shadow/shadow-state.ts';
import { type Caller, readCallers } from '../watch/report-callers.ts';
import { type Actor, type AuditEntry, lastAuditId, readAudit, readAuditAfter } from './audit.ts';
import {
  type AuditAnchor,
  type AuditVerification,
  hasEntries,
  lastEntry,
  verifyAudit,
} from './audit-chain.ts';
import {
  type ChangeRequest,
  type ChangeResult,
  changeFeatures,
  type JointChangeRequest,
  type JointChangeResult,
} from './change-features.ts';
import { connectState } from './connect-state.ts';
import { Fleet } from './fleet.ts';
import { type HeldLease, type HoldLeaseOptions, holdLease } from './held-lease.ts';
import {
  type HoldCosts,
  type HoldCostWords,
  readHoldCosts,
  tellHoldCost,
  untoldHoldCosts,
} from './hold-costs.ts';
import { LeaseRenewals } from './lease-renewals.ts';
import { type LeaseGrant, Leases } from './leases.ts';
import { keepLostKeys, noteSeen, readSeen, type Seen } from './losses.ts';
import { migrateState } from './migrate-state.ts';
import { forgetOldCounts, readTally } from './replica-counts.ts';
import { cannotServe } from './replicas.ts';
import { type Routed, readClock, readRouteTable, readStates, Turn } from './turn.ts';

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

export interface ReconfigureRequest {
  readonly config: StoreConfig;
  readonly actor: Actor;
  readonly lease: LeaseGrant;
  /** Throws where the features are in the way of it. */
  readonly check: (states: readonly FeatureState[]) => void;
}

/**
 * banyan's durable state. Every change of a feature is one transaction that takes the turnstile (the route table's row),
 * checks the lease, writes the feature, publishes the route table that follows from it and appends to the audit log:
 * all of it or nothing, in one order for all.
 */
export class StateStore {
  readonly leases: Leases;
  readonly fleet: Fleet;
  readonly #knex: Knex;
  readonly #renewals: LeaseRenewals;
  #features: readonly FeatureConfig[];
  #cohorts: readonly CohortDefinition[];
  #print: ConfigPrint | null;
  /** The last entry of the audit log that this process has seen. */
  #seen: Turn['head'] = null;
  #timesBack = 0;

  private constructor({ state, features, cohorts = [], print }: StateStoreOptions) {
    const knex = connectState(state);
    this.#knex = knex;
    this.#features = features;
    this.#cohorts = cohorts;
    this.#print = print ?? null;
    this.leases = new Leases(knex, connectState(state));
    this.#renewals = new LeaseRenewals(this.leases);
    this.fleet = new Fleet(knex, connectState(state, 'READ UNCOMMITTED'));
  }

  /** Creates or migrates the schema and connects. */
  static async open(options: StateStoreOptions): Promise<StateStore> {
    await migrateState(options.state);
    return new StateStore(options);
  }

  /** Waits for a lease and keeps it. */
  holdLease(options: HoldLeaseOptions): Promise<HeldLease> {
    return holdLease(this.leases, this.#renewals, options);
  }

  /**
   * Gives every configured feature its row and publishes the route table if the config changed it. Refuses a config
   * that has lost a feature which is under way or extracted: its routes would fall back to tables that are fenced.
   */
  async admitFeatures(actor: Actor, lease?: LeaseGrant): Promise<void> {
    await Turn.take(this.#knex, lease, async (turn) => {
      const configured = new Set(this.#features.map((feature) => feature.name));
      const lost = [...turn.states.values()].filter(
        (state) => !configured.has(state.feature) && state.stage !== 'legacy' && state.stage !== 'finished',
      );
      if (lost.length > 0) {
        const names = lost.map((state) => `${state.feature} (${state.stage})`).join(', ');
        throw new BanyanError('BANYAN_FEATURE_UNDER_WAY', `The config no longer names ${names}.`, {
          fix: 'Put the feature back into the config; roll it back and abandon its copy before you take it out.',
        });
      }
      await turn.admit(this.#features);
      await turn.write([], this.#routed, (version) =>
        version === turn.version
          ? []
          : [{ ...actor, action: 'config', feature: null, from: null, to: fingerprintOf(this.#print) }],
      );
    });
  }

  /**
   * Goes by another config from now on, and publishes what follows from it: all of it in one transaction or, when `check` throws
   * for where the features are, nothing.
   */
  async reconfigure(request: ReconfigureRequest): Promise<{ readonly version: number }> {
    const { config, actor, lease, check } = request;
    const next = { features: config.features, cohorts: config.cohorts ?? [] };
    const version = await Turn.take(this.#knex, lease, async (turn) => {
      check([...turn.states.values()]);
      await turn.admit(next.features);
      const from = fingerprintOf(this.#print);
      const to = fingerprintOf(config.print ?? null);
      return turn.write([], next, () => [{ ...actor, action: 'reload', feature: null, from, to }]);
    });
    this.configure(config);
    return { version };
  }

  /** Every feature that the config has, wherever it is. */
  get configured(): readonly FeatureConfig[] {
    return this.#features;
  }

  /** Of the config that it goes by; null: it was told none. */
  get fingerprint(): string | null {
    return this.#print?.fingerprint ?? null;
  }

  /** Live routers that could not send a request of the feature to its service, each with the reason; see `cannotServe`. */
  async unserved(feature: string): Promise<readonly string[]> {
    return cannotServe(await this.fleet.replicas(), feature, this.#print?.features[feature]);
  }

  /** Changes one feature. See the class. */
  async change({ feature, details, change, ...request }: ChangeRequest): Promise<ChangeResult> {
    const members = [{ feature, details, change }];
    const { states, ...result } = await this.changeJointly({ ...request, members });
    return { ...result, state: states[0]! };
  }

  /** Changes several features at one instant. What one member's `change` throws keeps all of them as they were. */
  async changeJointly(request: JointChangeRequest): Promise<JointChangeResult> {
    const { result, head } = await Turn.take(this.#knex, request.lease, async (turn) => {
      const changed = await changeFeatures(turn, request, this.#routed, (states, feature) =>
        this.#known(states, feature),
      );
      return { result: changed, head: turn.head };
    });
    this.#saw(head);
    return result;
  }

  /** What `wentBack` answered last; 0 before. */
  get timesBack(): number {
    return this.#timesBack;
  }

  /** How often this process has found that the store lacks an entry which it had seen there: it was restored from a backup meanwhile. */
  async wentBack(): Promise<number> {
    const seen = this.#seen;
    const lacks = seen !== null && !(await hasEntries(this.#knex, [seen]));
    const last = await lastEntry(this.#knex);
    if (lacks && this.#seen === seen) {
      this.#timesBack += 1;
      this.#seen = last;
    } else this.#saw(last);
    return this.#timesBack;
  }

  #saw(head: Turn['head']): void {
    if (head !== null && (this.#seen === null || head.entry > this.#seen.entry)) this.#seen = head;
  }

  async feature(name: string): Promise<FeatureState> {
    return this.#known(await readStates(this.#knex), name);
  }

  async features(): Promise<FeatureState[]> {
    const states = await readStates(this.#knex);
    return this.#features.flatMap((feature) => states.get(feature.name) ?? []);
  }

  /** Those too that the config does not name any more. */
  async allFeatures(): Promise<FeatureState[]> {
    return [...(await readStates(this.#knex)).values()];
  }

  /** Goes by another config, of which another process or the next start publishes what follows. */
  configure({ features, cohorts = [], print }: StoreConfig): void {
    this.#features = features;
    this.#cohorts = cohorts;
    this.#print = print ?? null;
  }

  routeTable(): Promise<RouteTable> {
    return readRouteTable(this.#knex);
  }

  /** ISO 8601: the clock that all durable times are told by. */
  clock(): Promise<string> {
    return readClock(this.#knex);
  }

  /** Which routes and jobs of the monolith touched tables of late, as its processes report. */
  callers(about: Parameters<typeof readCallers>[1]): Promise<Caller[]> {
    return readCallers(this.#knex, about);
  }

  /** What handovers cost clients, as far as routers have reported it; newest first. */
  holdCosts(filter: { readonly feature?: string | undefined; readonly limit: number }): Promise<HoldCosts[]> {
    return readHoldCosts(this.#knex, filter);
  }

  /** Writes into the audit log what routers have reported of holds and it does not have yet. */
  async tellHoldCosts(lease: LeaseGrant, words: HoldCostWords): Promise<void> {
    for (const at of await untoldHoldCosts(this.#knex)) {
      await Turn.take(this.#knex, lease, (turn) => tellHoldCost(turn, at, this.#routed, words));
    }
  }

  /** What all routers counted in the feature's run; empty before the first. */
  async shadowTally(feature: string): Promise<ShadowTally> {
    const { shadow } = await this.feature(feature);
    return shadow === null ? {} : readTally(this.#knex, feature, shadow.run, sampleLifeMs);
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
    const states = await readStates(this.#knex);
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

  /** How far this store is, for databases to remember. */
  ledger(feature: string): StoreLedger {
    return {
      newest: async () => {
        const { entry, hash } = await lastEntry(this.#knex);
        return { entry, hash, stage: (await this.feature(feature)).stage };
      },
      has: (marks) => hasEntries(this.#knex, marks),
    };
  }

  /** Notes what was seen of the log of the side that owns the rows. */
  noteSeen(feature: string, seen: Seen): Promise<void> {
    return noteSeen(this.#knex, feature, seen);
  }

  /** null: it was never looked at. */
  seen(feature: string): Promise<Seen | null> {
    return readSeen(this.#knex, feature);
  }

  /** Keeps the keys under which legacy lacks writes, for people. `rollback`: its id. */
  keepLostKeys(feature: string, rollback: string, tables: readonly WaitingKeys[]): Promise<void> {
    return keepLostKeys(this.#knex, feature, rollback, tables);
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
    await Promise.all([this.#knex.destroy(), this.leases.close(), this.fleet.close()]);
  }

  get #routed(): Routed {
    return { features: this.#features, cohorts: this.#cohorts };
  }

  #known(states: ReadonlyMap<string, FeatureState>, name: string): FeatureState {
    const state = states.get(name);
    if (state !== undefined && this.#features.some((feature) => feature.name === name)) return state;
    const known = this.#features.map((feature) => feature.name).join(', ');
    throw new BanyanError('BANYAN_FEATURE_UNKNOWN', `There is no feature ${name}.`, {
      fix: known === '' ? 'The config names no feature: add one.' : `Name one of: ${known}.`,
    });
  }
}

function fingerprintOf(print: ConfigPrint | null): { readonly fingerprint: string } | null {
  return print === null ? null : { fingerprint: print.fingerprint };
}
