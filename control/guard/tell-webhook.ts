import { describeError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import type { MoveLogger } from '../../mover/index.ts';

const tries = 3;
const patienceMs = 3_000;

/** Posts JSON, up to three times. What cannot be told is in the log, and in the audit log all the same. */
export async function tellWebhook(
  url: string,
  message: object,
  { logger, signal }: { readonly logger: MoveLogger; readonly signal: AbortSignal },
): Promise<void> {
  for (let attempt = 1; attempt <= tries && !signal.aborted; attempt++) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(message),
        signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
      });
      await response.body?.cancel();
      if (response.ok) return;
      logger.warn({ url, status: response.status, attempt }, 'the webhook refused what it was told');
    } catch (error) {
      logger.warn({ url, error: describeError(error).message, attempt }, 'the webhook cannot be reached');
    }
    if (attempt < tries) await pause(500 * attempt, signal);
  }
}
