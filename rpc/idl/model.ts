import type { Fault } from '../../common/errors.ts';

/** Where a thing stands in an IDL file. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Annotation {
  readonly name: string;
  readonly value: string;
  readonly at: Place;
}

export type BaseKind = 'bool' | 'byte' | 'i16' | 'i32' | 'i64' | 'double' | 'string' | 'binary' | 'uuid';

/** A type with typedefs resolved. Struct and enum definitions are shared, so recursive types are cycles of objects. */
export type ThriftType =
  | {
      readonly kind: BaseKind;
      readonly annotations: readonly Annotation[];
      /** Stands for a type whose name is not declared, so that what else is wrong can be found. No `Idl` has one. */
      readonly isUnknown?: true;
    }
  | { readonly kind: 'enum'; readonly enum: EnumDef; readonly annotations: readonly Annotation[] }
  | { readonly kind: 'struct'; readonly struct: StructDef; readonly annotations: readonly Annotation[] }
  | {
      readonly kind: 'list' | 'set';
      readonly element: ThriftType;
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly kind: 'map';
      readonly key: ThriftType;
      readonly value: ThriftType;
      readonly annotations: readonly Annotation[];
    };

/**
 * A constant or default, resolved: bool, number (i64 beyond 2^53: bigint), string, Buffer (binary), enum number, array
 * (list and set), array of pairs wrapped as `Map`, plain object (struct).
 */
export type ConstantValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly ConstantValue[]
  | ReadonlyMap<ConstantValue, ConstantValue>
  | { readonly [member: string]: ConstantValue };

export interface FieldDef {
  readonly id: number;
  readonly name: string;
  readonly type: ThriftType;
  readonly requiredness: 'required' | 'optional' | 'default';
  readonly defaultValue?: ConstantValue;
  readonly annotations: readonly Annotation[];
  readonly docs: string;
  readonly at: Place;
}

export interface StructDef {
  readonly name: string;
  /** `file.Name` for what comes from an include, `Name` in the IDL's own file. */
  readonly qualifiedName: string;
  readonly kind: 'struct' | 'union' | 'exception';
  /** In the order of the IDL. */
  readonly fields: readonly FieldDef[];
  readonly annotations: readonly Annotation[];
  readonly docs: string;
  readonly at: Place;
}

export interface EnumMemberDef {
  readonly name: string;
  readonly value: number;
  readonly annotations: readonly Annotation[];
  readonly at: Place;
}

/** Several members may have one value; the first of them is its name. */
export interface EnumDef {
  readonly name: string;
  readonly qualifiedName: string;
  readonly members: readonly EnumMemberDef[];
  readonly annotations: readonly Annotation[];
  readonly docs: string;
  readonly at: Place;
}

export interface ConstantDef {
  readonly name: string;
  readonly type: ThriftType;
  readonly value: ConstantValue;
  readonly at: Place;
}

export interface MethodDef {
  readonly name: string;
  readonly oneway: boolean;
  /** The arguments as the struct that travels. */
  readonly args: StructDef;
  /** null is `void`. */
  readonly result: ThriftType | null;
  /** Fields of struct type `exception`. */
  readonly throws: readonly FieldDef[];
  readonly annotations: readonly Annotation[];
  readonly docs: string;
  readonly at: Place;
}

export interface ServiceDef {
  readonly name: string;
  readonly extends: ServiceDef | null;
  /** Inherited methods first, in the order of the IDL. */
  readonly methods: readonly MethodDef[];
  readonly annotations: readonly Annotation[];
  readonly docs: string;
  readonly at: Place;
}

export interface Idl {
  /** Absolute path of the file that was loaded. */
  readonly file: string;
  /** That file and everything it includes. */
  readonly files: readonly string[];
  readonly structs: readonly StructDef[];
  readonly enums: readonly EnumDef[];
  readonly constants: readonly ConstantDef[];
  /** Services of the loaded file, and of its includes by qualified name. */
  readonly services: ReadonlyMap<string, ServiceDef>;
  /** What keeps nothing here from working: annotations without effect, and what other compilers refuse. */
  readonly warnings: readonly Fault[];
  /** Faults of `api.*` annotations, where the IDL was loaded in spite of them: no gateway serves it then. */
  readonly annotationFaults: readonly Fault[];
}

/** The name of each value that an enum has. */
export function namesOf(type: EnumDef): ReadonlyMap<number, string> {
  return new Map(type.members.toReversed().map((member) => [member.value, member.name]));
}

/** The value of an annotation, or undefined where it is absent. The last one wins. */
export function annotation(list: readonly Annotation[], name: string): string | undefined {
  for (let i = list.length - 1; i >= 0; i--) {
    if (list[i]!.name === name) return list[i]!.value;
  }
  return undefined;
}

/** Whether a type, or what it contains, is one that no one declared. */
export function isUnknown(type: ThriftType): boolean {
  switch (type.kind) {
    case 'list':
    case 'set':
      return isUnknown(type.element);
    case 'map':
      return isUnknown(type.key) || isUnknown(type.value);
    case 'enum':
    case 'struct':
      return false;
    default:
      return type.isUnknown === true;
  }
}

export function placeText(at: Place): string {
  return `${at.file}:${at.line}:${at.column}`;
}
