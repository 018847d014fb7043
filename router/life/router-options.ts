import { hostname } from 'node:os';
import type { Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { BanyanError } from '../../common/errors.ts';
import type { LookUp } from '../../common/resolved-addresses.ts';
import { noStopPoints, type StopPoints } from '../../common/stop-points.ts';
import { type IdentitySource, parseIdentitySources } from '../cohorts/identity.ts';
import {
  type ServiceIdentity,
  type ServiceIdentitySettings,
  serviceIdentitySchema,
} from '../identity/identity-settings.ts';
import type { StateLink } from '../replica/state-link.ts';
import { pathRulesSchema } from '../request/request-target.ts';
import { isPeer, trustCheck } from '../request/trusted-peers.ts';
import { shadowSettingsSchema } from '../shadow/shadow-settings.ts';
import type { RouterService } from '../sides/called/router-service.ts';
import { upstreamSettings } from '../sides/http/http-settings.ts';
import { askedServiceSchema, type CheckedService, type GivenService, isHandedIn } from '../sides/kinds.ts';
import { errorBodySchema } from '../table/route-policy.ts';
import { legacyTlsSchema, serverTlsSchema } from '../tls/tls-settings.ts';

const milliseconds = z.number().int().positive();

const settings = z.strictObject({
  listen: z.strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.number().int().min(0).max(65_535),
  }),
  /** Given, the port speaks TLS. */
  tls: serverTlsSchema.optional(),
  /** Metrics, liveness and readiness; left out, there is no such port. */
  admin: z
    .strictObject({ host: z.string().default('127.0.0.1'), port: z.number().int().min(0).max(65_535) })
    .optional(),
  legacy: z.strictObject({
    ...upstreamSettings,
    tls: legacyTlsSchema.optional(),
  }),
  /** Unique for each router process, for its whole life. */
  replica: z.string().min(1).optional(),
  snapshotFile: z.string().min(1).nullable().default(null),
  identity: z.array(z.string()).default([]),
  /** Addresses or CIDR blocks whose forwarded fields and `x-banyan-side` are believed. */
  trustedPeers: z
    .array(
      z.string().refine(isPeer, {
        error: ({ input }) =>
          `${JSON.stringify(input)} is no address and no CIDR block: write 10.0.0.7, or 10.0.0.0/8`,
      }),
    )
    .default([]),
  paths: pathRulesSchema.prefault({}),
  /** After a client's write, its canaried reads stay with the owner for so long; 0 turns this off. */
  readYourWritesMs: z.number().int().nonnegative().default(2_000),
  hold: z
    .strictObject({
      maxRequests: z.number().int().positive().default(10_000),
      maxBytes: z
        .number()
        .int()
        .positive()
        .default(64 * 1024 * 1024),
      maxMs: milliseconds.default(15_000),
      /** `Retry-After` of a 503, seconds. */
      retryAfterSeconds: z.number().int().positive().default(1),
    })
    .prefault({}),
  timeouts: z
    .strictObject({
      connectMs: milliseconds.default(2_000),
      firstByteMs: milliseconds.default(60_000),
      /** Between two pieces of a response body. */
      idleMs: milliseconds.default(60_000),
      /** Between two pieces of a request body. */
      requestIdleMs: milliseconds.default(30_000),
      /** How long a request that expects `100 Continue` waits for legacy's, before the router asks for the body itself. */
      continueMs: milliseconds.default(1_000),
      /** A connection that was switched to another protocol, with nothing passing either way; null: no limit. */
      upgradedIdleMs: milliseconds.nullable().default(null),
      /** From the decision to the response's end; null: no limit, a stream may last. */
      totalMs: milliseconds.nullable().default(null),
      /** An answer of which the client takes nothing for so long is broken off. */
      clientIdleMs: milliseconds.default(60_000),
      /** A client's whole header section. */
      headersMs: milliseconds.default(15_000),
      /** An idle client connection. */
      keepAliveMs: milliseconds.default(65_000),
      /** A request body that the upstream did not wait for is still read for so long. */
      lingerMs: milliseconds.default(5_000),
    })
    .prefault({}),
  limits: z
    .strictObject({
      headerBytes: z
        .number()
        .int()
        .positive()
        .default(32 * 1024),
      urlBytes: z
        .number()
        .int()
        .positive()
        .default(16 * 1024),
      /** Of a request forwarded; null: no limit. */
      bodyBytes: z.number().int().positive().nullable().default(null),
      connections: z.number().int().positive().default(50_000),
      /** Requests at once on one connection: HTTP/2's streams, or what HTTP/1.1 clients send ahead of their answers. */
      streams: z.number().int().positive().default(128),
    })
    .prefault({}),
  retries: z
    .strictObject({
      /** Further tries of a request that has no body and only reads. */
      max: z.number().int().nonnegative().default(2),
    })
    .prefault({}),
  /** False: a canaried read that the service cannot answer fails instead of going to legacy. */
  fallback: z.boolean().default(true),
  /** Instead of the router's own JSON, for answers with 5xx. */
  errorBody: errorBodySchema.optional(),
  /** Requests that are asked of the other side too, to compare. */
  shadow: shadowSettingsSchema.prefault({}),
  accessLog: z
    .strictObject({
      /** The share of ordinary requests that is logged, 0–1; failures and holds are always logged. */
      sample: z.number().min(0).max(1).default(0.01),
    })
    .prefault({}),
  beatMs: milliseconds.default(100),
  beatTimeoutMs: milliseconds.default(2_000),
  /** How long a start waits for the state store when there is no snapshot. */
  startTimeoutMs: milliseconds.default(15_000),
  /** A graceful stop. */
  drain: z
    .strictObject({
      /** How long readiness fails before new connections are refused: what a balancer needs to notice. */
      noticeMs: z.number().int().nonnegative().default(0),
      /** After it, a connection that is silent for so long is closed; what comes before is served. */
      idleMs: z.number().int().nonnegative().default(500),
      /** How long requests under way may take. */
      maxMs: milliseconds.default(30_000),
    })
    .prefault({}),
});

