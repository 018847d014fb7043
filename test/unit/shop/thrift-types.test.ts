import { readFile } from 'node:fs/promises';
import { loadIdl, typescriptTypes } from 'banyan/rpc';
import { expect, it } from 'vitest';
import { idlFile } from '../../../extracted/product/server.ts';

it('the product service’s types are those of its IDL, and the official compiler takes all its names', async () => {
  const idl = await loadIdl(idlFile);
  const written = await readFile(
    new URL('../../../extracted/product/thrift-types.ts', import.meta.url),
    'utf8',
  );
  const fix = 'npx banyan idl types extracted/product/product.thrift --out extracted/product/thrift-types.ts';
  expect(written, `Stale: run ${fix}`).toBe(typescriptTypes(idl));
  expect(idl.warnings).toEqual([]);
});
