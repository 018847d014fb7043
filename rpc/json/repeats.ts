import { BadValue } from '../codec/bad-value.ts';
import { ValueReaders } from '../codec/value-reader.ts';
import type { StructDef, ThriftType } from '../idl/model.ts';
import { BinaryReader } from '../wire/binary-reader.ts';
import { CompactReader } from '../wire/compact-reader.ts';
import { CompactWriter } from '../wire/compact-writer.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';

/** Takes the value that was written since `start`. @throws BadValue if an equal one was taken before */
export type RepeatCheck = (w: ProtocolWriter, start: number) => void;

/** Compiles what refuses elements of a set, or keys of a map, that are there twice; made anew for each container. */
export function repeatChecks(type: ThriftType): () => RepeatCheck {
  const identity = hasSpellings(type, new Set()) ? canonicalText(type) : bytes;
  return () => {
    const seen = new Set<string>();
    return (w, start) => {
      const found = identity(w, start);
      if (seen.has(found)) throw new BadValue('is there twice');
      seen.add(found);
    };
  };
}

function bytes(w: ProtocolWriter, start: number): string {
  return w.buf.toString('latin1', start, w.pos);
}

/** Whether equal values may have different bytes: the two zeros of a double, sets and maps in another order. */
function hasSpellings(type: ThriftType, seen: Set<StructDef>): boolean {
  switch (type.kind) {
    case 'double':
    case 'set':
    case 'map':
      return true;
    case 'list':
      return hasSpellings(type.element, seen);
    case 'struct':
      if (seen.has(type.struct)) return false;
      seen.add(type.struct);
      return type.struct.fields.some((field) => hasSpellings(field.type, seen));
    default:
      return false;
  }
}

function canonicalText(type: ThriftType): (w: ProtocolWriter, start: number) => string {
  const read = new ValueReaders().type(type);
  const binary = new BinaryReader();
  const compact = new CompactReader();
  return (w, start) => {
    const r = w instanceof CompactWriter ? compact : binary;
    r.reset(w.buf, start, w.pos);
    return canonical(read(r));
  };
}

function canonical(value: unknown): string {
  if (value instanceof Set) return `(${[...value].map(canonical).sort().join()})`;
  if (value instanceof Map) {
    return `{${[...value]
      .map(([key, member]) => `${canonical(key)}:${canonical(member)}`)
      .sort()
      .join()}}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${name}:${canonical(member)}`)
    .join()}}`;
}
