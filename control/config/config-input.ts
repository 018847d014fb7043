import { isIP } from 'node:net';
import { z } from 'zod';
import { mostWorkers } from '../../mover/throttle/pace.ts';
import { routerTuning } from '../../router/life/router-tuning.ts';
import { pathRulesSchema } from '../../router/request/request-target.ts';
import { isPeer } from '../../router/request/trusted-peers.ts';
import { shadowSettingsSchema } from '../../router/shadow/shadow-settings.ts';
import { upstreamTuning } from '../../router/sides/http/http-settings.ts';
import { errorBodySchema, routePolicySchema } from '../../router/table/route-policy.ts';
import { legacyTlsSchema, serverTlsSchema } from '../../router/tls/tls-settings.ts';
import { certificateName, ownPair } from '../../router/tls/tls-words.ts';
import { identityInput } from './identity-input.ts';
import { serviceInput } from './services/index.ts';
import { address, httpAddress, milliseconds, port } from './values.ts';
import { withoutDefaults } from './without-defaults.ts';

/** The shape of what a user writes in `banyan.config.ts`. Defaults live here and nowhere else. */

/** MySQL allows 64 characters; banyan derives names from these (`<feature>:forward`, triggers), so it asks for fewer. */
const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, {
  error: 'is no name: letters, digits, _ and -, beginning with a letter, at most 40',
});
const sqlName = z
  .string()
  .min(1)
  .max(64)
  .refine((text) => !/[`\0/\\.]/.test(text), { error: 'is no name of a table or schema' });

/** SQL over one row, by its bare column names. */
const rowSql = z.string().trim().min(1, { error: 'is empty: write SQL over a row' });

/** A table that the service has in another form; docs/mover.md tells what each means. */
const mappedTable = z.strictObject({
  table: sqlName,
  into: sqlName.exactOptional(),
  where: rowSql.exactOptional(),
  intoWhere: rowSql.exactOptional(),
  columns: z.array(z.string().min(1)).min(1).exactOptional(),
  rename: z.record(z.string(), z.string().min(1)).exactOptional(),
  set: z.record(z.string(), rowSql).exactOptional(),
  back: z.record(z.string(), rowSql).exactOptional(),
});

/** A table without a key, the same on both sides: docs/mover.md, "Tables without a key". */
const tableWithoutKey = z.strictObject({
  table: sqlName,
  key: z.literal('all columns'),
  /** NOT NULL columns with which an index of both sides begins. */
  by: z.array(z.string().min(1)).min(1).exactOptional(),
});

const pemFile = z.string().min(1);

/** Connections to a database are encrypted: docs/configuration.md, "databases". */
const databaseTls = z
  .strictObject({
    caFile: pemFile.exactOptional(),
    certFile: pemFile.exactOptional(),
    keyFile: pemFile.exactOptional(),
    serverName: certificateName
      .refine((name) => isIP(name) === 0, { error: 'is an address: write the name in the certificate' })
      .exactOptional(),
  })
  .refine(...ownPair);

const database = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: port.default(3306),
    user: z.string().min(1),
    password: z.string().default(''),
    database: sqlName,
    tls: databaseTls.exactOptional(),
  })
  .refine(({ host, tls }) => tls === undefined || tls.serverName !== undefined || isIP(host) === 0, {
    path: ['tls'],
    error: 'has no serverName, and host is an address: name what stands in the server’s certificate',
  });

const routeOverride = z.strictObject({
  /** `read` may be canaried; `write` goes to the owner and is held during a cutover. */
  access: z.enum(['read', 'write']).optional(),
  constraints: z
    .strictObject({
      host: z.string().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      query: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  /** false: the route stays with legacy and moves with no feature. */
  moves: z.boolean().optional(),
  /** Tables of legacy's, other than those that move with it, that the route writes as long as legacy answers it. */
  alsoWrites: z.array(sqlName).min(1, { error: 'names no table' }).optional(),
  /** Over the feature's policy, setting by setting. */
  policy: routePolicySchema.optional(),
});

const captureKind = z.enum(['triggers', 'binlog']);

const feature = z.strictObject({
  service: serviceInput,
  /** Name of the service's database in `databases`. Only a feature without tables may leave it out. */
  database: z.string().optional(),
  tables: z.array(z.union([sqlName, tableWithoutKey, mappedTable])).default([]),
  /** Foreign keys of legacy's between a table that moves and one that stays: `child table.column`. */
  sever: z
    .array(
      z.string().regex(/^[^.]+\.[^.]+$/, {
        error: 'is no foreign key: write child table.column, columns of one key joined by commas',
      }),
    )
    .default([]),
  /** Legacy's own triggers on these tables stay with legacy, or are made on the service as well. */
  triggers: z.enum(['keep', 'carry']).default('keep'),
  /** Generated columns, where the engines differ: a value that they compute differently is a difference, or none. */
  generated: z.enum(['compare', 'accept']).default('compare'),
  /** Of system-versioned tables the current rows are moved; their history stays with legacy. */
  versioned: z.enum(['refuse', 'current']).default('refuse'),
  /** Secondary indexes of the service's tables are made when these are full: of large ones, of all, or of none. */
  deferIndexes: z.union([z.literal('large'), z.boolean()]).default('large'),
  /** Each change of the tables' rows is told to a feed: docs/feed.md. */
  feed: z.boolean().default(false),
  /** false: there is no way back after the cutover, and legacy is not kept current. */
  rollback: z.boolean().default(true),
  /** How changes of the tables are noted while a side owns the rows: one for both sides, or one for each. */
  capture: z
    .union([
      captureKind.transform((kind) => ({ legacy: kind, service: kind })),
      z.strictObject({
        legacy: captureKind.default('triggers'),
        service: captureKind.default('triggers'),
      }),
    ])
    .default({ legacy: 'triggers', service: 'triggers' }),
  /** By `METHOD /path`: overrides of what the IDL declares; of a service that speaks HTTP, all its routes. */
  routes: z.record(z.string(), routeOverride).default({}),
  /** What routers do when a side is slow or fails; left out, the router's own settings hold. */
  policy: routePolicySchema.optional(),
  /** Mixed into the cohort hash; default: the feature's name. */
  salt: z.string().min(1).optional(),
});

const identitySource = z.string().regex(/^(header|cookie|param):[\w!#$%&'*+.^`|~-]+$|^address$/, {
  error: 'is no identity: write header:NAME, cookie:NAME, param:NAME or address',
});

