import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findOnPath } from '../../servers/find-on-path.ts';
import { cacheFolder } from '../../servers/index.ts';
import { debianThrift } from './debian-thrift.ts';
import { compileServer, generateNapping, nappingIdl } from './generated-code.ts';
import type { Toolchain } from './official-server.ts';

/**
 * What the official servers need, made once and kept in the cache. Null where this machine cannot fetch Debian packages or has no Python.
 *
 * @throws BanyanError BANYAN_SERVER_DOWNLOAD
 */
export async function officialToolchain(options: {
  readonly withCpp: boolean;
  readonly signal?: AbortSignal;
}): Promise<Toolchain | null> {
  const { withCpp, signal } = options;
  const python = await findOnPath('python3');
  const root = python === null ? null : await debianThrift('python', signal);
  if (python === null || root === null) return null;
  const generated = join(cacheFolder(), `napping-${await sourcesHash()}`);
  if (!(await generateNapping(generated, signal))) return null;
  return {
    generated,
    python,
    library: join(root, 'usr/lib/python3/dist-packages'),
    cpp: withCpp ? await compileServer(generated, signal) : null,
  };
}

async function sourcesHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [nappingIdl, new URL('server.cpp', import.meta.url)]) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}
