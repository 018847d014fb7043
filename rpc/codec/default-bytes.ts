import type { FieldDef } from '../idl/model.ts';
import { BinaryWriter } from '../wire/binary-writer.ts';
import { ValueWriters } from './value-writer.ts';

/** A field's default in the binary protocol, to be read as if the other side had sent it. */
export function defaultBytes(field: FieldDef): Buffer {
  const w = new BinaryWriter();
  new ValueWriters().type(field.type)(w, field.defaultValue);
  return w.copy();
}
