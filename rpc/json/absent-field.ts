import { BadValue } from '../codec/bad-value.ts';
import { wireType } from '../codec/type-of.ts';
import type { ValueWriter, ValueWriters } from '../codec/value-writer.ts';
import type { FieldDef } from '../idl/model.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';

/** What an absent field means: its default is written, or nothing, or it is refused. True if something was written. */
export function absentField(field: FieldDef, values: ValueWriters): (w: ProtocolWriter) => boolean {
  const { id, defaultValue } = field;
  if (defaultValue !== undefined) {
    if (field.type.kind === 'bool') {
      return (w) => {
        w.boolField(id, defaultValue === true);
        return true;
      };
    }
    const type = wireType(field.type);
    const write: ValueWriter = values.type(field.type);
    return (w) => {
      w.field(type, id);
      write(w, defaultValue);
      return true;
    };
  }
  if (field.requiredness === 'required') {
    return () => {
      throw new BadValue('is missing');
    };
  }
  return () => false;
}
