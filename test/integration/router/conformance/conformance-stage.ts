import type { RouterOptions } from 'banyan/router';
import { startRawUpstream } from '../../../support/router/raw-http.ts';
import { feature, route, startStage, table } from '../../../support/router/router-stage.ts';

/** What the vectors are played to: a router between them and a monolith of octets, with a service that owns what is routed. */
export async function startConformanceStage(options: Partial<RouterOptions> = {}) {
  const monolith = await startRawUpstream();
  const stage = await startStage(monolith.url, {
    // Vector after vector breaks the connection: each must be asked all the same.
    legacy: { addresses: [monolith.url], breaker: { failures: 0 } },
    // The monolith of octets answers whole requests only and says `100 Continue` to none.
    timeouts: { continueMs: 30 },
    // The vectors write and read from one address.
    readYourWritesMs: 0,
    table: table({
      features: [feature({ owner: 'service' })],
      routes: [
        route('GET /things/:id'),
        route('POST /things'),
        route('POST /shifted'),
        route('GET /shifted', { readPercent: 100 }),
      ],
    }),
    ...options,
  });
  stage.service.answer = () => ({
    status: 200,
    rawHeaders: ['X-Side', 'service'],
    body: Buffer.from('service'),
  });
  return {
    monolith,
    stage,
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      await monolith[Symbol.asyncDispose]();
    },
  };
}
