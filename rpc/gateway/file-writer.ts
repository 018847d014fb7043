import { BadValue, withElement } from '../codec/bad-value.ts';
import { wireType } from '../codec/type-of.ts';
import { type ValueWriter, ValueWriters } from '../codec/value-writer.ts';
import { annotation, type ThriftType } from '../idl/model.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import type { UploadedFile } from './multipart.ts';

/** Writes the files of one name as a field's type: their bytes alone, or structs with what else they are. @throws BadValue */
export function fileWriter(type: ThriftType): (w: ProtocolWriter, files: readonly UploadedFile[]) => void {
  if (type.kind === 'list') {
    const write = oneWriter(type.element);
    const elementType = wireType(type.element);
    return (w, files) => {
      w.list(elementType, files.length);
      files.forEach((file, i) => {
        try {
          write(w, file);
        } catch (error) {
          throw withElement(error, i);
        }
      });
    };
  }
  const write = oneWriter(type);
  return (w, files) => {
    if (files.length > 1) throw new BadValue('is given more than once');
    write(w, files[0]!);
  };
}

function oneWriter(type: ThriftType): (w: ProtocolWriter, file: UploadedFile) => void {
  if (type.kind !== 'struct') return (w, file) => w.binary(file.bytes);
  const roles = type.struct.fields.flatMap((field) => {
    const role = annotation(field.annotations, 'api.file');
    return role === undefined ? [] : [[field.name, role] as const];
  });
  const write: ValueWriter = new ValueWriters().type(type);
  return (w, file) => write(w, Object.fromEntries(roles.map(([name, role]) => [name, partOf(file, role)])));
}

function partOf(file: UploadedFile, role: string): unknown {
  switch (role) {
    case 'bytes':
      return file.bytes;
    case 'size':
      return file.bytes.length;
    case 'name':
      return file.name;
    case 'type':
      return file.type;
    default:
      return file.field;
  }
}
