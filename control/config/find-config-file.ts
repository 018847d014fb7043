import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BanyanError } from '../../common/errors.ts';

export const configFileNames = ['banyan.config.ts', 'banyan.config.mjs', 'banyan.config.js'] as const;

/** The nearest config file from `directory` upwards, or `file` itself where one is named. Absolute. */
export function findConfigFile(directory: string, file?: string): string {
  if (file !== undefined) {
    const path = resolve(directory, file);
    if (existsSync(path)) return path;
    throw new BanyanError('BANYAN_CONFIG_MISSING', `There is no config file ${path}.`, {
      fix: 'Name an existing file with --config, or leave it out and run inside the directory of banyan.config.ts.',
    });
  }
  for (let at = resolve(directory); ; at = dirname(at)) {
    for (const name of configFileNames) {
      if (existsSync(join(at, name))) return join(at, name);
    }
    if (dirname(at) === at) break;
  }
  throw new BanyanError('BANYAN_CONFIG_MISSING', `No banyan.config.ts in ${directory} or above it.`, {
    fix: 'Run inside the project that has one, or name it with --config FILE.',
  });
}
