import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { LambdaService } from './lambda-settings.ts';

/** As much of the AWS SDK as a router uses. */
export type LambdaSdk = typeof import('@aws-sdk/client-lambda');

export interface OpenLambda {
  readonly sdk: LambdaSdk;
  readonly client: LambdaClient;
}

/**
 * The SDK's client for one function. It is loaded only where there is one: it is larger than a router. It retries nothing by itself, for it
 * cannot know what may run twice.
 */
export async function openLambda(
  { region, endpoint, connections }: Pick<LambdaService, 'region' | 'endpoint' | 'connections'>,
  connectMs: number,
): Promise<OpenLambda> {
  const sdk = await import('@aws-sdk/client-lambda');
  const agent = { keepAlive: true, maxSockets: connections };
  const client = new sdk.LambdaClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: connectMs, httpAgent: agent, httpsAgent: agent },
  });
  return { sdk, client };
}
