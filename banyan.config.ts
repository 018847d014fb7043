import { defineConfig } from 'banyan';

// The demo shop's config: what a team with a monolith writes. Each address can be moved by the environment, so that
// several stacks can run side by side.
const { env } = process;
const port = (value: string | undefined, usual: number) => Number(value ?? usual);
const folder = env.BANYAN_DATA_DIR ?? '.banyan';
const account = { host: '127.0.0.1', user: 'banyan', password: env.BANYAN_DB_PASSWORD ?? 'banyan' };

export default defineConfig({
  databases: {
    legacy: { ...account, port: port(env.BANYAN_LEGACY_DB_PORT, 7431), database: 'shop' },
    product: { ...account, port: port(env.BANYAN_PRODUCT_DB_PORT, 7432), database: 'product' },
  },
  state: { database: 'legacy', schema: 'banyan' },
  legacy: { addresses: [`http://127.0.0.1:${port(env.BANYAN_LEGACY_PORT, 7401)}`], database: 'legacy' },
  router: {
    listen: `127.0.0.1:${port(env.BANYAN_ROUTER_PORT, 7400)}`,
    identity: ['header:x-user-id', 'cookie:session'],
    snapshotFile: `${folder}/route-table.json`,
  },
  control: {
    listen: `127.0.0.1:${port(env.BANYAN_CONTROL_PORT, 7410)}`,
    tokenFile: `${folder}/admin-token`,
  },
  // Who reads from a new service first: `banyan canary product --cohort staff`.
  cohorts: { staff: { by: 'header:x-user-group', values: ['staff'] } },
  features: {
    product: {
      service: {
        idl: './extracted/product/product.thrift',
        name: 'ProductService',
        addresses: [`127.0.0.1:${port(env.BANYAN_PRODUCT_PORT, 7402)}`],
        protocol: 'binary',
        // Its headers carry each request's id and trace to the service's logs.
        transport: 'header',
        deadlineMs: 5000,
      },
      database: 'product',
      tables: ['products'],
      // What hangs on a product stays with the monolith; these keys cannot reach over to the service's server.
      sever: ['product_images', 'product_options', 'product_likes', 'product_stock'].map(
        (table) => `${table}.product_id`,
      ),
    },
    // A feature that the monolith never had, in a Lambda function, where one runs: `npm run stack -- --benefits`.
    ...(env.BANYAN_BENEFITS_ENDPOINT !== undefined && {
      benefits: {
        service: {
          kind: 'lambda' as const,
          function: 'benefits',
          region: 'ap-northeast-2',
          endpoint: env.BANYAN_BENEFITS_ENDPOINT,
        },
        routes: {
          'POST /admin/shops/:shopId/benefits': {},
          'GET /api/shops/:shopId/benefits': {},
          'GET /api/shops/:shopId/benefits/:benefitId': {},
          'POST /api/shops/:shopId/benefits/:benefitId/redemptions': {},
          'GET /api/shops/:shopId/benefits/:benefitId/redemptions/:memberId': {},
        },
      },
    }),
  },
});
