import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, loadIdl } from 'banyan/rpc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EmbeddedEngine } from '../../../extracted/search/embedded/embedded-engine.ts';
import { findOnPath } from '../../../scripts/servers/find-on-path.ts';
import { describeOnEngine, type EngineLane, type TestDatabase } from '../../support/databases.ts';
import { createProductDatabase, createUserDatabase } from '../../support/shop.ts';
import { productEnvironment, startProgram, userEnvironment } from '../../support/shop-process.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const deploying = join(root, 'docs/deploying');
const systemdAnalyze = await findOnPath('systemd-analyze', process.env);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-deployed-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Does in a folder what the file's COPY lines say; what `npm ci` would install is linked. @returns it, and the file's CMD */
async function layOut(service: string): Promise<{ readonly image: string; readonly command: string[] }> {
  const image = join(folder, service);
  const text = await readFile(join(deploying, 'service.Containerfile'), 'utf8');
  const lines = text.replaceAll(/\$\{?SERVICE\}?/g, service).split('\n');
  for (const line of lines) {
    const [, copied, to] = /^COPY (.+) (\S+)$/.exec(line) ?? [];
    if (copied === undefined) continue;
    for (const from of copied.split(' ')) {
      const target = join(image, to!.endsWith('/') ? join(to!, from) : to!);
      await mkdir(dirname(target), { recursive: true });
      await cp(join(root, from), target, { recursive: true });
    }
  }
  await symlink(join(root, 'node_modules'), join(image, 'node_modules'));
  const command = lines.find((line) => line.startsWith('CMD '))!.slice('CMD '.length);
  return { image, command: command.split(' ') };
}

interface Prepared extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
}

const withDatabase =
  (
    create: (lane: EngineLane) => Promise<TestDatabase>,
    environmentOf: (database: TestDatabase) => Readonly<Record<string, string>>,
  ) =>
  async (lane: EngineLane): Promise<Prepared> => {
    const database = await create(lane);
    return {
      environment: environmentOf(database),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  };

/** A kept index with one product: neither the feed nor the shop need be there. */
async function withIndex(): Promise<Prepared> {
  const kept = await mkdtemp(join(tmpdir(), 'banyan-search-'));
  const engine = new EmbeddedEngine(kept, { match: 'part', hideClosedShops: false });
  const index = await engine.create({ stream: 'a', seq: 1, freshUntil: Date.now() });
  const named = { id: 1, shopId: 1, sku: 'A', name: '램프', description: '', price: '2.00' };
  const document = { ...named, createdAt: '', updatedAt: '' };
  await index.apply([{ kind: 'product', id: 1, document }], index.position);
  await engine.swap(index);
  await engine.save();
  return {
    environment: { SEARCH_DATA_DIR: kept, PORT: '0' },
    [Symbol.asyncDispose]: () => rm(kept, { recursive: true }),
  };
}

/** Each service with what it keeps its data in: what it is asked to do, and what it answers. */
const services = [
  {
    ...{ name: 'product', service: 'ProductService', shares: ['events'] },
    prepare: withDatabase(createProductDatabase, productEnvironment),
    call: ['createProduct', [{ shopId: 1, sku: 'A', name: '램프', price: '2' }]],
    answer: { location: '/api/products/1' },
  },
  {
    ...{ name: 'user', service: 'UserService', shares: ['events'] },
    prepare: withDatabase(createUserDatabase, userEnvironment),
    call: ['signUp', [{ email: '"a@example.com"', name: '"램프"', password: '"long enough"' }]],
    answer: { user: { id: 1, email: 'a@example.com', name: '램프', role: 1 } },
  },
  {
    ...{ name: 'search', service: 'SearchService', shares: ['events'] },
    prepare: withIndex,
    call: ['search', [{ q: ['램'] }]],
    answer: { products: [{ id: 1, name: '램프' }] },
  },
] as const;

describeOnEngine('mariadb', 'a service deployed apart', (lane) => {
  it.each(services)(
    '$name starts, serves and stops with nothing but what its image has, and its own settings',
    async (one) => {
      const { image, command } = await layOut(one.name);
      expect(command[0]).toBe('node');
      expect(await readdir(join(image, 'extracted'))).toEqual([...one.shares, one.name].sort());
      await using prepared = await one.prepare(lane);
      await using service = startProgram(
        command[1]!,
        { ...prepared.environment, HEALTH_PORT: '0' },
        [],
        image,
      );
      const { address, healthUrl } = await service.ready;
      const client = createClient({
        idl: await loadIdl(join(image, `extracted/${one.name}/${one.name}.thrift`)),
        ...{ service: one.service, addresses: [String(address)] },
      });
      const [method, args] = one.call;
      expect(await client.call(method, [...args])).toMatchObject(one.answer);
      expect((await fetch(`${healthUrl}/readyz`)).status).toBe(200);
      await client.close();
      service.kill('SIGTERM');
      expect(await service.ended).toMatchObject({ code: 0, signal: null });
    },
  );
});

it.skipIf(systemdAnalyze === null)('the units are sound', async () => {
  const names = (await readdir(deploying)).filter((name) => name.endsWith('.service'));
  expect(names).toHaveLength(3);
  const units = join(folder, 'units');
  await mkdir(units);
  // A path without spaces.
  const node = join(folder, 'node');
  await symlink(process.execPath, node);
  for (const name of names) {
    const text = await readFile(join(deploying, name), 'utf8');
    await writeFile(join(units, name), text.replaceAll('/usr/bin/node', node));
  }
  // Templates are read as one of their instances. It prints what it finds, and finds nothing.
  const files = names.map((name) => join(units, name.replace('@.', '@1.')));
  for (const [index, name] of names.entries()) {
    if (name.includes('@')) await symlink(join(units, name), files[index]!);
  }
  const { stdout, stderr } = await run(systemdAnalyze!, [
    'verify',
    '--man=no',
    '--recursive-errors=no',
    ...files,
  ]);
  expect(stdout + stderr).toBe('');
});
