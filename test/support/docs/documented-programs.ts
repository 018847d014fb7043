/** A program that blocks of a page are, with what the page takes for granted before them and a look at what they did after them. */
export interface DocumentedProgram {
  readonly name: string;
  readonly file: string;
  /** Which of the page's blocks of TypeScript and JavaScript, from 0. */
  readonly blocks: readonly number[];
  readonly before: string;
  readonly after: string;
  /** Addresses, ports and accounts of the page, and what stands for them here. */
  readonly here?: readonly (readonly [there: string, here: string])[];
  /** The IDL beside it; default: that of docs/idl.md. */
  readonly idl?: string;
  /** What it prints at the end. */
  readonly prints: RegExp;
}

const state = "{ host: '10.0.0.5', port: 3306, user: 'shop', password: '…', database: 'banyan' }";
const ownState = 'JSON.parse(process.env.STATE!)';
const toState: readonly [string, string] = [state, ownState];

const app = `
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';

const app = express();
const asked = async (path: string, headers: Record<string, string> = {}) => {
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch(\`http://127.0.0.1:\${(server.address() as AddressInfo).port}\${path}\`, { headers });
  const text = await answer.text();
  server.close();
  server.closeAllConnections();
  return { status: answer.status, text, cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' };
};
`;

const knex = `
import knexFactory, { type Knex } from 'knex';

const knex = knexFactory({ client: 'mysql2', connection: ${ownState} });
`;

const products = `
import { pino } from 'pino';
import type { I64, Product } from './thrift-types.ts';

const product7: Product = { id: 7, sku: 'A-7', price: '12.50', status: 1 };
const others = {
  listProducts: () => ({ items: [] }),
  createProduct: () => product7,
  deleteProduct: () => undefined,
};
`;

const orders = 'service OrderService { list<string> listOrders() (api.get = "/orders") }\n';
const ordersOf = "const ordersOf = (subject: string) => ['an order of '.concat(subject)];\n";
const signed = (audience: string) => `
import { identitySigner } from '../../../common/identity/identity-signer.ts';
import { readFileSync as read } from 'node:fs';

const sign = identitySigner({ key: { kid: '2026-11', key: read('identity.pem', 'utf8') }, audience: '${audience}', seconds: 60 });
const token = await sign({ subject: 'kim', claims: {}, requestId: 'one' });
`;

