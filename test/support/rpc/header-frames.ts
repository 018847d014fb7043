import { BinaryWriter } from '../../../rpc/wire/binary-writer.ts';
import {
  beginHeaderFrame,
  goodbyeHeader,
  type Headers,
  readHeaderFrame,
} from '../../../rpc/wire/header-transport.ts';
import { stringReply } from './raw-server.ts';

/** A reply over the header transport, with a string result, to the one call of the chunk. */
export function headerReply(name: string, call: Buffer, text: string): Buffer {
  const { seqid } = readHeaderFrame(call, 4, call.length);
  return headerFrame(seqid, {}, stringReply(name, seqid, text).subarray(4));
}

/** What a service says that stops. */
export function goodbye(): Buffer {
  return headerFrame(0, { [goodbyeHeader]: '1' }, Buffer.alloc(0));
}

function headerFrame(seqid: number, headers: Headers, message: Uint8Array): Buffer {
  const w = new BinaryWriter();
  beginHeaderFrame(w, 'binary', seqid, headers);
  w.rawBytes(message);
  w.setI32(0, w.pos - 4);
  return Buffer.from(w.copy());
}
