import type { StructDef, ThriftType } from '../idl/model.ts';
import { isMember } from '../json/leaf-options.ts';

/** Structs that values of these types are made of in JSON, each once: what is no member leads nowhere. */
export function nestedStructs(types: Iterable<ThriftType>): Set<StructDef> {
  const found = new Set<StructDef>();
  const visit = (type: ThriftType): void => {
    if (type.kind === 'list' || type.kind === 'set') visit(type.element);
    if (type.kind === 'map') {
      visit(type.key);
      visit(type.value);
    }
    if (type.kind !== 'struct' || found.has(type.struct)) return;
    found.add(type.struct);
    for (const field of type.struct.fields) if (isMember(field.annotations)) visit(field.type);
  };
  for (const type of types) visit(type);
  return found;
}
