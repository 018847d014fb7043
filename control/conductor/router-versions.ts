import type { Replica } from '../store/index.ts';

export interface OwnConfig {
  /** Of banyan. */
  readonly version: string;
  /** Of the config that control goes by; null: it knows of none. */
  readonly fingerprint: string | null;
}

/** Live routers that run another version of banyan, or go by another config, than control; each with what it is. */
export function otherwiseRouters(replicas: readonly Replica[], own: OwnConfig): readonly string[] {
  return replicas.flatMap(({ live, host, pid, config }) => {
    if (!live || config === null) return [];
    const others = [
      ...(config.banyan === undefined || config.banyan === own.version
        ? []
        : [`is banyan ${config.banyan}, control ${own.version}`]),
      ...(own.fingerprint === null || config.fingerprint === own.fingerprint
        ? []
        : [`goes by config ${short(config.fingerprint)}, control by ${short(own.fingerprint)}`]),
    ];
    return others.length === 0 ? [] : [`${host} (${pid}) ${others.join(' and ')}`];
  });
}

/** How many are alive, and by which versions, route tables and configs they go. */
export function describeRouters(replicas: readonly Replica[]): string {
  const alive = replicas.filter((replica) => replica.live);
  const live = alive.filter(({ kind }) => kind === 'router');
  const seams = alive.length - live.length;
  if (live.length === 0) return 'none is alive';
  const each = <T>(of: (replica: Replica) => T) => [...new Set(live.map(of))].sort().join(' and ');
  const versions = each(({ config }) => config?.banyan ?? 'not told');
  const tables = each(({ version }) => version);
  const configs = each(({ config }) => (config === null ? 'not told' : short(config.fingerprint)));
  const others = seams === 0 ? '' : `; ${seams} with seams`;
  return `${live.length} alive, banyan ${versions}, route table ${tables}, config ${configs}${others}`;
}

function short(fingerprint: string): string {
  return fingerprint.slice(0, 8);
}
