import type { Side } from '../sides/side.ts';
import { type BufferedAnswer, BufferSink } from '../sides/sinks/buffer-sink.ts';
import type { ShadowAsk } from './shadow-ask.ts';

export interface AskLimits {
  readonly deadlineMs: number;
  readonly bodyBytes: number;
  readonly signal: AbortSignal;
}

/** A side's answer to a shadow; null where there is none, or none in time. Never rejects. */
export function askOnce(
  side: Side,
  ask: ShadowAsk,
  { deadlineMs, bodyBytes, signal }: AskLimits,
): Promise<BufferedAnswer | null> {
  if (signal.aborted) return Promise.resolve(null);
  const { promise, resolve } = Promise.withResolvers<BufferedAnswer | null>();
  const sink = new BufferSink(bodyBytes, (answer) => resolve(answer));
  const work = side.begin(ask, sink);
  const late = setTimeout(() => work.abort(new Error('a shadow is not waited for any longer')), deadlineMs);
  const onAbort = () => work.abort(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => {
    clearTimeout(late);
    signal.removeEventListener('abort', onAbort);
  });
}
