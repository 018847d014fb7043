import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** One import a file: what stands in which room, and whether the arrows between the rooms allow it. */
const imports: readonly (readonly [file: string, imported: string, allowed: boolean])[] = [
  ['router/a.ts', '../rpc/index.ts', false],
  ['router/deep/a.ts', '../../rpc/http/gateway.ts', false],
  ['router/a1.ts', 'banyan/rpc', false],
  ['router/a2.ts', '../common/errors.ts', true],
  ['router/b.ts', '../mover/index.ts', false],
  ['router/deep/er/b.ts', '../../../mover/index.ts', false],
  ['router/c.ts', '../control/index.ts', false],
  ['router/d.ts', '../legacy/main.ts', false],
  ['rpc/a.ts', '../router/index.ts', false],
  ['rpc/b.ts', '../common/errors.ts', true],
  ['rpc/idl/a.ts', '../http/check-bindings.ts', false],
  ['rpc/idl/b.ts', '../codec/type-of.ts', false],
  ['rpc/idl/c.ts', '../../common/errors.ts', true],
  ['rpc/idl/d.ts', './model.ts', true],
  ['rpc/idl/e.ts', '../index.ts', false],
  ['rpc/idl/f.ts', '../../router/index.ts', false],
  ['rpc/wire/a.ts', '../idl/model.ts', false],
  ['rpc/telemetry/a.ts', '../client/client.ts', false],
  ['rpc/codec/a.ts', '../idl/model.ts', true],
  ['rpc/codec/b.ts', '../client/errors.ts', false],
  ['rpc/client/a.ts', '../http/bind-method.ts', false],
  ['rpc/client/b.ts', '../codec/type-of.ts', true],
  ['rpc/server/a.ts', '../client/errors.ts', false],
  ['rpc/server/b.ts', '../wire/types.ts', true],
  ['rpc/json/a.ts', '../http/binding.ts', false],
  ['rpc/validation/a.ts', '../http/binding.ts', false],
  ['rpc/http/a.ts', '../gateway/gateway.ts', false],
  ['rpc/http/b.ts', '../json/leaf-options.ts', true],
  ['rpc/gateway/a.ts', '../http/binding.ts', true],
  ['rpc/gateway/b.ts', '../server/serve.ts', false],
  ['rpc/reports/a.ts', '../http/binding.ts', true],
  ['rpc/reports/b.ts', '../gateway/gateway.ts', false],
  ['mover/a.ts', '../router/index.ts', false],
  ['mover/b.ts', '../control/store/x.ts', false],
  ['mover/c.ts', '../rpc/index.ts', false],
  ['mover/sql/a.ts', '../plan/side-plan.ts', false],
  ['mover/sql/b.ts', '../tuning.ts', false],
  ['mover/sql/c.ts', '../../rpc/index.ts', false],
  ['mover/sql/d.ts', '../../common/errors.ts', true],
  ['mover/sql/e.ts', './names.ts', true],
  ['control/a.ts', '../router/index.ts', true],
  ['control/b.ts', '../mover/index.ts', true],
  ['control/c.ts', '../scripts/cli/main.ts', false],
  ['control/d.ts', '../extracted/product/main.ts', false],
  ['common/a.ts', '../rpc/index.ts', false],
  ['legacy/a.ts', '../rpc/index.ts', false],
  ['legacy/b.ts', 'banyan/rpc', true],
  ['extracted/product/a.ts', '../../rpc/index.ts', false],
  ['extracted/product/b.ts', 'banyan/rpc', true],
  ['extracted/product/c.ts', '../../legacy/app.ts', false],
  ['extracted/product/d.ts', '../events/index.ts', true],
  ['scripts/a.ts', '../control/index.ts', true],
];

describe('the arrows between the rooms', () => {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-arrows-'));
  let refused: ReadonlySet<string>;

  beforeAll(() => {
    const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    const schemaless = { ...config, $schema: undefined, vcs: { enabled: false } };
    writeFileSync(join(folder, 'biome.json'), JSON.stringify(schemaless));
    for (const [file, imported] of imports) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), `import '${imported}';\n`);
    }
    const biome = join(root, 'node_modules/.bin/biome');
    const args = [
      'lint',
      '--only=style/noRestrictedImports',
      '--reporter=json',
      '--max-diagnostics=none',
      '.',
    ];
    const run = spawnSync(biome, args, { cwd: folder, encoding: 'utf8' });
    const report: { diagnostics: { category: string; location: { path: string | { file: string } } }[] } =
      JSON.parse(run.stdout);
    refused = new Set(
      report.diagnostics.map(({ location: { path } }) => (typeof path === 'string' ? path : path.file)),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(imports)('%s importing %s: allowed %s', (file, _imported, allowed) => {
    expect([...refused].some((path) => path.endsWith(file))).toBe(!allowed);
  });
});
