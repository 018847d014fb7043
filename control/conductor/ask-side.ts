import { Client } from 'undici';
import { isConnectionRefused, whyNoConnection } from '../../common/connection-refused.ts';
import { isHealthy } from '../../router/sides/http/upstream/health-probe.ts';
import { whyNoFunction } from '../../router/sides/lambda/dry-run.ts';
import type { Reach } from '../../router/sides/reach.ts';
import { readTlsFiles } from '../../router/tls/tls-files.ts';
import { answersThrift, type NoReply } from '../../rpc/client/answers.ts';
import type { BanyanConfig, ServiceConfig } from '../config/index.ts';
import { addressesOf } from '../config/services/index.ts';

/** A side as it is asked: the service of a feature, or legacy, which speaks HTTP. */
export type AskedSide =
  | ServiceConfig
  | ({ readonly kind: 'http' } & Omit<BanyanConfig['legacy'], 'database'>);

export interface Asked extends Reach {
  /** Whether `refused` is because nobody listens there, and not because somebody keeps silent or says that it is not well. */
  readonly nobodyListens: boolean;
}

/**
 * Asks a side something that changes nothing, each address of it, and says of each why it does not answer: a port that accepts
 * connections proves nothing of the program behind it. Over HTTP its health check where it has one (2xx and 3xx are well),
 * else `GET /`, to which every answer is one; over Thrift a method that nobody has; of a Lambda function, whether it could be invoked.
 * `light`: for who asks again and again; `OPTIONS /` instead of `GET /`, for which no page is made.
 */
export async function askSide(
  side: AskedSide,
  withinMs: number,
  { light = false }: { readonly light?: boolean } = {},
): Promise<Asked[]> {
  if (side.kind === 'lambda') {
    const [address = ''] = addressesOf(side);
    const refused = await whyNoFunction(side, withinMs);
    return [{ address: `${side.function} at ${address}`, refused, nobodyListens: false }];
  }
  const { services } = await readTlsFiles({ services: side.tls === undefined ? {} : { side: side.tls } });
  const tls = services.side ?? {};
  return Promise.all(
    side.addresses.map(async (address): Promise<Asked> => {
      const silence =
        side.kind === 'http'
          ? await whyNoHttp(address, { healthPath: healthPathOf(side), light, tls, withinMs })
          : await answersThrift({
              address,
              withinMs,
              protocol: side.protocol,
              transport: side.transport,
              ...(side.multiplexed === undefined ? {} : { multiplexed: side.multiplexed }),
              ...(side.tls === undefined ? {} : { tls }),
            });
      return { address, refused: silence?.why ?? null, nobodyListens: silence?.nobodyListens ?? false };
    }),
  );
}

function healthPathOf({ healthCheck }: Extract<AskedSide, { kind: 'http' }>): string | undefined {
  return healthCheck ? healthCheck.path : undefined;
}

interface HttpQuestion {
  readonly healthPath: string | undefined;
  readonly light: boolean;
  readonly tls: object;
  readonly withinMs: number;
}

async function whyNoHttp(
  origin: string,
  { healthPath, light, tls, withinMs }: HttpQuestion,
): Promise<NoReply | null> {
  const client = new Client(origin, { connect: { timeout: withinMs, ...tls } });
  try {
    const { statusCode, body } = await client.request({
      method: light && healthPath === undefined ? 'OPTIONS' : 'GET',
      path: healthPath ?? '/',
      headers: { 'user-agent': light ? 'banyan-control' : 'banyan-gate' },
      signal: AbortSignal.timeout(withinMs),
    });
    // The head says all: a page of any length need not be read.
    body.on('error', () => undefined).destroy();
    const well = healthPath === undefined || isHealthy(statusCode);
    return well ? null : { why: `${healthPath} answers with ${statusCode}`, nobodyListens: false };
  } catch (error) {
    const isLate = (error as Error).name === 'TimeoutError';
    const why = isLate ? `no answer within ${withinMs} ms` : whyNoConnection(error as Error);
    return { why, nobodyListens: isConnectionRefused(error) };
  } finally {
    await client.destroy();
  }
}
