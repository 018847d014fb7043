import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../control/config/index.ts';
import { idlRoutesReport, loadIdl } from '../../../rpc/index.ts';
import { propose } from '../../../scripts/init/propose.ts';
import { readAccessLog } from '../../../scripts/init/read-access-log.ts';
import type { LegacyTable } from '../../../scripts/init/read-legacy.ts';
import { renderConfig } from '../../../scripts/init/render-config.ts';
import { renderIdl } from '../../../scripts/init/render-idl.ts';
import { renderProposal } from '../../../scripts/init/render-proposal.ts';
import type { FoundRoute } from '../../../scripts/init/route.ts';
import { paintFor } from '../../../scripts/terminal/paint.ts';

test('routes from an access log: ids become parameters, names stay, what was not found is no route', () => {
  const lines = [
    '10.0.0.1 - - [30/Nov/2026:00:00:00 +0000] "GET /api/books/17?x=1 HTTP/1.1" 200 12 "-" "curl"',
    '10.0.0.1 - - [30/Nov/2026:00:00:01 +0000] "GET /api/books/18/ HTTP/1.1" 304 0 "-" "curl"',
    '10.0.0.1 - - [30/Nov/2026:00:00:01 +0000] "GET /wp-login.php HTTP/1.1" 404 0 "-" "bot"',
    '{"method":"POST","path":"/api/books/17/copies","status":201}',
    '{"method":"GET","url":"/api/books/newest","status":200}',
    '{"method":"GET","path":"/cut of',
    ...Array.from(
      { length: 30 },
      (_, n) => `{"method":"GET","path":"/tags/word${'x'.repeat(n)}","status":200}`,
    ),
  ];
  expect(readAccessLog(lines.join('\n')).routes.map((one) => [one.method, one.path, one.requests])).toEqual([
    ['GET', '/api/books/:bookId', 2],
    ['POST', '/api/books/:bookId/copies', 1],
    ['GET', '/api/books/newest', 1],
    ['GET', '/tags/:tagId', 30],
  ]);
});

const column = (name: string, type: string, declared = type, nullable = false) => ({
  ...{ name, type, declared, nullable },
});
const table = (name: string, rows = 10): LegacyTable => ({
  ...{ name, rows, bytes: 0, key: ['id'] },
  columns: [
    column('id', 'bigint', 'bigint unsigned'),
    column('switch', 'varchar', 'varchar(20)', true),
    column('is_new', 'tinyint', 'tinyint(1)'),
    column('2nd price', 'decimal', 'decimal(10,2)'),
    column('extra', 'json'),
  ],
});
const route = (text: string): FoundRoute => {
  const [method = '', path = ''] = text.split(' ');
  return { method, path, requests: null, through: [] };
};
const legacy = {
  tables: ['books', 'book_copies', 'loans', 'readers', 'audit', 'knex_migrations'].map((name) => table(name)),
  keys: [
    { child: 'book_copies', columns: ['book_id'], parent: 'books', cascades: true },
    { child: 'loans', columns: ['reader_id'], parent: 'readers', cascades: false },
    { child: 'loans', columns: ['copy_id'], parent: 'book_copies', cascades: false },
  ],
  coUses: [
    { tables: ['loans', 'readers'], executions: 4_000 },
    { tables: ['audit', 'readers'], executions: 3 },
  ],
};
const routes = [
  'GET /api/books',
  'GET /api/books/:id(\\d{1,9})',
  'GET /api/books/:id/copies',
  'PUT /readers/:id',
  'GET /up',
];

test('tables go with the routes that are named after them, the others with what they are tied to most', () => {
  const { features, rest, left } = propose(legacy, routes.map(route));
  expect(
    features.map(({ name, tables, routes, crossing }) => [
      name,
      tables.map((one) => one.name).sort(),
      routes.map(({ path }) => path),
      crossing.map(({ child, parent }) => `${child} → ${parent}`),
    ]),
  ).toEqual([
    [
      'book',
      ['book_copies', 'books'],
      ['/api/books', '/api/books/:id(\\d{1,9})', '/api/books/:id/copies'],
      ['loans → book_copies'],
    ],
    ['reader', ['audit', 'loans', 'readers'], ['/readers/:id'], ['loans → book_copies']],
  ]);
  expect(rest.map(({ path }) => path)).toEqual(['/up']);
  expect(left).toEqual(['knex_migrations']);
});

