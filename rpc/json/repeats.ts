import { BadValue } from '../codec/bad-value.ts';
import { ValueReaders } from '../codec/value-reader.ts';
import type { StructDef, ThriftType } from '../idl/model.ts';
import { BinaryReader } from '../wire/binary-reader.ts';
import { CompactReader } from '../wire/compact-reader.ts';
import { CompactWriter } from '../wire/compact-writer.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { ExactNumber } from './parsed-json.ts';

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

/** What tells a parsed JSON value from others of its type without writing it; null where only a closer look can. */
type Identity = (value: unknown) => string | number | null;

/** Whether no two values of a list can be equal once they are written; false where that takes a closer look. */
export function distinctness(type: ThriftType): (values: readonly unknown[]) => boolean {
  const identity = identityOf(type);
  if (identity === null) return () => false;
  return (values) => {
    const seen = new Set<string | number>();
    for (let i = 0; i < values.length; i++) {
      const found = identity(values[i]);
      if (found === null) return false;
      seen.add(found);
    }
    return seen.size === values.length;
  };
}

function identityOf(type: ThriftType): Identity | null {
  switch (type.kind) {
    case 'string':
      return (value) => (typeof value === 'string' ? value : null);
    case 'byte':
    case 'i16':
    case 'i32':
    case 'i64':
    case 'double':
      return numberIdentity;
    case 'list':
    case 'set': {
      const element = identityOf(type.element);
      if (element === null) return null;
      const isSet = type.kind === 'set';
      const quotes = type.element.kind === 'string';
      return (value) => {
        if (!Array.isArray(value)) return null;
        let text = '';
        const parts: string[] = [];
        for (const one of value) {
          const found = element(one);
          if (found === null) return null;
          const part = quotes ? JSON.stringify(found) : String(found);
          if (isSet) parts.push(part);
          else text += `${part},`;
        }
        return isSet ? `(${parts.length > 1 ? parts.sort().join() : parts.join()})` : `[${text}]`;
      };
    }
    default:
      return null;
  }
}

/** A number of sixteen digits and more is none that a shorter text says. */
function numberIdentity(value: unknown): string | number | null {
  if (typeof value === 'number') return value;
  return value instanceof ExactNumber && /^-?[1-9][0-9]{15,}$/.test(value.text) ? value.text : null;
}
