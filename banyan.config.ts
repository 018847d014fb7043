import { type BanyanConfigInput, defineConfig } from 'banyan';

// The demo shop's config: what a team with a monolith writes. Each address can be moved by the environment, so that
// several stacks can run side by side.
const { env } = process;
const port = (name: string, usual: number) => Number(env[`BANYAN_${name}_PORT`] ?? usual);
const local = (name: string, usual: number) => `127.0.0.1:${port(name, usual)}`;
const folder = env.BANYAN_DATA_DIR ?? '.banyan';
const account = { host: '127.0.0.1', user: 'banyan', password: env.BANYAN_DB_PASSWORD ?? 'banyan' };

// The shop's services that run: `npm run stack -- --all` starts them all, and says so to its processes. For commands: BANYAN_PARTS=product,shops
const parts = (env.BANYAN_PARTS ?? 'product').split(',');
const only = <T>(of: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(of).filter(([name]) => parts.includes(name)));

// The search follows every change of products and shops.
const feed = parts.includes('search');

const features: BanyanConfigInput['features'] = {
  product: {
    service: {
      idl: './extracted/product/product.thrift',
      name: 'ProductService',
      addresses: [local('PRODUCT', 7402)],
      protocol: 'binary',
      // Its headers carry each request's id and trace to the service's logs.
      transport: 'header',
      deadlineMs: 5000,
    },
    database: 'product',
    tables: ['products'],
    feed,
    // What hangs on a product stays with the monolith; these keys cannot reach over to the service's server.
    sever: ['product_images', 'product_options', 'product_likes', 'product_stock'].map(
      (table) => `${table}.product_id`,
    ),
  },
  // On Apache's own Thrift library, which knows no header transport.
  shops: {
    service: {
      idl: './extracted/shop/shop.thrift',
      name: 'ShopService',
      addresses: [local('SHOPS', 7421)],
      transport: 'framed',
      deadlineMs: 5000,
    },
    database: 'shops',
    tables: ['shops', 'shop_owners'],
    feed,
    sever: ['orders.shop_id', 'shop_owners.user_id'],
  },
  user: {
    service: {
      idl: './extracted/user/user.thrift',
      name: 'UserService',
      addresses: [local('USER', 7422)],
      transport: 'header',
      // A password is hashed slowly, on purpose.
      deadlineMs: 15_000,
    },
    database: 'user',
    tables: ['users', 'sessions'],
    sever: ['shop_owners.user_id', 'product_likes.user_id', 'orders.user_id'],
  },
  // No table moves: what is added and never changed is appended over there by a job.
  log: {
    service: {
      idl: './extracted/log/log.thrift',
      name: 'LogService',
      addresses: [local('LOG', 7406)],
      deadlineMs: 5000,
    },
  },
  // Its index is made of what others own.
  search: {
    service: {
      idl: './extracted/search/search.thrift',
      name: 'SearchService',
      addresses: [local('SEARCH', 7408)],
      deadlineMs: 5000,
    },
  },
  // A feature that the monolith never had, in a Lambda function.
  benefits: {
    service: {
      kind: 'lambda',
      function: 'benefits',
      region: 'ap-northeast-2',
      endpoint: `http://${local('LAMBDA', 7441)}`,
    },
    routes: {
      'POST /admin/shops/:shopId/benefits': {},
      'GET /api/shops/:shopId/benefits': {},
      'GET /api/shops/:shopId/benefits/:benefitId': {},
      'POST /api/shops/:shopId/benefits/:benefitId/redemptions': {},
      'GET /api/shops/:shopId/benefits/:benefitId/redemptions/:memberId': {},
    },
  },
};

const databases: BanyanConfigInput['databases'] = {
  product: { ...account, port: port('PRODUCT_DB', 7432), database: 'product' },
  shops: { ...account, port: port('SHOPS_DB', 7433), database: 'shops' },
  user: { ...account, port: port('USER_DB', 7435), database: 'user' },
};

export default defineConfig({
  databases: {
    legacy: { ...account, port: port('LEGACY_DB', 7431), database: 'shop' },
    ...only(databases),
  },
  state: { database: 'legacy', schema: 'banyan' },
  legacy: { addresses: [`http://${local('LEGACY', 7401)}`], database: 'legacy' },
  router: {
    listen: local('ROUTER', 7400),
    identity: ['header:x-user-id', 'cookie:session'],
    snapshotFile: `${folder}/route-table.json`,
  },
  control: {
    listen: local('CONTROL', 7410),
    tokenFile: `${folder}/admin-token`,
  },
  // Who reads from a new service first: `banyan canary product --cohort staff`.
  cohorts: { staff: { by: 'header:x-user-group', values: ['staff'] } },
  features: only(features),
});
