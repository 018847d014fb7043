/**
 * `npm run build [-- FOLDER]`: makes dist/ (or FOLDER), a package of its own that any Node ≥ 22.19 runs without type
 * stripping. The repo's package.json names the TypeScript sources; dist/package.json names what was compiled from them.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const client = 'control/dashboard/client';
const dist = resolve(process.argv[2] ?? join(root, 'dist'));

await rm(dist, { recursive: true, force: true });
// What the browser runs knows other globals: it is compiled first, so that what both share is the other one's.
for (const project of [`${client}/tsconfig.build.json`, 'tsconfig.build.json']) {
  const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', project, '--outDir', dist], {
    cwd: root,
    stdio: 'inherit',
  });
  if (tsc.status !== 0) process.exit(tsc.status ?? 1);
}

const source = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const { name, version, description, license, type, engines, bin, dependencies } = source;
const { peerDependencies, peerDependenciesMeta } = source;
const compiled = {
  name,
  version,
  description,
  license,
  type,
  engines,
  bin,
  exports: compiledExports(source.exports),
  dependencies,
  peerDependencies,
  peerDependenciesMeta,
};
await writeFile(join(dist, 'package.json'), `${JSON.stringify(compiled, null, 2)}\n`);
await mkdir(join(dist, 'scripts'), { recursive: true });
for (const file of [
  `${client}/style`,
  'scripts/banyan.mjs',
  'scripts/cli/help',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'docs',
]) {
  await cp(join(root, file), join(dist, file), { recursive: true });
}
const folder = `./${relative(process.cwd(), dist)}`;
console.log(`${folder} holds ${name} ${version}: npm pack ${folder}, or npm publish ${folder}`);

function compiledExports(exports: Record<string, string>) {
  const entries = Object.entries(exports).map(([path, file]) => {
    if (!file.endsWith('.ts')) return [path, file];
    return [path, { types: file.replace(/\.ts$/, '.d.ts'), default: file.replace(/\.ts$/, '.js') }];
  });
  return Object.fromEntries(entries);
}
