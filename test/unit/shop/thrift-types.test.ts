import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadIdl, typescriptTypes } from 'banyan/rpc';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

// The monolith has types of its own of the services that it asks: the contract is all that it shares with them.
it.each([
  ...['product', 'log', 'search', 'user'].map((name) => [name, `extracted/${name}/thrift-types.ts`]),
  ...['product', 'shop', 'user', 'log'].map((name) => [name, `legacy/services/contracts/${name}.ts`]),
])(
  'the %s service’s types are those of its IDL (%s), and the official compiler takes all its names',
  async (name, file) => {
    const idlFile = `extracted/${name}/${name}.thrift`;
    const idl = await loadIdl(join(root, idlFile));
    const written = await readFile(join(root, file!), 'utf8');
    expect(written, `Stale: run npx banyan idl types ${idlFile} --out ${file}`).toBe(typescriptTypes(idl));
    expect(idl.warnings).toEqual([]);
  },
);