test('a first IDL: a struct for each table, a method for each route, names that Thrift takes', async () => {
  const [book] = propose(legacy, routes.map(route)).features;
  const text = renderIdl(book!);
  // Digits beyond i64 are kept, flags are bools, names that are words of Thrift's have another one and keep the column's in JSON.
  expect(text).toContain('1: required string id\n');
  expect(text).toContain('2: optional string switch_ (api.body = "switch", api.null = "keep")');
  expect(text).toContain('3: required bool is_new\n');
  expect(text).toContain('4: required string _2nd_price (api.body = "2nd price")');
  expect(text).toContain('5: required string extra (api.raw_json = "")');
  expect(text).toContain('BookPage listCopies(1: string id (api.path = "id"))');
  const folder = await mkdtemp(join(tmpdir(), 'banyan-init-test-'));
  try {
    const file = join(folder, 'book.thrift');
    await writeFile(file, text);
    const said = idlRoutesReport(await loadIdl(file)).filter(({ method }) => method === 'GET');
    expect(said.map(({ path }) => path)).toEqual([
      '/api/books',
      '/api/books/:id(\\d{1,9})',
      '/api/books/:id/copies',
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a config that runs as it is, and still does with the features that stand in it as comments', async () => {
  const proposal = propose(legacy, routes.map(route));
  const database = {
    host: 'db1',
    port: 3306,
    user: 'banyan',
    password: '',
    database: 'library',
    tls: { caFile: '/etc/db ca.pem' },
  };
  const text = renderConfig({ database, legacy: 'http://127.0.0.1:3000', proposal });
  // As they are taken in, one after the other: into `databases` and into `features`.
  const [own = '', later = ''] = text.split('// Afterwards, in this order:\n');
  const plain = (lines: string) => lines.replaceAll(/^ *\/\/ (?=\S+: | {2}|\},)/gm, '');
  const databases = proposal.features.map(({ name }) => `${name}: { user: 'banyan', database: '${name}' },`);
  const taken = plain(own)
    .replace('  databases: {\n', `  databases: {\n${databases.slice(1).join('\n')}\n`)
    .replace(/ {2}\},\n\}\);\n/, `${plain(later)}  },\n});\n`);
  const folder = await mkdtemp(join(process.cwd(), '.banyan', 'init-test-'));
  try {
    for (const feature of proposal.features)
      await writeFile(join(folder, `${feature.name}.thrift`), renderIdl(feature));
    for (const [name, content, features] of [
      ['as-it-is.config.ts', text, []],
      ['taken-in.config.ts', taken, ['book', 'reader']],
    ] as const) {
      await writeFile(join(folder, name), content);
      expect(Object.keys((await loadConfig(join(folder, name))).features)).toEqual(features);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the first word of most tables is no part of a feature’s name, and routes need not have it', () => {
  const tables = ['wp_posts', 'wp_post_tags', 'wp_users', 'wp_options', 'wp_migrations', 'orders'].map(
    (name) => table(name),
  );
  const asked = ['GET /posts/:id', 'GET /orders', 'GET /items/:collection', 'PATCH /items/:collection/:pk'];
  const proposal = propose({ tables, keys: [], coUses: [] }, asked.map(route));
  const named = proposal.features.map(({ name, tables: own }) => [name, own.map((one) => one.name)]);
  expect(named.sort()).toEqual([
    ['option', ['wp_options']],
    ['order', ['orders']],
    ['post', ['wp_posts', 'wp_post_tags']],
    ['user', ['wp_users']],
  ]);
  expect(proposal.left).toEqual(['wp_migrations']);
  // What stands for the name of a table is said, and how to see which.
  const about = { server: 'db1:3306', engine: 'mariadb', tables, keys: [], coUses: [], unseen: [] } as const;
  const found = { routes: asked.map(route), unsaid: [] };
  const text = renderProposal({ legacy: about, found, proposal }, paintFor(new PassThrough()), 1);
  expect(text).toContain('which tables GET /items/:collection and 1 more are about');
  expect(text).toContain('   GET /items/:collection\n   … and 1 more');
  expect(text).not.toContain('PATCH');
});
