import { z } from 'zod';

/** Everything the service takes from its environment, read once at the start. */
export type SearchServiceConfig = z.output<typeof settings>;

const port = z.coerce.number().int().min(0).max(65_535);
const url = (protocols: RegExp) =>
  z.url({ protocol: protocols }).transform((text) => text.replace(/\/+$/, ''));

const settings = z
  .object({
    LISTEN_HOST: z.string().default('127.0.0.1'),
    /** 0 lets the system choose. */
    PORT: port.default(7408),
    /** Where probes and metrics are answered, on the same host; left out: nowhere. */
    HEALTH_PORT: port.optional(),
    /** How long readiness fails before the service stops taking calls, in milliseconds. */
    DRAIN_MS: z.coerce.number().int().min(0).max(999_999).default(0),
    NATS_URL: z.string().default('nats://127.0.0.1:4222'),
    SEARCH_FEED: z.enum(['changes', 'events']).default('changes'),
    SEARCH_SHOP_URL: url(/^https?$/).default('http://127.0.0.1:7400'),
    SEARCH_STALE_MS: z.coerce.number().int().min(1_000).max(86_400_000).default(10_000),
    SEARCH_WHEN_STALE: z.enum(['say', 'refuse']).default('say'),
    SEARCH_MATCH: z.enum(['part', 'beginning']).default('part'),
    SEARCH_CLOSED_SHOPS: z.enum(['show', 'hide']).default('show'),
    SEARCH_ENGINE: z.enum(['embedded', 'elasticsearch']).default('embedded'),
    /** Where the embedded index is kept; left out: nowhere, and each start builds it. */
    SEARCH_DATA_DIR: z.string().optional(),
    SEARCH_ELASTICSEARCH_URL: url(/^https?$/).default('http://127.0.0.1:9200'),
    SEARCH_ELASTICSEARCH_API_KEY: z.string().optional(),
    SEARCH_ELASTICSEARCH_ALIAS: z
      .string()
      .regex(/^[a-z][a-z0-9_-]{0,99}$/, 'small letters, digits, - and _')
      .default('shop-products'),
  })
  .refine(
    ({ SEARCH_FEED, SEARCH_CLOSED_SHOPS }) => SEARCH_FEED === 'changes' || SEARCH_CLOSED_SHOPS === 'show',
    {
      path: ['SEARCH_CLOSED_SHOPS'],
      message: 'SEARCH_FEED=events tells of products alone',
    },
  )
  .transform((env) => ({
    host: env.LISTEN_HOST,
    port: env.PORT,
    healthPort: env.HEALTH_PORT ?? null,
    drainMs: env.DRAIN_MS,
    broker: env.NATS_URL,
    feed: env.SEARCH_FEED,
    /** `http://host:port` of the router. */
    shop: env.SEARCH_SHOP_URL,
    /** The service's bound: answers that may miss more than so many milliseconds say so. */
    staleAfterMs: env.SEARCH_STALE_MS,
    whenStale: env.SEARCH_WHEN_STALE,
    match: env.SEARCH_MATCH,
    hideClosedShops: env.SEARCH_CLOSED_SHOPS === 'hide',
    engine:
      env.SEARCH_ENGINE === 'embedded'
        ? { kind: 'embedded' as const, folder: env.SEARCH_DATA_DIR ?? null }
        : {
            kind: 'elasticsearch' as const,
            node: env.SEARCH_ELASTICSEARCH_URL,
            apiKey: env.SEARCH_ELASTICSEARCH_API_KEY,
            alias: env.SEARCH_ELASTICSEARCH_ALIAS,
          },
  }));

/** @throws Error that names all variables at fault. Empty ones count as left out. */
export function readConfig(env: NodeJS.ProcessEnv): SearchServiceConfig {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = settings.safeParse(set);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `${name}=${env[name]}: ${message}`;
  });
  throw new Error(`The settings cannot be used. ${faults.join('; ')}`);
}
