import { BinaryReader } from './binary-reader.ts';
import { BinaryWriter } from './binary-writer.ts';
import { CompactReader } from './compact-reader.ts';
import { CompactWriter } from './compact-writer.ts';
import type { ProtocolReader, ProtocolWriter } from './protocol.ts';

export type ProtocolName = 'binary' | 'compact';
export type TransportName = 'framed' | 'buffered' | 'header';

export function newWriter(protocol: ProtocolName): ProtocolWriter {
  return protocol === 'binary' ? new BinaryWriter() : new CompactWriter();
}

export function newReader(protocol: ProtocolName): ProtocolReader {
  return protocol === 'binary' ? new BinaryReader() : new CompactReader();
}