const cohort = z.strictObject({
  by: identitySource,
  values: z.array(z.string().min(1)).min(1, { error: 'needs at least one value' }),
});

export const configInput = z.strictObject({
  databases: z.record(name, database),
  state: z.strictObject({
    /** The server that keeps banyan's state, by its name in `databases`. */
    database: z.string(),
    schema: sqlName.default('banyan'),
  }),
  legacy: z.strictObject({
    addresses: z.array(httpAddress).min(1, { error: 'needs at least one address' }),
    /** How the router asks it; the router has the defaults. */
    ...withoutDefaults(upstreamTuning),
    tls: legacyTlsSchema.optional(),
    /** The monolith's database, by its name in `databases`. */
    database: z.string(),
  }),
  router: z
    .strictObject({
      listen: address.default('127.0.0.1:7400'),
      identity: z.array(identitySource).default([]),
      trustedPeers: z
        .array(
          z.string().refine(isPeer, {
            error: 'is no address and no CIDR block: write 10.0.0.7, or 10.0.0.0/8',
          }),
        )
        .default([]),
      snapshotFile: z.string().min(1).default('.banyan/route-table.json'),
      /** Metrics, liveness and readiness; left out, there is no such port. */
      admin: address.optional(),
      ...withoutDefaults(routerTuning),
      errorBody: errorBodySchema.optional(),
      paths: pathRulesSchema.partial().optional(),
      /** What comparing answers may take of a router. */
      shadow: shadowSettingsSchema.partial().optional(),
      tls: serverTlsSchema.optional(),
    })
    .prefault({}),
  control: z
    .strictObject({
      listen: address.default('127.0.0.1:7410'),
      tokenFile: z.string().min(1).default('.banyan/admin-token'),
      /** More tokens, by name: each with what its holder may do. They are made like the first one. */
      tokens: z
        .record(name, z.strictObject({ role: z.enum(['read', 'operate']), file: z.string().min(1) }))
        .default({}),
      /** Given, the admin API speaks TLS, and may listen where other machines reach it. */
      tls: z
        .strictObject({
          keyFile: z.string().min(1),
          /** The certificate, then those between it and the root. */
          certFile: z.string().min(1),
          /** How often these files are looked at for changes, milliseconds; 0: never. */
          reloadMs: z.int().min(0).max(86_400_000).default(10_000),
          /** Authorities that the command line trusts instead of the usual ones. */
          caFile: z.string().min(1).optional(),
          /** The name that the command line expects in the certificate, where the address is not it. */
          serverName: z.string().min(1).optional(),
        })
        .optional(),
      /** Without `tls` the admin API speaks plain HTTP: set this only where something else encrypts and guards the way to it. */
      allowRemote: z.boolean().default(false),
      /** How long a router replica may go on by what it knows, and how long a dead control blocks the next one. */
      replicaLeaseMs: milliseconds.min(500).default(2_000),
      controlLeaseMs: milliseconds.min(500).default(3_000),
      /** What changes something needs a reason of its own. */
      requireWhy: z.boolean().default(false),
      copy: z
        .strictObject({
          /** Chunks of one feature's copy that are under way at a time; `banyan throttle` changes it for one of them. */
          workers: z.int().min(1).max(mostWorkers).default(4),
          /** Names of databases that are replicas of legacy's or a service's server: a copy waits for them. */
          replicas: z.array(z.string()).default([]),
          maxReplicaLagMs: milliseconds.default(10_000),
          /** A copy stands while the target's server has less room, as far as it can be seen from here. */
          minFreeBytes: z
            .int()
            .min(0)
            .default(256 * 1024 ** 2),
        })
        .prefault({}),
      verify: z
        .strictObject({
          /** Chunks that `banyan verify`, and a handover before it begins, compare at a time. */
          workers: z.int().min(1).max(mostWorkers).default(3),
          /** Both sides are compared all the time, while a feature is syncing or extracted. */
          steadily: z.boolean().default(true),
          /** No row is to go unverified for longer. */
          everyMs: milliseconds.default(1_800_000),
          /** Of its time that this verify works, 0 to 1; it rests the rest. */
          share: z.number().gt(0).max(1).default(0.05),
        })
        .prefault({}),
      cutover: z
        .strictObject({
          /** From publishing the hold to the decision; beyond it the cutover is taken back. */
          deadlineMs: milliseconds.default(8_000),
          /** How long the fence waits for the tables' locks: the application queues behind it for so long. */
          lockTimeoutMs: milliseconds.default(1_000),
          /** The gate lets a cutover begin only with this few dirty keys… */
          maxBacklog: z.int().min(0).default(2_000),
          /** …and with no transaction on the source open longer than this. */
          maxTransactionMs: milliseconds.default(2_000),
          /** Rows that were not verified for longer are verified before a cutover begins. */
          verifiedWithinMs: z.int().min(0).default(3_600_000),
          /** A cutover begins only once somebody has signed off `banyan diff`. */
          signOff: z.boolean().default(false),
        })
        .prefault({}),
    })
    .prefault({}),
  /** By which key routers sign what they tell services of users: docs/identity.md. */
  identity: identityInput.optional(),
  /** Clients that a canary can name: whoever has one of the values there. */
  cohorts: z.record(name, cohort).default({}),
  features: z.record(name, feature),
});

/** What `defineConfig` takes. */
export type BanyanConfigInput = z.input<typeof configInput>;
export type ParsedConfig = z.output<typeof configInput>;
