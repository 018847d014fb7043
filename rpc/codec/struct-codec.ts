import { BanyanError } from '../../common/errors.ts';
import type { Idl } from '../idl/model.ts';
import { newReader, newWriter, type ProtocolName } from '../wire/protocols.ts';
import { BadValue } from './bad-value.ts';
import { ValueReaders } from './value-reader.ts';
import { ValueWriters } from './value-writer.ts';

export interface StructCodec {
  /** @throws BanyanError `BANYAN_RPC_VALUE` */
  encode(value: unknown): Buffer;
  /** @throws BanyanError `BANYAN_RPC_MALFORMED` */
  decode(bytes: Buffer): unknown;
}

/**
 * Bytes of one struct, for what stores or queues Thrift values instead of calling with them.
 *
 * @throws BanyanError `BANYAN_IDL_NO_STRUCT`
 */
export function structCodec(idl: Idl, struct: string, protocol: ProtocolName = 'binary'): StructCodec {
  const found = idl.structs.find((one) => one.qualifiedName === struct);
  if (found === undefined) {
    throw new BanyanError('BANYAN_IDL_NO_STRUCT', `${idl.file} declares no struct ${struct}`, {
      fix: `Name one of: ${idl.structs.map((one) => one.qualifiedName).join(', ')}.`,
    });
  }
  const write = new ValueWriters().struct(found);
  const read = new ValueReaders().struct(found);
  const w = newWriter(protocol);
  const r = newReader(protocol);
  return {
    encode(value) {
      w.reset();
      try {
        write(w, value);
      } catch (error) {
        if (!(error instanceof BadValue)) throw error;
        throw new BanyanError('BANYAN_RPC_VALUE', `${struct}: ${error.path} ${error.what}`, {
          fix: 'Pass what the IDL declares.',
        });
      }
      return w.copy();
    },
    decode(bytes) {
      r.reset(bytes, 0, bytes.length);
      return read(r);
    },
  };
}
