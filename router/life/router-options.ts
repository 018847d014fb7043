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
import { legacyTlsSchema, serverTlsSchema } from '../tls/tls-settings.ts';
import { routerTuning } from './router-tuning.ts';

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
  ...routerTuning,
  /** Requests that are asked of the other side too, to compare. */
  shadow: shadowSettingsSchema.prefault({}),
  beatMs: milliseconds.default(100),
  beatTimeoutMs: milliseconds.default(2_000),
  /** How long a start waits for the state store when there is no snapshot. */
  startTimeoutMs: milliseconds.default(15_000),
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
