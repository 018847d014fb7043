import type { Annotation, BaseKind, Place } from './model.ts';

/** What an IDL file says, before any name in it is looked up. Whole numbers are bigints: their digits must all arrive. */
export type StatementSyntax =
  | IncludeSyntax
  | ConstSyntax
  | TypedefSyntax
  | EnumSyntax
  | StructSyntax
  | ServiceSyntax;

/** A statement that gives something a name. */
export type DefinitionSyntax = Exclude<StatementSyntax, IncludeSyntax>;

export interface NameSyntax {
  readonly text: string;
  readonly at: Place;
}

export interface IncludeSyntax {
  readonly kind: 'include';
  readonly path: string;
  readonly at: Place;
}

export interface ConstSyntax {
  readonly kind: 'const';
  readonly name: NameSyntax;
  readonly type: TypeSyntax;
  readonly value: ValueSyntax;
}

export interface TypedefSyntax {
  readonly kind: 'typedef';
  readonly name: NameSyntax;
  readonly type: TypeSyntax;
  readonly annotations: readonly Annotation[];
}

export interface EnumSyntax {
  readonly kind: 'enum';
  readonly name: NameSyntax;
  readonly members: readonly EnumMemberSyntax[];
  readonly annotations: readonly Annotation[];
  readonly docs: string;
}

export interface EnumMemberSyntax {
  readonly name: NameSyntax;
  /** null: one more than the member before it. */
  readonly value: bigint | null;
  readonly annotations: readonly Annotation[];
}

export interface StructSyntax {
  readonly kind: 'struct' | 'union' | 'exception';
  readonly name: NameSyntax;
  readonly fields: readonly FieldSyntax[];
  readonly annotations: readonly Annotation[];
  readonly docs: string;
}

export interface FieldSyntax {
  /** Where the field begins: at its id, if it has one. */
  readonly at: Place;
  readonly id: bigint | null;
  readonly requiredness: 'required' | 'optional' | null;
  readonly type: TypeSyntax;
  readonly name: string;
  /** The default. */
  readonly value: ValueSyntax | null;
  readonly annotations: readonly Annotation[];
  readonly docs: string;
}

export interface ServiceSyntax {
  readonly kind: 'service';
  readonly name: NameSyntax;
  readonly parent: NameSyntax | null;
  readonly methods: readonly MethodSyntax[];
  readonly annotations: readonly Annotation[];
  readonly docs: string;
}

export interface MethodSyntax {
  readonly name: NameSyntax;
  readonly oneway: boolean;
  /** null is `void`. */
  readonly result: TypeSyntax | null;
  readonly args: readonly FieldSyntax[];
  readonly throws: readonly FieldSyntax[];
  readonly annotations: readonly Annotation[];
  readonly docs: string;
}

export type TypeSyntax = {
  readonly at: Place;
  readonly annotations: readonly Annotation[];
} & (
  | { readonly kind: BaseKind }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'list' | 'set'; readonly element: TypeSyntax }
  | { readonly kind: 'map'; readonly key: TypeSyntax; readonly value: TypeSyntax }
);

export type ValueSyntax = { readonly at: Place } & (
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly elements: readonly ValueSyntax[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: ValueSyntax, value: ValueSyntax])[] }
);
