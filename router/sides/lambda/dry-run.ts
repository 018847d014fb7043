import { invokeFailure } from './invoke-failure.ts';
import { openLambda } from './lambda-client.ts';
import type { LambdaService } from './lambda-settings.ts';

/**
 * Asks Lambda whether the function is there and may be invoked, without running it (`InvocationType: DryRun`). Why not; null: it may.
 */
export async function whyNoFunction(
  settings: Pick<LambdaService, 'function' | 'qualifier' | 'region' | 'endpoint'>,
  withinMs: number,
): Promise<string | null> {
  const { sdk, client } = await openLambda({ ...settings, connections: 1 }, withinMs);
  try {
    const { qualifier } = settings;
    const command = new sdk.InvokeCommand({
      FunctionName: settings.function,
      ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
      InvocationType: 'DryRun',
    });
    await client.send(command, { abortSignal: AbortSignal.timeout(withinMs) });
    return null;
  } catch (error) {
    return invokeFailure(error as Error, withinMs).failure.message;
  } finally {
    client.destroy();
  }
}
