import { failureDefaults } from '../life/router-options.ts';
import type { RoutePolicy } from './route-policy.ts';

export interface SourcedSetting {
  readonly value: unknown;
  /** Who said so last: the route over its feature over the router's configuration over what the router does by itself. */
  readonly from: 'route' | 'feature' | 'router' | 'default';
}

/** By the setting's name as the configuration writes it: `timeouts.firstByteMs`, `retries`, … */
export type SourcedPolicy = Readonly<Record<string, SourcedSetting>>;

const timeouts = ['connectMs', 'firstByteMs', 'idleMs', 'totalMs'] as const;

/** What of the router's own section bears on failures, as it was written. */
export interface RouterFailureSettings {
  readonly timeouts?: RoutePolicy['timeouts'];
  readonly retries?: { readonly max?: number | undefined } | undefined;
  readonly fallback?: boolean | undefined;
  readonly errorBody?: RoutePolicy['errorBody'];
}

/** The policy that holds for a request, setting by setting, and where each comes from. For people: routers compile it. */
export function sourcedPolicy(
  route: RoutePolicy | undefined,
  feature: RoutePolicy | undefined,
  router: RouterFailureSettings,
): SourcedPolicy {
  const defaults = failureDefaults();
  const pick = (
    read: (policy: RoutePolicy) => unknown,
    ofRouter: unknown,
    usual: unknown,
  ): SourcedSetting => {
    const layers = [
      { value: route && read(route), from: 'route' },
      { value: feature && read(feature), from: 'feature' },
      { value: ofRouter, from: 'router' },
    ] as const;
    return layers.find(({ value }) => value !== undefined) ?? { value: usual, from: 'default' };
  };
  const policy: Record<string, SourcedSetting> = {};
  for (const name of timeouts) {
    const read = (layer: RoutePolicy) => layer.timeouts?.[name];
    policy[`timeouts.${name}`] = pick(read, router.timeouts?.[name], defaults.timeouts[name]);
  }
  policy.retries = pick((layer) => layer.retries, router.retries?.max, defaults.retries.max);
  policy.fallback = pick((layer) => layer.fallback, router.fallback, defaults.fallback);
  policy.errorBody = pick((layer) => layer.errorBody, router.errorBody, null);
  return policy;
}
