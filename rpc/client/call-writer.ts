import { beginHeaderFrame, goodbyeHeader, type Headers } from '../wire/header-transport.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { MessageType } from '../wire/types.ts';
import type { Call } from './call.ts';
import type { Settings } from './options.ts';

/**
 * Writes the call's message as the transport wants it. `isFirst`: the first of its connection says what this client understands.
 *
 * @throws what the call's arguments throw: nothing of it may be sent then.
 */
export function writeCall(w: ProtocolWriter, call: Call, settings: Settings, isFirst: boolean): void {
  const { protocol, transport } = settings;
  w.reset();
  if (transport === 'framed') w.rawBytes(noLength);
  else if (transport === 'header') beginHeaderFrame(w, protocol, call.seqid, headersOf(call, isFirst));
  w.message(call.wireName, call.method.oneway ? MessageType.oneway : MessageType.call, call.seqid);
  call.write(w, call);
  if (transport !== 'buffered') w.setI32(0, w.pos - 4);
}

const noLength = new Uint8Array(4);

function headersOf(call: Call, isFirst: boolean): Headers {
  const { context } = call;
  const headers: Record<string, string> = {
    'deadline-ms': String(Math.max(0, Math.round(call.deadlineAt - performance.now()))),
  };
  if (isFirst) headers[goodbyeHeader] = '1';
  if (context?.requestId !== undefined) headers['request-id'] = context.requestId;
  if (context?.traceparent !== undefined) headers.traceparent = context.traceparent;
  if (context?.identity !== undefined) headers.identity = context.identity;
  if (context?.verified !== undefined) headers['identity-token'] = context.verified.token;
  return headers;
}
