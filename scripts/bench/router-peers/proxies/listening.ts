import { pause } from '../../../../common/pause.ts';
import { acceptsConnections } from '../../../servers/index.ts';

/** Resolves once something listens; these programs say nothing when they are ready. */
export async function listening(port: number, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
  for (;;) {
    limit.throwIfAborted();
    if (await acceptsConnections(port)) return;
    await pause(20, limit);
  }
}
