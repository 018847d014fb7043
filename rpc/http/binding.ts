import type { FieldDef, MethodDef, StructDef } from '../idl/model.ts';
import type { JsonStyle } from '../json/json-style.ts';
import type { AnswerPolicy } from './answer-policy.ts';
import type { BodyShape } from './body-shape.ts';
import type { UploadLimits } from './upload-limits.ts';
import type { UploadPlan } from './upload-plan.ts';

export type SourceKind =
  | 'path'
  | 'query'
  | 'header'
  | 'cookie'
  | 'form'
  | 'file'
  | 'body'
  | 'wholeBody'
  | 'rawBody'
  | 'nulls'
  | 'cursor'
  | 'piece'
  | 'last'
  | 'fileHead'
  | 'context';

export interface Source {
  readonly kind: SourceKind;
  readonly name: string;
  /** Only for requests whose method says where unannotated fields are; absent: for all. */
  readonly of?: 'query methods' | 'body methods';
  /** A path parameter that some route has as its wildcard. */
  readonly isWildcard?: true;
}

/**
 * What becomes of percent signs in a query or form that encode nothing: `lenient` leaves them, as Node's parser does, which is
 * Express 5's; `qs` takes the whole text as it is, as Express 4's does; `strict` refuses it.
 */
export type Escapes = 'lenient' | 'qs' | 'strict';

export interface BoundField {
  readonly field: FieldDef;
  readonly escapes: Escapes;
  /** Tried left to right; empty: not part of HTTP. */
  readonly sources: readonly Source[];
}

/** A struct whose fields are bound as if they stood in its place (`api.no_body_struct`). It is always sent. */
export interface SpreadStruct {
  readonly field: FieldDef;
  readonly spread: readonly BoundField[];
}

export interface HttpRoute {
  /** Upper case. */
  readonly method: string;
  /** Pattern as Express 5 writes it, `/api/products/:id`. */
  readonly path: string;
  /** How it is read, where not as Express 5 does by default. */
  readonly matching?: { readonly express?: 4; readonly slash?: 'strict' };
  readonly rpcMethod: string;
  readonly access: 'read' | 'write';
  /** The only host it matches (`api.base_domain`). */
  readonly host?: string;
}

export interface ReplyBinding {
  /** The struct whose fields are bound, or null where the value itself is the body. */
  readonly struct: StructDef | null;
  readonly members: readonly FieldDef[];
  readonly wholeBody: FieldDef | null;
  readonly rawBody: FieldDef | null;
  readonly headers: readonly { readonly field: FieldDef; readonly name: string }[];
  readonly cookies: readonly { readonly field: FieldDef; readonly name: string }[];
  readonly status: FieldDef | null;
  /** What the next piece of a stream is asked by. */
  readonly next: FieldDef | null;
}

export interface ThrowBinding {
  /** Field of the reply's result struct. */
  readonly field: FieldDef;
  readonly struct: StructDef;
  readonly status: number;
  readonly reply: ReplyBinding;
}

/** One Thrift method as HTTP. */
export interface MethodBinding {
  readonly method: MethodDef;
  readonly routes: readonly HttpRoute[];
  /** The paths as annotated, with their group. */
  readonly paths: readonly string[];
  /** True: the fields are those of the one struct argument; false: they are the arguments. */
  readonly isWrapped: boolean;
  readonly fields: readonly BoundField[];
  /** The same as they are sent: those of spread structs within them. */
  readonly layout: readonly (BoundField | SpreadStruct)[];
  readonly status: number;
  readonly weakEtag: boolean;
  /** Parts of its body are answered to those who ask for them (`api.range`). */
  readonly takesRanges: boolean;
  /** Flat list of names and values. */
  readonly fixedHeaders: readonly string[];
  /** Forms may be `multipart/form-data`: it has files, or its serializer says so. */
  readonly takesMultipart: boolean;
  readonly uploadLimits: UploadLimits;
  /** The body comes in pieces, a call for each (`api.upload`); null: whole. */
  readonly upload: UploadPlan | null;
  /** The body comes in pieces, a call for each (`api.stream`). */
  readonly isStream: boolean;
  readonly style: JsonStyle;
  /** What becomes of its JSON bodies before they are sent; null: nothing. */
  readonly shape: BodyShape | null;
  /** What holds for all its answers; null: nothing does. */
  readonly answer: AnswerPolicy | null;
  readonly reply: ReplyBinding | null;
  readonly throws: readonly ThrowBinding[];
}
