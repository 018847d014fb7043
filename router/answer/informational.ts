import type { Exchange } from '../exchange.ts';
import { responseHead } from '../sides/http/response-head.ts';

/**
 * Tells the client to send its body; on a pipelined connection, when it is this response's turn. Node remembers it: to a client
 * that expected it in vain, the answer says `Connection: close`, because nobody knows whether the body still comes.
 */
export function writeContinue({ response }: Exchange): void {
  if (!response.headersSent && !response.destroyed) response.writeContinue();
}

/**
 * Passes a 1xx response (103 Early Hints, 102) on at once, in front of the final one. HTTP/1.0 clients do not know such
 * responses (RFC 9110 §15.2) and get none. Node writes informational responses of its own only, so this one goes to the
 * socket as text; the response parser has checked its names and values.
 */
export function relayInformational(
  exchange: Exchange,
  status: number,
  reason: string,
  raw: readonly string[],
): void {
  const { request, response } = exchange;
  if (response.informational !== null) {
    if (!response.headersSent) response.informational(status, responseHead(raw).rawHeaders);
    return;
  }
  // Not yet this response's turn on a pipelined connection: dropping an informational response is always allowed.
  if (request.httpVersionMinor === 0 || response.socket === null || response.headersSent) return;
  const { rawHeaders } = responseHead(raw);
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  response.socket.write(`${text}\r\n`, 'latin1');
}
