import type { Idl, ThriftClient } from 'banyan/rpc';
import { BinaryReader } from '../../../rpc/wire/binary-reader.ts';
import { BinaryWriter } from '../../../rpc/wire/binary-writer.ts';
import { MessageType } from '../../../rpc/wire/types.ts';

/**
 * A client of a service that answers with its one argument, without a network: what the gateway alone costs. Arguments and result are
 * a struct of one field each, and only the id tells them apart.
 */
export function loopbackClient(idl: Idl, onSent?: () => void): ThriftClient {
  const writer = new BinaryWriter();
  const reader = new BinaryReader();
  return {
    idl,
    protocol: 'binary',
    stats: { calls: 0, queued: 0, connections: 0 },
    call: () => Promise.reject(new Error('only exchanges are looped back')),
    async exchange(_, write, read) {
      writer.reset();
      write(writer, { context: undefined, deadlineAt: 0 });
      onSent?.();
      const bytes = writer.copy();
      bytes.writeInt16BE(0, 1);
      reader.reset(bytes, 0, bytes.length);
      return read(reader, MessageType.reply);
    },
    close: async () => undefined,
  };
}
