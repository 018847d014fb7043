import type { Ask } from '../side.ts';
import { plainHop } from './upstream/request-text.ts';

/**
 * The lines that a request to an HTTP side says of its own hop, and those that depend on how its body goes: trailers need
 * chunks, an expectation a body that waits. `streamed`: the body is passed on as it comes.
 */
export function hopFields({ head, handshake }: Ask, streamed: boolean): string {
  if (!streamed && handshake === null && !head.acceptsTrailers) return plainHop;
  let options = handshake === null ? 'keep-alive' : 'Upgrade';
  let lines = '';
  if (handshake !== null) lines += `Upgrade: ${handshake.protocols}\r\n`;
  if (head.acceptsTrailers) {
    options += ', TE';
    lines += 'TE: trailers\r\n';
  }
  if (streamed && head.expectsContinue) lines += 'Expect: 100-continue\r\n';
  if (streamed && head.chunked && head.trailer !== null) lines += `Trailer: ${head.trailer}\r\n`;
  return `Connection: ${options}\r\n${lines}`;
}
