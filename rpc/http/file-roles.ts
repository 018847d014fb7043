import { annotation, type FieldDef, isUnknown, type ThriftType } from '../idl/model.ts';
import type { BoundField } from './binding.ts';

/** What a field of a file's struct takes of it, by what `api.file` says, and the types that it may have. */
const typesOfRoles: Readonly<Record<string, readonly ThriftType['kind'][]>> = {
  bytes: ['binary'],
  name: ['string'],
  type: ['string'],
  field: ['string'],
  size: ['i32', 'i64'],
};

/** Whether the field's struct is read from JSON or parameters, and not only from a file. */
export function isNoFile({ sources }: BoundField): boolean {
  return sources.length === 0 || sources.some(({ kind }) => kind !== 'file');
}

export const fileRoles = Object.keys(typesOfRoles);

/** Whether a field has the type that its role wants. */
export function fitsRole({ type, annotations }: FieldDef): boolean {
  const role = annotation(annotations, 'api.file');
  return role === undefined || isUnknown(type) || (typesOfRoles[role]?.includes(type.kind) ?? true);
}

/** Whether files can be written as this type: their bytes alone, a struct with them, or a list of either. */
export function isFileType(type: ThriftType): boolean {
  const one = type.kind === 'list' ? type.element : type;
  if (one.kind !== 'struct') return one.kind === 'binary';
  return one.struct.fields.some(({ annotations }) => annotation(annotations, 'api.file') === 'bytes');
}
