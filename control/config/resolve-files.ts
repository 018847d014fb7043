import { resolve } from 'node:path';

/** Settings called `…File` are paths; relative ones count from the config. */
export function resolveFiles<T extends object>(settings: T, directory: string): T {
  const entries = Object.entries(settings).map(([name, value]) => [
    name,
    name.endsWith('File') && typeof value === 'string' ? resolve(directory, value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
