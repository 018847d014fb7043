import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../../scripts/servers/index.ts';
import { startBookings } from '../support/bookings/booking-world.ts';
import { engineLane } from '../support/databases.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
let folder: string;
let built: string;
/** An empty project that installed the package. */
let project: string;
let exported: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-package-'));
  built = join(folder, 'built');
  project = join(folder, 'project');
  await run(process.execPath, ['scripts/build.ts', built], { cwd: root });
  await run('npm', ['pack', '--pack-destination', folder], { cwd: built });
  const manifest = JSON.parse(await readFile(join(built, 'package.json'), 'utf8'));
  exported = Object.keys(manifest.exports).filter((path) => path !== './package.json');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const archive = join(folder, `${manifest.name}-${manifest.version}.tgz`);
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', archive], { cwd: project });
  // All of it is compiled: a machine with a load of twenty takes minutes.
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package, installed into an empty project', () => {
  test('lets everything be imported that it exports', async () => {
    const names = exported.map((path) => `banyan${path.slice(1)}`);
    const script = `for (const name of ${JSON.stringify(names)}) {
      if (Object.keys(await import(name)).length === 0) throw new Error(name + ' exports nothing');
    }`;
    await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project });
    expect(names).toEqual(expect.arrayContaining(['banyan', 'banyan/router', 'banyan/rpc']));
  });

  test('types a config, and refuses one that is wrong', async () => {
    const check = async (content: string) => {
      const file = join(project, 'typed.ts');
      await writeFile(
        file,
        `import { defineConfig } from 'banyan';\nexport default defineConfig(${content});\n`,
      );
      const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
      return spawnSync(join(root, 'node_modules/.bin/tsc'), [...flags, file], {
        cwd: project,
        encoding: 'utf8',
      });
    };
    const right = `{
      databases: { shop: { user: 'a', database: 'shop' } },
      state: { database: 'shop' },
      legacy: { addresses: ['http://127.0.0.1:3000'], database: 'shop' },
      features: {},
    }`;
    const good = await check(right);
    expect(good.stdout).toBe('');
    expect(good.status).toBe(0);
    const bad = await check(
      right.replace("database: 'shop' },\n      features", "data: 'shop' },\n      features"),
    );
    expect(bad.stdout).toMatch(/'data' does not exist/);
  });

  test('brings its documents, whose links lead somewhere', async () => {
    const home = join(project, 'node_modules/banyan');
    const pages = ['README.md', ...(await readdir(join(home, 'docs'))).map((name) => `docs/${name}`)];
    const dead: string[] = [];
    for (const page of pages.filter((name) => name.endsWith('.md'))) {
      const text = await readFile(join(home, page), 'utf8');
      for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) {
        // What belongs to the repository alone (its tests, its demo shop) is not in the package.
        if (/^(\.\.\/)?(test|legacy|extracted|scripts|migrations|banyan\.config|\.ci)/.test(target!))
          continue;
        if (!existsSync(join(home, dirname(page), target!))) dead.push(`${page}: ${target}`);
      }
    }
    expect(dead).toEqual([]);
  });

  test('has source maps with the sources in them', async () => {
    const home = join(project, 'node_modules/banyan');
    const script = "import { loadConfig } from 'banyan'; await loadConfig('/nowhere/banyan.config.ts');";
    const told = spawnSync(process.execPath, ['--enable-source-maps', '--input-type=module', '-e', script], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(told.stderr).toMatch(/control\/config\/[a-z-]+\.ts:\d+/);
    const map = JSON.parse(await readFile(join(home, 'control/config/index.js.map'), 'utf8'));
    expect(map.sourcesContent).toEqual([await readFile(join(root, 'control/config/index.ts'), 'utf8')]);
  });

  test('checks, routes and moves a feature from a config in TypeScript', async () => {
    const lane = engines.map(engineLane).find((one) => one !== null);
    await using world = await startBookings(lane!, project);
    const { desks, programs } = world;
    await desks.legacy.book({ guest: 'kim', day: '2026-12-24', notes: ['window'] });
    const cli = async (...args: string[]) => {
      const { code, stdout, stderr } = await programs.banyan(...args, '--json');
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    expect(await cli('check')).toMatchObject({ ok: true });
    await cli('copy', 'bookings', '--why', 'installed');
    expect(await cli('verify', 'bookings')).toMatchObject({ different: 0 });
    await cli('canary', 'bookings', '--percent', '100', '--why', 'installed');
    const answer = await fetch(`${programs.router}/v2/bookings?day=2026-12-24`);
    expect(await answer.json()).toEqual(await desks.service.onDay('2026-12-24'));
    // The page that a browser loads, down to each of its modules.
    const files = `${programs.control}/dashboard/files`;
    const modules = new Set<string>();
    const follow = async (url: string): Promise<void> => {
      if (modules.has(url)) return;
      modules.add(url);
      const file = await fetch(url);
      expect([url, file.status, file.headers.get('content-type')]).toEqual([
        ...[url, 200, 'text/javascript; charset=utf-8'],
      ]);
      for (const [, name] of (await file.text()).matchAll(/(?:from|import)\s*["']([./][^"']+)["']/g)) {
        await follow(new URL(name!, url).href);
      }
    };
    await follow(`${files}/control/dashboard/client/main.js`);
    expect(modules.size).toBeGreaterThan(10);
    expect((await fetch(`${files}/control/dashboard/client/style/ground.css`)).status).toBe(200);
  });
});

test('npm pack in the repository refuses, and says how a package is made', () => {
  const packed = spawnSync('npm', ['pack', '--dry-run'], { cwd: root, encoding: 'utf8' });
  expect(packed.status).not.toBe(0);
  expect(packed.stderr).toContain('npm run build && npm pack ./dist');
});
