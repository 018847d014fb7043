import { randomBytes, randomFillSync } from 'node:crypto';

export interface RequestIds {
  /** Unique for every request of every router: the process's random part, then a count. */
  nextRequestId(): string;
  /** A new W3C trace context, version 00, sampled flag off: whoever starts recording decides. */
  nextTraceparent(): string;
}

/** Random octets come in one draw for many requests: a draw for each would cost more than the rest of the head. */
export function createRequestIds(): RequestIds {
  const processPart = randomBytes(6).toString('hex');
  const pool = Buffer.alloc(24 * 256);
  let used = pool.length;
  let count = 0;
  return {
    nextRequestId() {
      count += 1;
      return `${processPart}-${count.toString(36)}`;
    },
    nextTraceparent() {
      if (used === pool.length) {
        randomFillSync(pool);
        used = 0;
      }
      const trace = pool.toString('hex', used, used + 16);
      const span = pool.toString('hex', used + 16, used + 24);
      used += 24;
      return `00-${trace}-${span}-00`;
    },
  };
}
