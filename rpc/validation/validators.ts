import { BadValue, withElement, withMember } from '../codec/bad-value.ts';
import { annotation, type FieldDef, type StructDef, type ThriftType } from '../idl/model.ts';
import { type JsonStyle, memberOf } from '../json/json-style.ts';
import { isTrue, parseVd, type Vd } from './vd-expression.ts';

/** Throws BadValue for a value that a validator (`api.vd`) does not take. */
export type Validator = (value: unknown) => void;

type Fields = Readonly<Record<string, unknown>>;

/** Compiles what checks values against the `api.vd` of all fields inside a type; null where none has one. */
export class Validators {
  /** A struct that has itself inside finds the one being compiled. */
  readonly #structs = new Map<StructDef, Validator>();
  readonly #style: JsonStyle;

  constructor(style: JsonStyle) {
    this.#style = style;
  }

  type(type: ThriftType): Validator | null {
    switch (type.kind) {
      case 'list':
      case 'set': {
        const element = this.type(type.element);
        if (element === null) return null;
        return (value) => {
          let i = 0;
          for (const one of value as Iterable<unknown>) {
            const at = i++;
            within(
              () => element(one),
              (error) => withElement(error, at),
            );
          }
        };
      }
      case 'map': {
        const element = this.type(type.value);
        if (element === null) return null;
        return (value) => {
          for (const [key, one] of value as Map<unknown, unknown>) {
            within(
              () => element(one),
              (error) => withElement(error, JSON.stringify(String(key))),
            );
          }
        };
      }
      case 'struct':
        return this.#struct(type.struct);
      default:
        return null;
    }
  }

  #struct(struct: StructDef): Validator | null {
    const known = this.#structs.get(struct);
    if (known !== undefined) return known;
    if (!hasVd(struct, new Set())) return null;
    let compiled: Validator | null = null;
    this.#structs.set(struct, (value) => compiled?.(value));
    compiled = this.fields(struct.fields, (field) => memberOf(field, this.#style));
    return compiled;
  }

  /** @param placeOf how a field is called in messages */
  fields(fields: readonly FieldDef[], placeOf: (field: FieldDef) => string): Validator | null {
    const checks = fields.flatMap((field) => {
      const text = annotation(field.annotations, 'api.vd');
      const vd = text === undefined ? null : parseVd(text);
      const inner = this.type(field.type);
      return vd === null && inner === null ? [] : [{ field, vd, inner, place: placeOf(field) }];
    });
    if (checks.length === 0) return null;
    const byName = new Map(fields.map((field) => [plain(field.name), field.name]));
    return (value) => {
      const struct = value as Fields;
      const lookUp = (path: readonly string[]): unknown => fieldAt(struct, path, byName);
      for (const { field, vd, inner, place } of checks) {
        const own = struct[field.name];
        within(
          () => {
            if (vd !== null && (own !== undefined || /\bnil\b/.test(vd.text))) judge(vd, own, lookUp);
            if (inner !== null && own !== undefined) inner(own);
          },
          (error) => withMember(error, place),
        );
      }
    };
  }
}

function within(work: () => void, told: (error: unknown) => unknown): void {
  try {
    work();
  } catch (error) {
    throw told(error);
  }
}

function judge(vd: Vd, value: unknown, field: (path: readonly string[]) => unknown): void {
  const scope = { value, field };
  if (isTrue(vd.condition(scope))) return;
  const error = new BadValue('is not valid');
  if (vd.message !== null) error.fault = String(vd.message(scope));
  throw error;
}

function fieldAt(struct: Fields, path: readonly string[], byName: ReadonlyMap<string, string>): unknown {
  const [first, ...rest] = path;
  let found = struct[byName.get(plain(first!)) ?? first!];
  for (const name of rest) {
    if (typeof found !== 'object' || found === null) return undefined;
    const key = Object.keys(found).find((one) => plain(one) === plain(name));
    found = key === undefined ? undefined : (found as Fields)[key];
  }
  return found;
}

/** Validators call fields as Go does: `(ShopId)$` is `shop_id` or `shopId` in the IDL. */
function plain(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

function hasVd(struct: StructDef, seen: Set<StructDef>): boolean {
  if (seen.has(struct)) return false;
  seen.add(struct);
  const visit = (type: ThriftType): boolean => {
    switch (type.kind) {
      case 'list':
      case 'set':
        return visit(type.element);
      case 'map':
        return visit(type.value);
      case 'struct':
        return hasVd(type.struct, seen);
      default:
        return false;
    }
  };
  return struct.fields.some(
    (field) => annotation(field.annotations, 'api.vd') !== undefined || visit(field.type),
  );
}
