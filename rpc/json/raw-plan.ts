import type { Annotation, StructDef, ThriftType } from '../idl/model.ts';
import { type JsonStyle, memberOf } from './json-style.ts';
import { inheritedOptions, isMember, type LeafOptions, leafOptions } from './leaf-options.ts';
import { isMemberName } from './map-key-from-text.ts';
import type { RawPlan } from './parsed-json.ts';

const rawValue: RawPlan = { isRaw: true, members: null, each: null, pair: null };

/** Where a JSON value of a type has texts that pass as they are (`api.raw_json`); null where it has none. */
export function rawPlan(type: ThriftType, options: LeafOptions, style: JsonStyle): RawPlan | null {
  return new RawPlanner(style).type(type, options);
}

/** The plan of an object of these members; null where none has texts. */
export function rawPlanOfMembers(members: Iterable<readonly [string, RawPlan | null]>): RawPlan | null {
  const raw = [...members].filter((one): one is [string, RawPlan] => one[1] !== null);
  return raw.length === 0 ? null : { isRaw: false, members: new Map(raw), each: null, pair: null };
}

class RawPlanner {
  /** A struct that has itself inside is its own plan. */
  readonly #structs = new Map<StructDef, RawPlan | null>();
  readonly #style: JsonStyle;

  constructor(style: JsonStyle) {
    this.#style = style;
  }

  type(type: ThriftType, options: LeafOptions): RawPlan | null {
    switch (type.kind) {
      case 'string':
        return options.rawJson ? rawValue : null;
      case 'list':
      case 'set': {
        const each = this.#inside(type.element, options);
        return each === null ? null : { isRaw: false, members: null, each, pair: null };
      }
      case 'map': {
        const value = this.#inside(type.value, options);
        if (isMemberName(type.key)) {
          return value === null ? null : { isRaw: false, members: null, each: value, pair: null };
        }
        const key = this.#inside(type.key, options);
        if (key === null && value === null) return null;
        const each: RawPlan = { isRaw: false, members: null, each: null, pair: [key, value] };
        return { isRaw: false, members: null, each, pair: null };
      }
      case 'struct':
        return this.#struct(type.struct);
      default:
        return null;
    }
  }

  #inside(type: ThriftType, around: LeafOptions): RawPlan | null {
    return this.type(type, inheritedOptions(around, type.annotations));
  }

  #struct(struct: StructDef): RawPlan | null {
    const known = this.#structs.get(struct);
    if (known !== undefined) return known;
    if (!hasRaw(struct, new Set())) {
      this.#structs.set(struct, null);
      return null;
    }
    const members = new Map<string, RawPlan>();
    const plan: RawPlan = { isRaw: false, members, each: null, pair: null };
    this.#structs.set(struct, plan);
    for (const field of struct.fields) {
      const { type, annotations } = field;
      if (!isMember(annotations)) continue;
      const inner = this.type(type, leafOptions([...type.annotations, ...annotations]));
      if (inner !== null) members.set(memberOf(field, this.#style), inner);
    }
    return plan;
  }
}

function hasRaw(struct: StructDef, seen: Set<StructDef>): boolean {
  if (seen.has(struct)) return false;
  seen.add(struct);
  const visit = (type: ThriftType): boolean => {
    if (isRawText(type.annotations)) return true;
    switch (type.kind) {
      case 'list':
      case 'set':
        return visit(type.element);
      case 'map':
        return visit(type.key) || visit(type.value);
      case 'struct':
        return hasRaw(type.struct, seen);
      default:
        return false;
    }
  };
  return struct.fields.some(({ type, annotations }) => isRawText(annotations) || visit(type));
}

function isRawText(annotations: readonly Annotation[]): boolean {
  return annotations.some(({ name }) => name === 'api.raw_json');
}