export const documentedPrograms: readonly DocumentedProgram[] = [
  {
    name: 'idl',
    file: 'docs/idl.md',
    blocks: [0],
    before: `${products}
const pinoLogger = pino({ level: 'silent' });
const products = new Map<number, Product>([[7, product7]]);
`,
    here: [['port: 7402', 'port: 0']],
    after: 'console.log(routes.length, JSON.stringify(product));\n',
    prints: /^6 .*"sku":"A-7"/,
  },
  {
    name: 'rpc',
    file: 'docs/rpc.md',
    blocks: [0, 1],
    before: `${products}${knex}
import { trace } from '@opentelemetry/api';
import { Registry } from 'prom-client';

const log = pino({ level: 'silent' });
const findProduct = async (id: I64) => (Number(id) === 7 ? product7 : null);
const register = new Registry();
const tracer = trace.getTracer('docs');
const requestId = 'one';
`,
    here: [
      ["host: '0.0.0.0'", "host: '127.0.0.1'"],
      ['port: 7402', 'port: 0'],
      ['port: 7403', 'port: 0'],
      ['drainMs: 5_000', 'drainMs: 50'],
      ["['10.0.0.7:7402', '10.0.0.8:7402']", '[server.address]'],
    ],
    after: `
const ready = await fetch(\`\${server.healthUrl}/readyz\`);
console.log(ready.status, JSON.stringify(product), (await register.metrics()).includes('banyan_rpc_server_'));
await client.close();
process.kill(process.pid, 'SIGTERM');
process.once('SIGTERM', () => knex.destroy());
`,
    prints: /^200 .*"sku":"A-7".* true/,
  },
  {
    name: 'seam',
    file: 'docs/seam.md',
    blocks: [0],
    before: `${knex}
const reserveInTable = async (trx: Knex.Transaction, id: number, amount: number) => {
  await trx.raw('SELECT ?', [id]);
  console.log('reserved', id, amount, 'in the table');
};
const products = { call: async (method: string, args: readonly unknown[]) => console.log(method, args) };
`,
    here: [toState],
    after: 'await knex.destroy();\n',
    prints: /^reserved 7 2 in the table$/,
  },
  {
    name: 'fresh-reads',
    file: 'docs/seam.md',
    blocks: [1],
    before: `${app}
const link = await openSeams({ state: ${ownState} });
`,
    after: `
app.get('/admin/products', (_request, response) => void response.send('the page'));
console.log((await asked('/admin/products')).text);
await link.close();
`,
    prints: /^the page$/,
  },
  {
    name: 'user-seam',
    file: 'docs/identity.md',
    blocks: [4],
    before: `
import { openSeams, seam } from 'banyan/seam';

const link = await openSeams({ state: ${ownState} });
const sessionInTable = async (token: string) => ({ id: 7, token });
const users = { call: async (_method: string, [token]: readonly [string]) => ({ id: 8, token }) };
`,
    after: `
console.log(JSON.stringify(await userOf('abc')));
await link.close();
`,
    prints: /^\{"id":7,"token":"abc"\}$/,
  },
  {
    name: 'watch',
    file: 'docs/watch.md',
    blocks: [0],
    before: `${app}${knex}
const recountRatings = async () => {
  await knex.raw('SELECT 1');
  console.log('recounted');
};
`,
    here: [toState],
    after: 'await knex.destroy();\n',
    prints: /^recounted$/,
  },
  {
    name: 'middleware',
    file: 'docs/router.md',
    blocks: [1],
    before: app,
    after: `
app.get('/hello', (_request, response) => void response.send('the application itself'));
console.log((await asked('/hello')).text);
await banyan.stop();
await link.close();
`,
    prints: /the application itself$/,
  },
  {
    name: 'whoami',
    file: 'docs/identity.md',
    blocks: [0],
    before: `${app}
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    userId: number;
    role: string;
  }
}
app.use(session({ secret: 'docs', resave: false, saveUninitialized: false }));
app.get('/login', (request, response) => {
  Object.assign(request.session, { userId: 7, role: 'admin' });
  response.end();
});
`,
    after: `
const { status } = await asked('/internal/whoami');
const { cookie } = await asked('/login');
console.log(status, (await asked('/internal/whoami', { cookie })).text);
`,
    prints: /^401 \{"id":7,"role":"admin"\}$/,
  },
  {
    name: 'identify',
    file: 'docs/identity.md',
    blocks: [2],
    before: `${app}${ordersOf}`,
    after: `${signed('orders')}
const nobody = await asked('/orders');
console.log(nobody.text, (await asked('/orders', { 'x-banyan-identity': token })).text);
`,
    prints: /^\[\] \["an order of kim"\]$/,
  },
  {
    name: 'serve-orders',
    file: 'docs/identity.md',
    blocks: [3],
    idl: orders,
    before: `${ordersOf}
import { readFileSync } from 'node:fs';
import { createClient, loadIdl } from 'banyan/rpc';

const idl = await loadIdl('product.thrift');
const keys = [{ kid: '2026-11', key: readFileSync('identity.pub', 'utf8') }];
`,
    here: [
      ["host: '0.0.0.0'", "host: '127.0.0.1'"],
      ['port: 7402', 'port: 0'],
    ],
    after: `${signed('orders')}
const client = createClient({ idl, service: 'OrderService', addresses: [server.address] });
console.log(JSON.stringify(await client.call('listOrders', [], { context: { verified: { token } } })));
await client.close();
await server.stop();
`,
    prints: /^\["an order of kim"\]$/,
  },
];

/** The program's text. */
export function programOf({ before, after, here = [] }: DocumentedProgram, codes: readonly string[]): string {
  let code = codes.join('\n');
  for (const [there, its] of here) {
    if (!code.includes(there)) throw new Error(`the page has no ${there} any more`);
    code = code.replaceAll(there, its);
  }
  return [before, code, after].join('\n');
}
