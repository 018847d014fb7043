import type { DatabaseEndpoint } from '../common/database-endpoint.ts';
import { sideTables } from '../mover/move-spec.ts';
import { describePlan } from './canary/index.ts';
import type { CurrentConfig } from './config/current-config.ts';
import type { BanyanConfig } from './config/index.ts';
import { stages } from './feature/stages.ts';
import type { FeatureJobs } from './feature-jobs.ts';
import type { HealthWatch } from './health/health-watch.ts';
import { unreached } from './health/unreached.ts';
import type { FeatureRunner } from './runner/index.ts';
import { readCohortsOf, readPercentOf, type StateStore } from './store/index.ts';
import type { Supervisor } from './supervisor/index.ts';

export interface StatusSources {
  readonly config: CurrentConfig;
  readonly store: StateStore;
  readonly role: 'active' | 'standby';
  readonly runners: ReadonlyMap<string, FeatureRunner>;
  readonly jobs: FeatureJobs | null;
  readonly supervisor: Supervisor | null;
  readonly health: HealthWatch;
}

/** Where everything stands, for people and programs (`GET /v1/status`). */
export async function readStatus(sources: StatusSources) {
  const { store, health } = sources;
  const config = sources.config.value;
  const [states, replicas, leases, table, now] = await Promise.all([
    store.features(),
    store.fleet.replicas(),
    store.leases.list(),
    store.routeTable(),
    store.clock(),
  ]);
  const { database: _, ...monolith } = config.legacy;
  const legacy = unreached({ kind: 'http', ...monolith }, health);
  const features = await Promise.all(
    states.map(async (state) => {
      const feature = config.features[state.feature];
      const runner = sources.runners.get(state.feature);
      const move = await runner?.status();
      return {
        name: state.feature,
        stage: state.stage,
        owner: stages[state.stage].owner,
        since: state.since,
        paused: state.paused,
        failing: state.failing,
        frozen: state.frozen,
        lost: state.lost,
        ending: state.ending,
        hold: state.handover !== null,
        otherSide: state.otherSide,
        rollback: feature?.rollback ?? true,
        handover: state.handover,
        verified: state.verified,
        canaries: state.canaries.map((plan) => describePlan(plan, state)),
        finding: sources.supervisor?.findingOf(state.feature) ?? null,
        unreachable: feature === undefined ? [] : await unreached(feature.service, health),
        refused: runner?.refused ?? null,
        running: sources.jobs?.kindOf(state.feature) ?? null,
        move:
          move === undefined
            ? null
            : {
                does: stages[state.stage].mover,
                held: move.held,
                applying: move.applying,
                backlog: move.backlog,
                lockedKeys: move.lockedKeys,
                pace: move.pace,
                copied: move.copied,
                verified: move.verified,
                feed: move.feed,
                trouble: move.trouble,
                progress: runner?.feed.latest ?? null,
              },
        tables: feature === undefined ? [] : sideTables(feature, 'source'),
        routes: (feature?.routes ?? []).map((route) => ({
          id: route.id,
          access: route.access,
          readPercent: route.access === 'read' ? readPercentOf(route.id, state) : null,
          readCohorts: route.access === 'read' ? readCohortsOf(route.id, state) : [],
        })),
      };
    }),
  );
  const control = leases.find((lease) => lease.name === 'control');
  return {
    role: sources.role,
    now,
    version: table.version,
    writtenAt: table.writtenAt,
    control: control
      ? { holder: control.holder, epoch: Number(control.epoch), since: control.acquired_at.toISOString() }
      : null,
    unreachable: await legacy,
    unreachableDatabases: silentDatabases(config, states, health),
    config: sources.config.print,
    features,
    replicas: replicas.filter((replica) => replica.live),
  };
}

/** Databases that something depends on by now, and that did not answer when they were asked last: name, place and reason. */
function silentDatabases(
  { databases, legacy, features }: BanyanConfig,
  states: readonly { readonly feature: string; readonly stage: string }[],
  health: HealthWatch,
): string[] {
  const moving = states.filter(({ stage }) => stage !== 'legacy').map(({ feature }) => features[feature]);
  const needed = [legacy.database, ...moving.flatMap((one) => one?.database ?? [])].map(placeOf);
  return Object.entries(databases).flatMap(([name, endpoint]) => {
    const why = needed.includes(placeOf(endpoint)) ? health.silenceOfDatabase(endpoint) : null;
    return why === null ? [] : [`${name} (${placeOf(endpoint)}): ${why}`];
  });
}

function placeOf({ host, port, database }: DatabaseEndpoint): string {
  return `${host}:${port}/${database}`;
}
