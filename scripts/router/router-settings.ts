import type { Address } from '../../control/config/address.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import type { RouterOptions } from '../../router/index.ts';

/** What one router is told beside its config: each replica on a machine needs a port and files of its own. */
export interface RouterOverrides {
  readonly listen?: Address;
  /** Absolute path. */
  readonly snapshotFile?: string;
  /** Share of ordinary requests that is logged. */
  readonly accessLog?: number;
  /** null: none, whatever the config says. */
  readonly admin?: Address | null;
}

/** The settings of a router, as its config has them. */
export function routerSettings(
  config: BanyanConfig,
  overrides: RouterOverrides,
): Omit<RouterOptions, 'services' | 'shadowServices' | 'link' | 'logger'> {
  const { database: _, ...legacy } = config.legacy;
  const { admin: usualAdmin, identity, trustedPeers, ...settings } = config.router;
  const { listen, snapshotFile, accessLog } = overrides;
  const admin = overrides.admin === undefined ? usualAdmin : overrides.admin;
  return {
    ...settings,
    identity: [...identity],
    trustedPeers: [...trustedPeers],
    ...(admin == null ? {} : { admin }),
    ...(listen === undefined ? {} : { listen }),
    ...(snapshotFile === undefined ? {} : { snapshotFile }),
    ...(accessLog === undefined ? {} : { accessLog: { sample: accessLog } }),
    legacy: { ...legacy, addresses: [...legacy.addresses] },
  };
}