export type RouterSettings = z.input<typeof settings>;
type ParsedSettings = z.output<typeof settings>;

/** What a router is made of: plain settings, checked here, and the parts it works with. */
export interface RouterOptions extends RouterSettings {
  /** By feature: what is called in Thrift, or how what speaks HTTP or is a Lambda function is asked. */
  readonly services: Readonly<Record<string, GivenService>>;
  /** By feature: how services are called for shadows, over connections of their own; default: as for clients. */
  readonly shadowServices?: Readonly<Record<string, RouterService>>;
  /** By feature: how its service is told who a request's user is; docs/identity.md. Left out, it is not. */
  readonly identities?: Readonly<Record<string, ServiceIdentitySettings>>;
  readonly link: StateLink;
  readonly logger: Logger;
  /** Finds the IP addresses of a name among the addresses of what speaks HTTP. Default: the system does. */
  readonly lookUp?: LookUp;
  readonly points?: StopPoints;
  /** Given, every request gets an OpenTelemetry span. */
  readonly tracer?: Tracer;
  /** Where the services count their calls: the admin port shows it too. */
  readonly serviceMetrics?: Registry;
}

export interface NormalizedOptions
  extends Readonly<Omit<ParsedSettings, 'identity' | 'trustedPeers' | 'replica'>> {
  readonly replica: string;
  readonly identity: readonly IdentitySource[];
  readonly isTrusted: (address: string) => boolean;
  readonly services: Readonly<Record<string, CheckedService>>;
  readonly shadowServices: Readonly<Record<string, RouterService>>;
  readonly identities: Readonly<Record<string, ServiceIdentity>>;
  readonly link: StateLink;
  readonly logger: Logger;
  readonly lookUp: LookUp | undefined;
  readonly points: StopPoints;
  readonly tracer: Tracer | null;
  readonly serviceMetrics: Registry | null;
}

/** What a router does about failures where its options say nothing. */
export function failureDefaults(): Pick<ParsedSettings, 'timeouts' | 'retries' | 'fallback'> {
  return settings.pick({ timeouts: true, retries: true, fallback: true }).parse({});
}

/** Checks and completes the options once; throws `BANYAN_ROUTER_OPTIONS` with every fault found. */
export function normalizeOptions(options: RouterOptions): NormalizedOptions {
  const { services, shadowServices, link, logger, lookUp, points, tracer, serviceMetrics, ...plain } =
    options;
  const asked = Object.entries(services).filter(([, service]) => !isHandedIn(service));
  const parsed = settings
    .extend({
      services: z.record(z.string(), askedServiceSchema),
      identities: z.record(z.string(), serviceIdentitySchema).default({}),
    })
    .safeParse({
      ...plain,
      services: Object.fromEntries(asked),
    });
  if (!parsed.success) {
    const fix = 'Correct the router section of the configuration.';
    const faults = parsed.error.issues.map((issue) => ({
      code: 'BANYAN_ROUTER_OPTIONS',
      what: issue.message,
      fix,
      at: `router.${issue.path.join('.')}`,
    }));
    const what = faults.map((fault) => `${fault.at}: ${fault.what}`).join('; ');
    throw new BanyanError('BANYAN_ROUTER_OPTIONS', `The router's options are not valid: ${what}.`, {
      fix,
      faults,
    });
  }
  const { identity, trustedPeers, replica, services: askedServices, ...rest } = parsed.data;
  return {
    ...rest,
    replica: replica ?? `${hostname()}:${process.pid}:${Math.random().toString(36).slice(2, 10)}`,
    identity: parseIdentitySources(identity),
    isTrusted: trustCheck(trustedPeers),
    services: { ...(services as Record<string, RouterService>), ...askedServices },
    shadowServices: shadowServices ?? {},
    link,
    logger,
    lookUp,
    points: points ?? noStopPoints,
    tracer: tracer ?? null,
    serviceMetrics: serviceMetrics ?? null,
  };
}
