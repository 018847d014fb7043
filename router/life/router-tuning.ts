import { z } from 'zod';
import { errorBodySchema } from '../table/route-policy.ts';
import { count, milliseconds } from '../values.ts';

/** 0 to an hour, milliseconds. */
const briefly = z.int().min(0).max(3_600_000);

/** What a router may be told besides. The config takes these settings from here, without the defaults. */
export const routerTuning = {
  /** After a client's write, its canaried reads stay with the owner for so long; 0 turns this off. */
  readYourWritesMs: briefly.default(2_000),
  /** Answers to writes of features that have left say so, for `freshReads` in the monolith: docs/seam.md. */
  markWrites: z.boolean().default(false),
  /** Parked writes: beyond any of these bounds they are answered with 503. */
  hold: z
    .strictObject({
      maxRequests: count.default(10_000),
      maxBytes: count.default(64 * 1024 * 1024),
      maxMs: milliseconds.default(15_000),
      /** `Retry-After` of a 503, seconds. */
      retryAfterSeconds: count.default(1),
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
      headerBytes: count.default(32 * 1024),
      urlBytes: count.default(16 * 1024),
      /** Of a request forwarded; null: no limit. */
      bodyBytes: count.nullable().default(null),
      connections: count.default(50_000),
      /** Requests at once on one connection: HTTP/2's streams, or what HTTP/1.1 clients send ahead of their answers. */
      streams: count.default(128),
    })
    .prefault({}),
  retries: z
    .strictObject({
      /** Further tries of a request that has no body and only reads. */
      max: z.int().min(0).max(10).default(2),
    })
    .prefault({}),
  /** False: a canaried read that the service cannot answer fails instead of going to legacy. */
  fallback: z.boolean().default(true),
  /** Instead of the router's own JSON, for answers with 5xx. */
  errorBody: errorBodySchema.optional(),
  accessLog: z
    .strictObject({
      /** The share of ordinary requests that is logged, 0–1; failures and holds are always logged. */
      sample: z.number().min(0).max(1).default(0.01),
    })
    .prefault({}),
  /** A graceful stop. */
  drain: z
    .strictObject({
      /** How long readiness fails before new connections are refused: what a balancer needs to notice. */
      noticeMs: briefly.default(0),
      /** After it, a connection that is silent for so long is closed; what comes before is served. */
      idleMs: briefly.default(500),
      /** How long requests under way may take. */
      maxMs: milliseconds.default(30_000),
    })
    .prefault({}),
};
