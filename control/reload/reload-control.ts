import { isDeepStrictEqual } from 'node:util';
import { BanyanError, type Fault } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { MoveLogger } from '../../mover/index.ts';
import { type ConfigChange, compareConfigs } from '../config/compare-configs.ts';
import type { BanyanConfig } from '../config/config.ts';
import { type ConfigPrint, configPrint } from '../config/config-print.ts';
import type { CurrentConfig } from '../config/current-config.ts';
import { loadConfigAfresh } from '../config/load-afresh.ts';
import type { FeatureJobs } from '../feature-jobs.ts';
import type { OnProgress } from '../progress.ts';
import { type Actor, cannotServe, type LeaseGrant, type Replica, type StateStore } from '../store/index.ts';
import { effectOf, reloadFaults, withoutRestart } from './may-reload.ts';

export interface ReloadContext {
  readonly config: CurrentConfig;
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly jobs: FeatureJobs;
  readonly logger: MoveLogger;
  /** Has what runs follow the config, once that is in force. */
  readonly follow: (before: BanyanConfig, after: BanyanConfig) => Promise<void>;
}

export interface ReloadRequest extends Actor {
  readonly dryRun: boolean;
  readonly onProgress: OnProgress;
}

export interface ReloadReport {
  readonly file: string;
  readonly dryRun: boolean;
  readonly changes: readonly (ConfigChange & {
    /** `restart`: when control is started again; `routers`: none of control's settings. */
    readonly effect: 'now' | 'restart' | 'routers';
  })[];
  /** What stands against it; only in a dry run, since else nothing is changed. */
  readonly faults: readonly Fault[];
  /** Live routers that do not go by the same config afterwards, each with the reason. */
  readonly behind: readonly string[];
}

/** So long routers may take to read their config again. */
const routersWithinMs = 10_000;

/**
 * Reads the config again and goes by it. Routers go first, since the route table may then name what only the new config has; control
 * follows in one transaction with the check that nothing under way is changed. A config with any fault changes nothing.
 *
 * @throws BanyanError BANYAN_CONFIG_INVALID, BANYAN_CONFIG_UNREADABLE, BANYAN_RELOAD_REFUSED, BANYAN_FEATURE_BUSY
 */
export async function reloadControl(context: ReloadContext, request: ReloadRequest): Promise<ReloadReport> {
  const { config, store, jobs, lease, follow } = context;
  const { dryRun, onProgress, who, why } = request;
  const before = config.value;
  const loaded = await loadConfigAfresh(before.file);
  const after = withoutRestart(before, loaded);
  const print = await configPrint(after);
  const changes = changesOf(before, loaded, config.print, print);
  const report = { file: before.file, dryRun, changes };
  const faults = reloadFaults(before, after, await store.allFeatures());
  if (dryRun) return { ...report, faults, behind: [] };
  refuse(before.file, faults);
  onProgress({ phase: 'routers', about: 'are asked to read their config again' });
  const replicas = await untilRoutersFollow(store, await store.fleet.askRoutersToReload());
  const changed = changedFeatures(before, after, config.print, print);
  await withJobs(jobs, changed, async () => {
    onProgress({ phase: 'control', about: 'goes by the new config' });
    await store.reconfigure({
      actor: { who, why },
      lease,
      config: { features: Object.values(after.features), cohorts: after.cohorts, print },
      check: (states) => {
        refuse(before.file, reloadFaults(before, after, states));
        const moving = states.filter(({ feature, stage }) => stage !== 'legacy' && changed.includes(feature));
        refuse(
          before.file,
          moving.flatMap(({ feature }) => unservedFaults(replicas, feature, print)),
        );
      },
    });
    config.replace(after, print);
    await follow(before, after);
  });
  return { ...report, faults: [], behind: replicas.flatMap((one) => whyBehind(one, print) ?? []) };
}

function changesOf(
  before: BanyanConfig,
  after: BanyanConfig,
  old: ConfigPrint,
  print: ConfigPrint,
): ReloadReport['changes'] {
  const settings = compareConfigs(before, after);
  // An IDL is a file of its own: its content may be another one while all settings are the same.
  const idls = Object.keys(after.features)
    .filter((name) => before.features[name] !== undefined && old.features[name] !== print.features[name])
    .filter((name) => !settings.some(({ path }) => path.startsWith(`features.${name}.service`)))
    .map((name) => ({
      path: `features.${name}.service.idl`,
      from: `content ${old.features[name]}`,
      to: `content ${print.features[name]}`,
    }));
  return [...settings, ...idls].map((change) => ({
    ...change,
    effect: effectOf(change.path),
  }));
}

function changedFeatures(
  before: BanyanConfig,
  after: BanyanConfig,
  old: ConfigPrint,
  print: ConfigPrint,
): string[] {
  const names = new Set([...Object.keys(before.features), ...Object.keys(after.features)]);
  const changed = new Set(
    compareConfigs(before, after).flatMap(({ path }) => /^features\.([^.]+)/.exec(path)?.[1] ?? []),
  );
  if (!isDeepStrictEqual(before.legacy.database, after.legacy.database)) return [...names];
  return [...names].filter((name) => changed.has(name) || old.features[name] !== print.features[name]);
}

/** Nothing else is done to any of these features meanwhile. Throws `BANYAN_FEATURE_BUSY` where something is. */
function withJobs(jobs: FeatureJobs, [first, ...rest]: string[], work: () => Promise<void>): Promise<void> {
  return first === undefined ? work() : jobs.run(first, 'reload', () => withJobs(jobs, rest, work));
}

/** The live routers, once all have read their config again, or after `routersWithinMs`. */
async function untilRoutersFollow(store: StateStore, asked: number): Promise<readonly Replica[]> {
  const patience = AbortSignal.timeout(routersWithinMs);
  for (;;) {
    const live = (await store.fleet.replicas()).filter((replica) => replica.live);
    const waited = live.filter(({ config }) => config !== null && (config.reload ?? 0) < asked);
    if (waited.length === 0 || patience.aborted) return live;
    await pause(50, patience);
  }
}

function unservedFaults(replicas: readonly Replica[], feature: string, print: ConfigPrint): Fault[] {
  return cannotServe(replicas, feature, print.features[feature]).map((router) => ({
    code: 'BANYAN_RELOAD_REFUSED',
    at: `features.${feature}`,
    what: `is another one, and a live router did not take it: ${router}`,
    fix: "Put that machine's config and IDL right (its log says what is wrong) and reload again, or end the router.",
  }));
}

/** Why a router does not go by this config; null: it does. */
function whyBehind({ kind, host, pid, config }: Replica, print: ConfigPrint): string | null {
  if (kind === 'seam') return null;
  const router = `${host} (${pid})`;
  if (config === null) return `${router} does not say by which config it goes`;
  if (config.fault !== null) return `${router} could not reload: ${config.fault}`;
  if (config.fingerprint !== print.fingerprint) return `${router} goes by another config: its file differs`;
  if (config.restart.length === 0) return null;
  return `${router} must be started again for ${config.restart.join(', ')}`;
}

function refuse(file: string, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const list = faults.map(({ at, what, fix }) => `  - ${at} ${what}\n    ${fix}`).join('\n');
  throw new BanyanError(
    'BANYAN_RELOAD_REFUSED',
    `${file} cannot take the place of what is under way:\n${list}`,
    {
      fix: 'Put every one of them right and reload again; control goes by what it had.',
      faults,
    },
  );
}
