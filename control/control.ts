import { setTimeout as delay } from 'node:timers/promises';
import { aborted } from '../common/aborted.ts';
import { BanyanError } from '../common/errors.ts';
import { pause } from '../common/pause.ts';
import { noStopPoints, type StopPoints } from '../common/stop-points.ts';
import { within } from '../common/within.ts';
import type { MoveLogger } from '../mover/index.ts';
import { ActiveControl } from './active-control.ts';
import { type AdminServer, adminApi, adminTokens, listenAdmin } from './api/server/index.ts';
import { configPrint } from './config/config-print.ts';
import { CurrentConfig } from './config/current-config.ts';
import type { BanyanConfig } from './config/index.ts';
import { loadConfigAfresh } from './config/load-afresh.ts';
import { HealthWatch } from './health/health-watch.ts';
import { withoutRestart } from './reload/may-reload.ts';
import { reloadControl } from './reload/reload-control.ts';
import type { MoverDoor } from './runner/index.ts';
import { readStatus } from './status.ts';
import { processIdentity, StateStore, type StoreConfig } from './store/index.ts';
import { theMover } from './the-mover.ts';
import { TrafficFollower } from './traffic/index.ts';
import { UsageFollower } from './usage/follow-usage.ts';

export interface ControlDependencies {
  /** A pino logger fits. */
  readonly logger?: MoveLogger;
  readonly points?: StopPoints;
  readonly door?: MoverDoor;
}

export interface RunningControl {
  /** Of the admin API. */
  readonly url: string;
  /** Reads the config again, as `banyan reload` does; a process that stands by, for when it takes over. Never rejects: the log says what came of it. */
  reload(): Promise<void>;
  /** Takes back or finishes what is under way, gives the leases back, closes the API. */
  stop(): Promise<void>;
}

const endPatienceMs = 10_000;

const quiet: MoveLogger = { info() {}, warn() {} };

/**
 * Starts the control process: the admin API at once, and everything else once the control lease is had. While another
 * process has it this one stands by: it answers status, routes and audit, refuses commands, and takes over when the
 * other one's lease runs out.
 *
 * Resolves when this process conducts, or when another one has kept the lease for two of its terms. Throws
 * `BANYAN_STATE_UNREACHABLE`, `BANYAN_PORT_TAKEN`, `BANYAN_TOKEN_EXPOSED`, `BANYAN_FEATURE_UNDER_WAY`.
 */
export async function startControl(
  config: BanyanConfig,
  dependencies: ControlDependencies = {},
): Promise<RunningControl> {
  const { logger = quiet, points = noStopPoints, door = theMover } = dependencies;
  const tokens = await adminTokens(config.control);
  const current = await CurrentConfig.of(config);
  const store = await StateStore.open({ state: config.state, ...storeConfig(current) });
  const end = new AbortController();
  const health = new HealthWatch({ config: () => current.value, signal: end.signal });
  let active: ActiveControl | null = null;
  let server: AdminServer;
  try {
    server = await listenAdmin(
      adminApi({
        tokens,
        store,
        traffic: new TrafficFollower(store.fleet),
        usage: new UsageFollower(() => current.value, end.signal),
        config: () => current.value,
        signal: end.signal,
        requireWhy: () => current.value.control.requireWhy,
        role: () => (active === null ? 'standby' : 'active'),
        commands: () => active?.commands ?? standingBy(),
        reload: (request) => reloadControl((active ?? standingBy()).reloading, request),
        status: () =>
          readStatus({
            config: current,
            store,
            role: active === null ? 'standby' : 'active',
            runners: active?.runners ?? new Map(),
            jobs: active?.commands.jobs ?? null,
            supervisor: active?.supervisor ?? null,
            health,
          }),
      }),
      config.control,
      logger,
    );
  } catch (error) {
    end.abort();
    await store.close();
    throw error;
  }

  const first = Promise.withResolvers<void>();
  const holder = processIdentity();
  const ttlMs = config.control.controlLeaseMs;
  const life = (async () => {
    for (let term = 1; !end.signal.aborted; term++) {
      try {
        const askedAt = performance.now();
        const lease = await store.holdLease({ name: 'control', holder, ttlMs, signal: end.signal });
        const stoodBy = term > 1 || performance.now() - askedAt > ttlMs;
        try {
          if (stoodBy) await readAnew(current, store, logger);
          active = await ActiveControl.start({ config: current, store, door, lease, holder, points, logger });
          logger.info({ epoch: lease.grant.epoch }, 'this control process conducts');
          first.resolve();
          await aborted(AbortSignal.any([end.signal, lease.lost]));
          if (lease.lost.aborted) logger.warn({ err: lease.lost.reason }, 'the control lease is lost');
        } finally {
          const ending = active;
          active = null;
          await endWithin(ending, logger);
          await lease.release();
        }
      } catch (error) {
        if (end.signal.aborted) break;
        if (term === 1 && error instanceof BanyanError) first.reject(error);
        logger.warn({ err: error }, 'control could not conduct; trying again');
        await pause(500, end.signal);
      }
    }
    first.resolve();
  })();

  const stop = async () => {
    end.abort();
    await life;
    await server.stop(1_000);
    await store.close();
  };
  try {
    const patience = new AbortController();
    await Promise.race([
      first.promise,
      delay(2 * ttlMs, undefined, { signal: patience.signal }).then(() =>
        logger.warn({}, 'another control process conducts; this one stands by'),
      ),
    ]);
    patience.abort();
  } catch (error) {
    await stop();
    throw error;
  }
  const reload = async () => {
    if (active === null) return readAnew(current, store, logger);
    const why = { who: 'banyan', why: 'SIGHUP' };
    const asked = { ...why, dryRun: false, onProgress: () => undefined };
    try {
      const { changes, behind } = await reloadControl(active.reloading, asked);
      logger.info({ changes, behind }, 'the config was read again');
    } catch (error) {
      logger.warn({ err: error }, 'the config could not be reloaded; control goes by what it had');
    }
  };
  return { url: server.url, reload, stop };
}

function storeConfig({ value, print }: CurrentConfig): StoreConfig {
  return { features: Object.values(value.features), cohorts: value.cohorts, print };
}

/** While this process stood by, the other one may have reloaded: to go by an older config would take that back. */
async function readAnew(current: CurrentConfig, store: StateStore, logger: MoveLogger): Promise<void> {
  try {
    const after = withoutRestart(current.value, await loadConfigAfresh(current.value.file));
    current.replace(after, await configPrint(after));
    store.configure(storeConfig(current));
  } catch (error) {
    logger.warn({ err: error }, 'the config could not be read again; control goes by what it had');
  }
}

/**
 * Work that cannot be ended, because a server does not answer, must not keep this process from taking the lease again:
 * whatever it still does is refused, by the lease in the state store and by the move's epoch in the databases.
 */
async function endWithin(ending: ActiveControl | null, logger: MoveLogger): Promise<void> {
  if (ending === null) return;
  await within(endPatienceMs, ending.stop()).catch((error) =>
    logger.warn({ err: error }, 'what was under way could not be ended; it is left behind'),
  );
}

function standingBy(): never {
  throw new BanyanError(
    'BANYAN_CONTROL_STANDBY',
    'This control process does not conduct: it has just been started, or another one conducts and this one stands by.',
    {
      fix: 'Try again in a few seconds. Where another one conducts `banyan status` names it: ask that one.',
    },
  );
}
