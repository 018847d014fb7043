import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadIdl, typescriptTypes } from 'banyan/rpc';
import { expect, it } from 'vitest';

it.each(['product', 'log', 'search', 'user'])(
  'the %s service’s types are those of its IDL, and the official compiler takes all its names',
  async (name) => {
    const folder = fileURLToPath(new URL(`../../../extracted/${name}/`, import.meta.url));
    const idl = await loadIdl(join(folder, `${name}.thrift`));
    const written = await readFile(join(folder, 'thrift-types.ts'), 'utf8');
    const fix = `npx banyan idl types extracted/${name}/${name}.thrift --out extracted/${name}/thrift-types.ts`;
    expect(written, `Stale: run ${fix}`).toBe(typescriptTypes(idl));
    expect(idl.warnings).toEqual([]);
  },
);
