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
  const pool = Buffer.alloc(24 * 128);
  let digits = '';
  let used = 0;
  let count = 0;
  return {
    nextRequestId() {
      count += 1;
      return `${processPart}-${count.toString(36)}`;
    },
    nextTraceparent() {
      if (used === digits.length) {
        digits = randomFillSync(pool).toString('hex');
        used = 0;
      }
      const at = used;
      used += 48;
      return `00-${digits.slice(at, at + 32)}-${digits.slice(at + 32, at + 48)}-00`;
    },
  };
}
