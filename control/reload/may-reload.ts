import { isDeepStrictEqual } from 'node:util';
import type { Fault } from '../../common/errors.ts';
import type { DatabaseEndpoint } from '../../mover/index.ts';
import type { BanyanConfig, FeatureConfig } from '../config/config.ts';
import type { FeatureState } from '../feature/feature-state.ts';

/** Settings of control that are read once, at its start. */
const startedWith = [
  ...(['listen', 'tokenFile', 'tokens', 'tls', 'allowRemote'] as const),
  ...(['replicaLeaseMs', 'controlLeaseMs'] as const),
];
const atStart = new RegExp(`^(state|control\\.(${startedWith.join('|')}))\\b`);
/** Settings of routers alone: control has nothing to do with them. */
const ofRouters =
  /^(router|identity|legacy\.(connections|keepAliveMs|nameAgeMs|lookUpEveryMs|balance|breaker|healthCheck|tls))\b/;

/** When a changed setting takes effect in a control process; null: it is none of its settings. Pure. */
export function effectInControl(path: string): 'now' | 'restart' | null {
  if (ofRouters.test(path)) return null;
  return atStart.test(path) ? 'restart' : 'now';
}

/** The same for a router: it asks other services from now on; all else of it is read at its start. Pure. */
export function effectInRouter(path: string): 'now' | 'restart' | null {
  if (/^(features\.|identity\b)/.test(path)) return 'now';
  return /^(router|state|legacy\.(?!database\b)|control\.replicaLeaseMs)/.test(path) ? 'restart' : null;
}

/** When a change takes effect, for whoever reloads: `routers` is their own, and read at their start. Pure. */
export function effectOf(path: string): 'now' | 'restart' | 'routers' {
  return effectInControl(path) ?? (effectInRouter(path) === 'now' ? 'now' : 'routers');
}

/** The new config with what takes effect at a start as it was. Pure. */
export function withoutRestart(before: BanyanConfig, after: BanyanConfig): BanyanConfig {
  const kept = Object.fromEntries(startedWith.map((setting) => [setting, before.control[setting]]));
  return { ...after, state: before.state, control: { ...after.control, ...kept } };
}

/** What of a feature's config its moves work by: it stays as it is as long as rows are on their way. */
const ofTheMove = ['database', 'tables', 'capture', 'legacyDatabase'] as const;

/** What stands against going by another config while the features are where they are. Pure. */
export function reloadFaults(
  before: BanyanConfig,
  after: BanyanConfig,
  states: readonly FeatureState[],
): Fault[] {
  return states.flatMap((state): Fault[] => {
    const { feature: name, stage, handover } = state;
    const rest = stage === 'legacy' || stage === 'finished';
    const fault = (at: string, what: string, fix: string): Fault => ({
      code: 'BANYAN_FEATURE_UNDER_WAY',
      at: `features.${name}${at}`,
      what,
      fix,
    });
    const [old, next] = [before.features[name], after.features[name]];
    if (next === undefined) {
      if (rest) return [];
      const fix = 'Put it back into the config; roll it back and abandon its copy before you take it out.';
      return [fault('', `is gone from the config, and ${name} is in stage ${stage}`, fix)];
    }
    if (old === undefined || isDeepStrictEqual([old, before.legacy.database], [next, after.legacy.database]))
      return [];
    if (handover !== null) {
      const fix = 'Reload when it is over; `banyan status` shows it.';
      return [fault('', `is another one, and a ${handover.direction} of ${name} is under way`, fix)];
    }
    if (rest) return [];
    const moved = ofTheMove.filter(
      (setting) => !isDeepStrictEqual(placesOf(before, old)[setting], placesOf(after, next)[setting]),
    );
    return moved.map((setting) =>
      fault(
        setting === 'legacyDatabase' ? ': legacy.database' : `.${setting}`,
        `is another one, and the rows of ${name} are on their way (stage ${stage})`,
        `Change it back; or change it once the feature is with legacy again (\`banyan rollback ${name}\`, \`banyan abandon ${name}\`).`,
      ),
    );
  });
}

/** The account with which a database is reached may be another one, and how it is encrypted: the same rows are there. */
function placesOf({ legacy }: BanyanConfig, { database, tables, capture }: FeatureConfig) {
  const place = ({ host, port, database: name }: DatabaseEndpoint) => ({ host, port, name });
  return {
    ...{ tables, capture },
    database: database && place(database),
    legacyDatabase: place(legacy.database),
  };
}
