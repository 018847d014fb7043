import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadIdl } from '../../rpc/http/load-idl.ts';
import type { BanyanConfig, FeatureConfig } from './config.ts';

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
      const called = hashOf(await callOf(feature));
      const { name, routes, salt, policy, tables, capture, service } = feature;
      return [name, called, { routes, salt, policy, tables, capture, addresses: service.addresses }] as const;
    }),
  );
  return {
    fingerprint: hashOf([entries, config.cohorts]),
    features: Object.fromEntries(entries.map(([name, called]) => [name, called])),
  };
}

async function callOf({ service, routes }: FeatureConfig): Promise<unknown> {
  if (service.kind === 'http') return 'http';
  const { kind, name, protocol, transport, multiplexed, idl, includes } = service;
  const calls = routes.map(({ id, call }) => [id, call]);
  return [kind, name, protocol, transport, multiplexed, calls, await idlContents(idl, includes)];
}

/** Of the IDL and all that it includes; null where it cannot be read by now. */
async function idlContents(file: string, includes?: readonly string[]): Promise<readonly string[] | null> {
  try {
    const { files } = await loadIdl(file, includes === undefined ? {} : { includes });
    return await Promise.all(files.map((one) => readFile(one, 'utf8')));
  } catch {
    return null;
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
