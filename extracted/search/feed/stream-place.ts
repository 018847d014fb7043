import { z } from 'zod';
import type { StreamPlace } from './feed.ts';

const placed = z.looseObject({
  stream: z.object({ name: z.string(), created: z.string(), seq: z.int() }),
});

/** Of a stream that was made at that time. */
export function streamId(name: string, created: unknown): string {
  return `${name} ${String(created)}`;
}

/** What a watermark says of the stream beside which it was sent. @throws ZodError. Pure. */
export function readStreamPlace(said: unknown): StreamPlace {
  const { name, created, seq } = placed.parse(said).stream;
  return { id: streamId(name, created), seq };
}
