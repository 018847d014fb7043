import { type Annotation, annotation, type FieldDef } from '../idl/model.ts';
import { memberName } from './leaf-options.ts';
import { type NameCase, nameCases } from './name-case.ts';

/** What a service's annotations say of all JSON that it takes and gives. */
export interface JsonStyle {
  /** A field without a name of its own in the IDL has its name in this case (`api.case`). */
  readonly nameCase: NameCase;
  /** Doubles that JSON cannot say are `null` in replies, as JSON.stringify has them (`api.nan`). */
  readonly nanAsNull: boolean;
}

export const plainStyle: JsonStyle = { nameCase: nameCases.as_is, nanAsNull: false };

export function jsonStyle(annotations: readonly Annotation[]): JsonStyle {
  const said = annotation(annotations, 'api.case') ?? 'as_is';
  return {
    nameCase: Object.hasOwn(nameCases, said) ? nameCases[said as keyof typeof nameCases] : nameCases.as_is,
    nanAsNull: annotation(annotations, 'api.nan') === 'null',
  };
}

/** The name of a field as a member of JSON. */
export function memberOf(field: Pick<FieldDef, 'name' | 'annotations'>, { nameCase }: JsonStyle): string {
  return memberName(field.annotations) ?? nameCase(field.name);
}
