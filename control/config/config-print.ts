import { createHash } from 'node:crypto';
import type { BanyanConfig } from './config.ts';
import { addressesOf, calledBy } from './services/index.ts';

/** Short hashes by which processes see whether they were configured alike. */
export interface ConfigPrint {
  /** Of all that control and routers must agree on. */
  readonly fingerprint: string;
  /** By feature: of how its service is called, so that a route of the table means the same to each of them. */
  readonly features: Readonly<Record<string, string>>;
}

/**
 * The config's prints. What differs from machine to machine is left out: where a process listens, keeps its files and finds
 * the IDL, of which the content counts; accounts too.
 */
export async function configPrint(config: Pick<BanyanConfig, 'features' | 'cohorts'>): Promise<ConfigPrint> {
  const entries = await Promise.all(
    Object.values(config.features).map(async (feature) => {
      const called = hashOf(await calledBy(feature.service, feature.routes));
      const { name, routes, salt, policy, tables, capture, service } = feature;
      return [
        name,
        called,
        { routes, salt, policy, tables, capture, addresses: addressesOf(service) },
      ] as const;
    }),
  );
  return {
    fingerprint: hashOf([entries, config.cohorts]),
    features: Object.fromEntries(entries.map(([name, called]) => [name, called])),
  };
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
