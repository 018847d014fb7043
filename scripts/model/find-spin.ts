import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BanyanError } from '../../common/errors.ts';
import { cacheFolder } from '../servers/cache-folder.ts';
import { canUnpackDebianPackages, unpackDebianPackage } from '../servers/debian-packages.ts';
import { findOnPath } from '../servers/find-on-path.ts';

export interface ModelTools {
  /** Spin 6: turns a Promela model into a C program that searches its state space. */
  readonly spin: string;
  readonly compiler: string;
}

/**
 * Spin from PATH, or unpacked into the cache on a Debian machine; the C compiler from PATH.
 *
 * @throws BanyanError BANYAN_MODEL_TOOLS_MISSING
 */
export async function findModelTools(signal: AbortSignal): Promise<ModelTools> {
  const compiler = (await findOnPath('cc', process.env)) ?? (await findOnPath('gcc', process.env));
  const spin = await findSpin(signal);
  const missing = [...(spin === null ? ['spin'] : []), ...(compiler === null ? ['a C compiler (cc)'] : [])];
  if (spin === null || compiler === null) {
    throw new BanyanError('BANYAN_MODEL_TOOLS_MISSING', `${missing.join(' and ')} cannot be found on PATH`, {
      fix: `Install ${missing.join(' and ')} and run this again (Debian: apt-get install spin gcc libc6-dev).`,
    });
  }
  return { spin, compiler };
}

async function findSpin(signal: AbortSignal): Promise<string | null> {
  const onPath = await findOnPath('spin', process.env);
  if (onPath !== null) return onPath;
  const folder = join(cacheFolder(), 'spin-stable');
  const program = join(folder, 'usr/bin/spin');
  if (existsSync(program)) return program;
  if (!(await canUnpackDebianPackages(process.env))) return null;
  await unpackDebianPackage({ packageName: 'spin', suite: null, into: folder, signal });
  return existsSync(program) ? program : null;
}
