import { z } from 'zod';
import { count, milliseconds } from '../../values.ts';
import type { CurrentTls } from './upstream/upstream-tls.ts';

/** How a side that speaks HTTP is asked. The config takes these settings from here, without the defaults. */
export const upstreamTuning = {
  /** Connections to each address. */
  connections: count.default(512),
  /**
   * How long an idle connection is kept, milliseconds. Shorter than any upstream keeps its own, so that a request
   * never meets a connection that is being closed; an upstream's `Keep-Alive: timeout` shortens it further.
   */
  keepAliveMs: milliseconds.default(1_500),
  /** How often host names are looked up again, milliseconds; each address that one stands for counts as one of its own. */
  nameAgeMs: milliseconds.default(60_000),
  /** Which of several addresses takes a request. */
  balance: z.enum(['least-pending', 'round-robin']).default('least-pending'),
  /** An address that keeps failing is left out for a while, as long as there is another. */
  breaker: z
    .strictObject({
      /** In a row, since it last answered; 0: never. */
      failures: z.int().min(0).default(5),
      /** Requests that break off count only if they are different ones, over at least so long. */
      overMs: milliseconds.default(1_000),
      /** Twice as long each time in a row. */
      openMs: milliseconds.default(1_000),
      maxOpenMs: milliseconds.default(30_000),
      /** Statuses that count as failures too. */
      statuses: z.array(z.int().min(500).max(599)).default([]),
    })
    .prefault({}),
  /** Of several addresses, whether each is well. false: they are judged by the requests that they answer, and by nothing else. */
  healthCheck: z
    .strictObject({
      /** Left out, each is asked for a connection, unless it speaks TLS. */
      path: z
        .string()
        .regex(/^\/[\x21-\x7e]*$/, { error: 'is no path' })
        .optional(),
      everyMs: milliseconds.default(2_000),
      timeoutMs: milliseconds.default(1_000),
      /** In a row, before an address is left out. */
      failures: count.default(2),
    })
    .or(z.literal(false))
    .prefault({}),
};

/** The same with where it is. */
export const upstreamSettings = {
  /** `http://host:port` or `https://host:port`, one or more. */
  addresses: z.array(z.url({ protocol: /^https?$/ })).min(1),
  ...upstreamTuning,
};

/** A service that speaks HTTP, as a router is given it; files have been read already. */
export const httpServiceSchema = z.strictObject({
  kind: z.literal('http'),
  ...upstreamSettings,
  /**
   * For `https://` addresses: PEM texts, and the name that the certificate must have. A function is asked for each connection:
   * for files that are renewed.
   */
  tls: z
    .strictObject({
      ca: z.string().optional(),
      servername: z.string().optional(),
      key: z.string().optional(),
      cert: z.string().optional(),
    })
    .or(z.custom<CurrentTls>((given) => typeof given === 'function'))
    .prefault({}),
});

export type HttpServiceSettings = z.input<typeof httpServiceSchema>;
export type HttpService = z.output<typeof httpServiceSchema>;
