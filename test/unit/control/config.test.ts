import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BanyanError } from '../../../common/errors.ts';
import { type BanyanConfigInput, loadConfig, servicePlace } from '../../../control/config/index.ts';
import { loadConfigAfresh } from '../../../control/config/load-afresh.ts';
import { newFeatureState } from '../../../control/feature/feature-state.ts';
import { moveSpecs } from '../../../control/runner/index.ts';
import { buildRouteTable } from '../../../control/store/index.ts';
import { serviceIdentitySchema } from '../../../router/identity/identity-settings.ts';
import { failureDefaults } from '../../../router/life/router-options.ts';
import { shadowSettingsSchema } from '../../../router/shadow/shadow-settings.ts';
import { compileTable } from '../../../router/table/compiled-table.ts';
import { defaultPolicy } from '../../../router/table/failure-policy.ts';
import { callName } from '../../../router/table/route-call.ts';
import { featureIdentities } from '../../../scripts/router/feature-identities.ts';
import { ed25519Pair } from '../../support/router/identity-keys.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-config-'));
  await writeFile(
    join(folder, 'parcels.thrift'),
    `struct Parcel { 1: string code }
     struct GetParcel { 1: string code (api.path = "code") }
     service ParcelService {
       Parcel getParcel(1: GetParcel request) (api.get = "/parcels/:code")
       Parcel addParcel(1: Parcel parcel) (api.post = "/parcels")
       Parcel search(1: Parcel parcel) (api.post = "/parcels/search")
       void ping()
     }`,
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const plain: BanyanConfigInput = {
  databases: {
    legacy: { port: 7431, user: 'banyan', password: 'secret', database: 'post' },
    parcels: { port: 7432, user: 'banyan', password: 'secret', database: 'parcels' },
  },
  state: { database: 'legacy' },
  legacy: { addresses: ['http://127.0.0.1:7401'], database: 'legacy' },
  features: {
    parcels: {
      service: { idl: './parcels.thrift', name: 'ParcelService', addresses: ['127.0.0.1:7402'] },
      database: 'parcels',
      tables: ['parcels'],
    },
  },
};

/** Every load gets a file of its own: a module is loaded once. */
let files = 0;
async function load(config: unknown) {
  const file = join(folder, `config-${++files}.mjs`);
  await writeFile(file, `export default ${JSON.stringify(config)}`);
  return loadConfig(file);
}

async function faultsOf(config: unknown): Promise<{ at: string | undefined; what: string }[]> {
  const error: BanyanError = await load(config).then(
    () => expect.unreachable('the config was accepted'),
    (reason) => reason,
  );
  expect(error.code).toBe('BANYAN_CONFIG_INVALID');
  for (const fault of error.faults) expect(fault.fix).not.toBe('');
  return error.faults.map(({ at, what }) => ({ at, what }));
}

test('fills in every default, resolves names and paths, and freezes', async () => {
  const config = await load(plain);
  expect(config.state).toMatchObject({ host: '127.0.0.1', port: 7431, database: 'banyan' });
  expect(config.legacy.database).toMatchObject({ database: 'post' });
  expect(config.control.listen).toEqual({ host: '127.0.0.1', port: 7410 });
  expect(config.control.tokenFile).toBe(join(folder, '.banyan/admin-token'));
  expect(config.features.parcels).toMatchObject({
    service: { idl: join(folder, 'parcels.thrift'), protocol: 'binary', transport: 'header' },
    database: { database: 'parcels', port: 7432 },
    salt: 'parcels',
  });
  expect(() => (config.features.parcels!.tables as unknown[]).push('x')).toThrow(TypeError);
});

test('a table may be mapped; each way of a pair is named once, and the reverse move has the inverse', async () => {
  const mapped = { table: 'parcels', into: 'boxes', where: "kind = 'a'", rename: { code: 'label' } };
  const more = { table: 'parcels', into: 'bags', back: { kind: "'b'" } };
  const withTables = (tables: unknown[]) => ({
    ...plain,
    features: { parcels: { ...plain.features.parcels!, tables } },
  });
  const config = await load(withTables(['events', mapped, more]));
  expect(config.features.parcels!.tables).toEqual([{ table: 'events' }, mapped, more]);
  const specs = moveSpecs(config, config.features.parcels!)!;
  expect(specs.forward.tables).toEqual(config.features.parcels!.tables);
  expect(specs.reverse.tables[1]).toEqual({
    ...{ table: 'boxes', into: 'parcels', intoWhere: "kind = 'a'" },
    rename: { label: 'code' },
  });
  expect(specs.reverse.tables[2]).toMatchObject({ table: 'bags', set: { kind: "'b'" } });
  expect(await faultsOf(withTables([mapped, mapped]))).toEqual([
    expect.objectContaining({ at: 'features.parcels.tables[1]' }),
  ]);
  const faults = await faultsOf(withTables([{ ...mapped, where: ' ', wher: '' }]));
  expect(faults.map(({ at }) => at).join()).toContain('features.parcels.tables[0]');
});

test('paths of TLS files count from the config, and nothing is read: only routers may read keys', async () => {
  const config = await load({
    ...plain,
    legacy: { ...plain.legacy, tls: { caFile: './authority.pem', serverName: 'shop.internal' } },
    features: {
      parcels: {
        ...plain.features.parcels!,
        service: {
          ...plain.features.parcels!.service,
          tls: { caFile: 'authority.pem', keyFile: '/keys/client.pem', certFile: 'client.pem' },
        },
      },
    },
    router: { tls: { keyFile: '/keys/key.pem', certFile: 'chain.pem' }, drain: { noticeMs: 5_000 } },
  });
  expect(config.router.tls).toEqual({
    keyFile: '/keys/key.pem',
    certFile: join(folder, 'chain.pem'),
    http2: true,
    minVersion: 'TLSv1.2',
    reloadMs: 10_000,
  });
  expect(config.legacy.tls).toEqual({
    caFile: join(folder, 'authority.pem'),
    serverName: 'shop.internal',
    reloadMs: 10_000,
  });
  expect(config.features.parcels!.service.tls).toEqual({
    caFile: join(folder, 'authority.pem'),
    keyFile: '/keys/client.pem',
    certFile: join(folder, 'client.pem'),
    reloadMs: 10_000,
  });
  expect(config.router.drain).toEqual({ noticeMs: 5_000 });
  const faults = await faultsOf({
    ...plain,
    legacy: { ...plain.legacy, tls: { serverName: 'a b' } },
    features: {
      parcels: {
        ...plain.features.parcels!,
        service: { ...plain.features.parcels!.service, tls: { keyFile: 'client.key' } },
      },
    },
    router: { tls: { keyFile: '', minVersion: 'SSLv3' } },
  });
  expect(faults.map(({ at }) => at)).toEqual([
    'legacy.tls.serverName',
    'router.tls.keyFile',
    'router.tls.certFile',
    'router.tls.minVersion',
    'features.parcels.service.tls',
  ]);
});

test('a service that speaks HTTP declares its routes in the config, and is what its kind says', async () => {
  const service = {
    kind: 'http',
    addresses: ['https://127.0.0.1:7402'],
    breaker: { failures: 2 },
    tls: { caFile: 'ca.pem' },
  };
  const withRoutes = (routes: object, change = {}) => ({
    ...plain,
    features: { parcels: { ...plain.features.parcels!, service: { ...service, ...change }, routes } },
  });
  const config = await load(
    withRoutes({
      'GET /parcels/:code': {},
      'POST /parcels': { policy: { retries: 0 } },
      'POST /parcels/search': { access: 'read', constraints: { host: 'shop.test' } },
      'PUT /parcels/:code': { moves: false, alsoWrites: ['stock'] },
    }),
  );
  const { routes, service: parsed, alsoWrites } = config.features.parcels!;
  expect(alsoWrites).toEqual([{ route: 'PUT /parcels/:code', tables: ['stock'], moves: false }]);
  expect(routes).toMatchObject([
    { id: 'GET /parcels/:code', access: 'read', call: { kind: 'http' } },
    { id: 'POST /parcels', access: 'write', policy: { retries: 0 } },
    { id: 'POST /parcels/search [host=shop.test]', access: 'read' },
  ]);
  expect(parsed).toEqual({ ...service, tls: { caFile: join(folder, 'ca.pem'), reloadMs: 10_000 } });
  const table = buildRouteTable(
    Object.values(config.features),
    new Map([['parcels', newFeatureState('parcels', '2026-01-01T00:00:00.000Z')]]),
  );
  expect(table.routes[0]?.call).toEqual({ kind: 'http' });

  expect(await faultsOf(withRoutes({}))).toMatchObject([{ at: 'features.parcels.routes' }]);
  const wrong = withRoutes({ 'GRAB /parcels': {}, 'GET parcels': {} });
  expect((await faultsOf(wrong)).map(({ at }) => at)).toEqual([
    'features.parcels.routes["GRAB /parcels"]',
    'features.parcels.routes["GET parcels"]',
  ]);
  const settings = await faultsOf(
    withRoutes({ 'GET /x': {} }, { idl: './parcels.thrift', addresses: ['127.0.0.1:1'] }),
  );
  expect(settings.map(({ at }) => at).sort()).toEqual([
    'features.parcels.service',
    'features.parcels.service.addresses[0]',
  ]);
  expect((await faultsOf(withRoutes({ 'GET /x': {} }, { kind: 'smoke' }))).map(({ at }) => at)).toEqual([
    'features.parcels.service.kind',
  ]);
});

test('a Lambda function is called by the keys of its routes, and is where its region or its endpoint is', async () => {
  const lambda = (change: object) => ({
    ...plain,
    features: {
      offers: {
        service: { kind: 'lambda', function: 'offers', region: 'cn-north-1', ...change },
        routes: { 'GET /offers/:id': {}, 'POST /offers': {}, 'GET /files/*path': {} },
      },
    },
  });
  const { offers } = (await load(lambda({}))).features;
  expect(offers!.routes.map(({ call }) => call)).toEqual(
    ['GET /offers/{id}', 'POST /offers', 'GET /files/{path+}'].map((method) => ({ kind: 'lambda', method })),
  );
  expect(offers!.service).toMatchObject({ deadlineMs: 5_000 });
  const place = { kind: 'http', addresses: ['https://lambda.cn-north-1.amazonaws.com.cn'] };
  expect(servicePlace(offers!.service)).toEqual(place);
  const own = (await load(lambda({ endpoint: 'http://127.0.0.1:1' }))).features.offers!;
  expect(servicePlace(own.service).addresses).toEqual(['http://127.0.0.1:1']);
  const faults = await faultsOf(lambda({ function: 'a b', region: 'Seoul', qualifier: '', idl: 'x' }));
  expect(faults.map(({ at }) => at).sort()).toEqual(
    ['', '.function', '.qualifier', '.region'].map((member) => `features.offers.service${member}`),
  );
});

test('routes come from the IDL; overrides change them, and HEAD follows GET', async () => {
  const routes = async (overrides: object) => {
    const feature = { ...plain.features.parcels!, routes: overrides };
    const config = await load({ ...plain, features: { parcels: feature } });
    return config.features.parcels!.routes.map(
      (route) => `${route.id} ${route.access} ${callName(route.call)}`,
    );
  };
  expect(await routes({})).toEqual([
    'GET /parcels/:code read getParcel',
    'HEAD /parcels/:code read getParcel',
    'POST /parcels write addParcel',
    'POST /parcels/search write search',
  ]);
  expect(
    await routes({
      'POST /parcels/search': { access: 'read' },
      'GET /parcels/:code': { constraints: { host: 'post.example' } },
      'POST /parcels': { moves: false },
    }),
  ).toEqual([
    'GET /parcels/:code [host=post.example] read getParcel',
    'HEAD /parcels/:code [host=post.example] read getParcel',
    'POST /parcels/search read search',
  ]);
});

test('host and access come from the IDL’s annotations, and the config’s word wins', async () => {
  await writeFile(
    join(folder, 'parcels.thrift'),
    `service ParcelService {
       string getParcel(1: string code) (api.get = "/parcels/:code")
       string search(1: string text) (api.post = "/parcels/search", api.access = "read")
       string touch(1: string code) (api.get = "/parcels/:code/touch", api.access = "write")
     } (api.base_domain = "post.example")`,
  );
  const routes = async (overrides: object) => {
    const feature = { ...plain.features.parcels!, routes: overrides };
    const config = await load({ ...plain, features: { parcels: feature } });
    return config.features.parcels!.routes.map((route) => `${route.id} ${route.access}`);
  };
  expect(await routes({})).toEqual([
    'GET /parcels/:code [host=post.example] read',
    'HEAD /parcels/:code [host=post.example] read',
    'POST /parcels/search [host=post.example] read',
    'GET /parcels/:code/touch [host=post.example] write',
    'HEAD /parcels/:code/touch [host=post.example] write',
  ]);
  expect(
    await routes({
      'GET /parcels/:code': { constraints: { host: 'other.example' } },
      'POST /parcels/search': { access: 'write', constraints: { headers: { 'x-kind': 'a' } } },
      'GET /parcels/:code/touch': { access: 'read' },
    }),
  ).toEqual([
    'GET /parcels/:code [host=other.example] read',
    'HEAD /parcels/:code [host=other.example] read',
    'POST /parcels/search [host=post.example header:x-kind=a] write',
    'GET /parcels/:code/touch [host=post.example] read',
    'HEAD /parcels/:code/touch [host=post.example] read',
  ]);
});

test('what comparing answers may take of a router is told there, setting by setting', async () => {
  const config = await load({ ...plain, router: { shadow: { maxConcurrent: 2, bodyBytes: 1_000 } } });
  expect(shadowSettingsSchema.parse(config.router.shadow)).toMatchObject({
    maxConcurrent: 2,
    bodyBytes: 1_000,
    maxQueued: 128,
  });
  const faults = await faultsOf({ ...plain, router: { shadow: { deadlineMs: 0, queue: 5 } as object } });
  expect(faults.map(({ at }) => at)).toEqual(expect.arrayContaining(['router.shadow.deadlineMs']));
  expect(faults.some(({ what }) => what.includes('queue'))).toBe(true);
});

test('says all faults of shape at once, each with the way to it', async () => {
  const faults = await faultsOf({
    ...plain,
    databases: { ...plain.databases, parcels: { user: 7, database: 'parcels', port: 0 } },
    legacy: { addresses: ['ftp://x'], database: 'legacy' },
    router: { listen: '127.0.0.1', identity: ['cookies:x'] },
    colour: 'green',
  });
  expect(faults.map((fault) => fault.at)).toEqual(
    expect.arrayContaining([
      'databases.parcels.user',
      'databases.parcels.port',
      'legacy.addresses[0]',
      'router.listen',
      'router.identity[0]',
    ]),
  );
  expect(faults.some((fault) => fault.what.includes('colour'))).toBe(true);
});

test('databases are reached by TLS with files that count from the config, and a name to check', async () => {
  const withTls = (database: object) => ({
    ...plain,
    databases: { ...plain.databases, parcels: { ...plain.databases.parcels, ...database } } as never,
  });
  const config = await load(withTls({ host: 'db.internal', tls: { caFile: './ca.pem' } }));
  const tls = { caFile: join(folder, 'ca.pem') };
  expect(config.databases.parcels).toEqual({ ...plain.databases.parcels, host: 'db.internal', tls });
  expect(config.features.parcels?.database).toBe(config.databases.parcels);
  expect(moveSpecs(config, config.features.parcels!)!.forward.target.tls).toEqual(tls);
  const told = async (database: object) => (await faultsOf(withTls(database))).map(({ at }) => at);
  expect(await told({ tls: {} })).toEqual(['databases.parcels.tls']);
  expect(await told({ tls: { serverName: '10.0.0.7' } })).toEqual(['databases.parcels.tls.serverName']);
  expect(await told({ host: 'db', tls: { keyFile: 'k.pem' } })).toEqual(['databases.parcels.tls']);
  expect(await told({ host: 'db', tls: { verify: false } })).toEqual(['databases.parcels.tls']);
});

test('peers and cohorts that are none are told by name', async () => {
  const faults = await faultsOf({
    ...plain,
    router: { trustedPeers: ['10.0.0.0/8', '10.0.0.0/'], identity: ['session'] },
    cohorts: { 'our staff': { by: 'header:x', values: ['1'] }, shops: { by: 'shop', values: [] } },
  });
  expect(faults).toEqual(
    expect.arrayContaining([
      { at: 'router.trustedPeers[1]', what: expect.stringContaining('CIDR') },
      { at: 'router.identity[0]', what: expect.stringContaining('header:NAME') },
      { at: 'cohorts["our staff"]', what: expect.stringContaining('is no name') },
      { at: 'cohorts.shops.by', what: expect.stringContaining('header:NAME') },
      { at: 'cohorts.shops.values', what: 'needs at least one value' },
    ]),
  );
});

test('a service is told who users are by the one key that signs, or its config says what is missing', async () => {
  const { parcels } = plain.features;
  const identity = { ask: '/whoami', credentials: { cookie: 'session' } };
  const told = {
    ...plain,
    features: { parcels: { ...parcels, service: { ...parcels!.service, identity } } },
  };
  await writeFile(join(folder, 'two.pem'), ed25519Pair('two').signs.key);
  const keys = [
    { kid: 'one', file: 'one.pem' },
    { kid: 'two', file: 'two.pem' },
  ];
  const config = await load({ ...told, identity: { keys, signs: 'two' } });
  const settings = (await featureIdentities(config)).parcels;
  expect(serviceIdentitySchema.parse(settings)).toMatchObject({
    ...{ audience: 'parcels', issuer: 'banyan', subject: 'json:id', key: { kid: 'two', alg: 'EdDSA' } },
  });
  const unread = await load({ ...told, identity: { keys, signs: 'one' } });
  await expect(featureIdentities(unread)).rejects.toMatchObject({ code: 'BANYAN_IDENTITY_KEY' });

  const at = async (change: object) => (await faultsOf({ ...told, ...change })).map((fault) => fault.at);
  expect(await at({})).toEqual(['features.parcels.service.identity']);
  expect(await at({ identity: { keys } })).toEqual(['identity.signs']);
  expect(await at({ identity: { keys: [keys[0], keys[0]], signs: 'three' } })).toEqual([
    'identity.keys',
    'identity.signs',
  ]);
  const wrong = { ...identity, ask: 'whoami', credentials: {}, subject: 'body:id', cacheMs: -1 };
  const service = { ...parcels!.service, identity: wrong };
  const prefix = 'features.parcels.service.identity';
  expect(await at({ features: { parcels: { ...parcels, service } } })).toEqual([
    `${prefix}.ask`,
    `${prefix}.credentials`,
    `${prefix}.subject`,
    `${prefix}.cacheMs`,
  ]);
});

test('says all faults of meaning at once', async () => {
  const service = plain.features.parcels!.service;
  const faults = await faultsOf({
    ...plain,
    state: { database: 'nowhere' },
    control: { listen: '0.0.0.0:7410' },
    features: {
      parcels: { ...plain.features.parcels!, routes: { 'GET /parcel': { access: 'read' } } },
      labels: { service, database: 'legacy', tables: ['parcels', 'labels', 'labels'] },
      rates: { service: { ...service, idl: './missing.thrift' }, tables: ['rates'] },
    },
  });
  expect(faults.map((fault) => fault.at)).toEqual(
    expect.arrayContaining([
      'state.database',
      'control.listen',
      'features.parcels.routes["GET /parcel"]',
      'features.labels.tables[2]',
      'features.labels.tables[0]',
      'features.labels.database',
      'features.labels.routes["GET /parcels/:code"]',
      'features.rates.database',
    ]),
  );
  expect(faults.some((fault) => fault.what.includes('missing.thrift'))).toBe(true);
});

test('a table without a key moves by all columns on request, and not by a mapping', async () => {
  const withTable = (table: object) => ({
    ...plain,
    features: { parcels: { ...plain.features.parcels!, tables: [table] } },
  });
  const table = { table: 'parcels', key: 'all columns', by: ['sender'] };
  expect((await load(withTable(table))).features.parcels?.tables).toEqual([table]);
  for (const wrong of [{ where: 'id > 1' }, { key: 'id' }, { by: [] }]) {
    const [fault] = await faultsOf(withTable({ ...table, ...wrong }));
    expect(fault?.at).toContain('features.parcels.tables[0]');
  }
});

test('a control API for other machines has to be asked for', async () => {
  const config = await load({ ...plain, control: { listen: '0.0.0.0:7410', allowRemote: true } });
  expect(config.control.listen.host).toBe('0.0.0.0');
});

test('finds the config upwards from where it is run, and says so when there is none', async () => {
  const below = join(folder, 'a/b');
  await mkdir(below, { recursive: true });
  await expect(loadConfig(undefined, below)).rejects.toMatchObject({ code: 'BANYAN_CONFIG_MISSING' });
  await expect(loadConfig('nothing.ts', below)).rejects.toMatchObject({ code: 'BANYAN_CONFIG_MISSING' });
  await writeFile(join(folder, 'banyan.config.mjs'), `export default ${JSON.stringify(plain)}`);
  expect((await loadConfig(undefined, below)).file).toBe(join(folder, 'banyan.config.mjs'));
});

test('is a module also in a project of CommonJS, which `npm init` makes, and also when it is read again', async () => {
  const project = join(folder, 'commonjs');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{"type":"commonjs"}');
  const file = join(project, 'banyan.config.ts');
  const content = `import { join } from 'node:path';\nconst none: string = join('', '');\nexport default ${JSON.stringify({ ...plain, features: {} })};`;
  await writeFile(file, content);
  expect((await loadConfig(file)).legacy.addresses).toEqual(plain.legacy.addresses);
  expect((await loadConfigAfresh(file)).legacy.addresses).toEqual(plain.legacy.addresses);
});

test('a file that cannot be loaded or exports nothing is named', async () => {
  const broken = join(folder, 'broken.mjs');
  await writeFile(broken, 'export default {');
  await expect(loadConfig(broken)).rejects.toMatchObject({ code: 'BANYAN_CONFIG_UNREADABLE' });
  const empty = join(folder, 'empty.mjs');
  await writeFile(empty, 'export const config = {}');
  await expect(loadConfig(empty)).rejects.toMatchObject({ code: 'BANYAN_CONFIG_UNREADABLE' });
});

test('policies reach the route table as they were written, and a route’s is laid over its feature’s there', async () => {
  const policy = { timeouts: { firstByteMs: 500, totalMs: 1_000 }, retries: 1 };
  const own = { timeouts: { totalMs: null }, fallback: false };
  const parcels = { ...plain.features.parcels!, policy, routes: { 'GET /parcels/:code': { policy: own } } };
  const config = await load({ ...plain, features: { parcels } });
  const table = buildRouteTable(
    Object.values(config.features),
    new Map([['parcels', newFeatureState('parcels', '2026-11-22T00:00:00.000Z')]]),
  );
  expect(table.features[0]?.policy).toEqual(policy);
  expect(table.routes.find(({ id }) => id === 'GET /parcels/:code')?.policy).toEqual(own);
  expect(table.routes.find(({ id }) => id === 'POST /parcels')).not.toHaveProperty('policy');
  const compiled = compileTable(
    { version: 1, writtenAt: '', ...table },
    undefined,
    defaultPolicy(failureDefaults()),
  );
  const policyOf = (id: string) => compiled.routes.find(({ route }) => route.id === id)?.policy;
  const feature = { firstByteMs: 500, retries: 1 };
  expect(policyOf('GET /parcels/:code')).toMatchObject({ ...feature, totalMs: null, fallback: false });
  expect(policyOf('POST /parcels')).toMatchObject({ ...feature, totalMs: 1_000, fallback: true });
  expect((await load(plain)).features.parcels).not.toHaveProperty('policy');
  const wrong = {
    ...plain.features.parcels!,
    policy: { retries: -1 },
    routes: { 'GET /parcels/:code': { policy: { timeout: 5 } } },
  };
  expect((await faultsOf({ ...plain, features: { parcels: wrong } })).map(({ at }) => at)).toEqual(
    expect.arrayContaining([
      'features.parcels.policy.retries',
      'features.parcels.routes["GET /parcels/:code"].policy',
    ]),
  );
});
