import { BadValue } from '../codec/bad-value.ts';
import { plainInteger, writeInt64Text } from '../codec/int64.ts';
import type { ThriftType } from '../idl/model.ts';
import { uuidBytes } from '../idl/uuid.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import type { LeafOptions } from './leaf-options.ts';
import { enumFromJson, integer } from './scalar-from-json.ts';

const asNames = new Set<ThriftType['kind']>(['string', 'uuid', 'bool', 'byte', 'i16', 'i32', 'i64', 'enum']);

/** Whether maps by such keys are JSON objects; else they are arrays of pairs. */
export function isMemberName(key: ThriftType): boolean {
  return asNames.has(key.kind);
}

/** How a member's name becomes a map key; null where the map is written as pairs. */
export function mapKeyFromText(
  type: ThriftType,
  options: LeafOptions,
): ((w: ProtocolWriter, name: string) => void) | null {
  const ranged = (least: number, most: number, write: (w: ProtocolWriter, value: number) => void) => {
    return (w: ProtocolWriter, name: string) => {
      if (!/^-?(?:0|[1-9][0-9]{0,9})$/.test(name)) throw new BadValue('must be an integer as a key');
      write(w, integer(Number(name), least, most));
    };
  };
  switch (type.kind) {
    case 'string':
      return (w, name) => w.string(name);
    case 'uuid':
      return (w, name) => {
        const bytes = uuidBytes(name);
        if (bytes === null) throw new BadValue('must be a UUID as a key');
        w.uuid(bytes);
      };
    case 'bool':
      return (w, name) => {
        if (name !== 'true' && name !== 'false') throw new BadValue('must be true or false as a key');
        w.bool(name === 'true');
      };
    case 'byte':
      return ranged(-128, 127, (w, value) => w.byte(value));
    case 'i16':
      return ranged(-32768, 32767, (w, value) => w.i16(value));
    case 'i32':
      return ranged(-2147483648, 2147483647, (w, value) => w.i32(value));
    case 'i64':
      return writeInt64Text;
    case 'enum': {
      const write = enumFromJson(type.enum, options);
      return (w, name) => write(w, plainInteger.test(name) ? Number(name) : name);
    }
    default:
      return null;
  }
}
