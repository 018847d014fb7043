import { type Annotation, annotation, type FieldDef, type MethodDef, type ServiceDef } from '../idl/model.ts';
import { verbs } from '../idl/verbs.ts';
import { type JsonStyle, jsonStyle } from '../json/json-style.ts';
import { isMember } from '../json/leaf-options.ts';
import type { NameCase } from '../json/name-case.ts';
import { answerPolicy } from './answer-policy.ts';
import { hostOfDomain } from './base-domain.ts';
import type {
  BoundField,
  Escapes,
  HttpRoute,
  MethodBinding,
  ReplyBinding,
  Source,
  SourceKind,
  SpreadStruct,
} from './binding.ts';
import { bodyShape } from './body-shape.ts';
import { splitHeader } from './header-text.ts';
import { pathParameters, routerPath, wildcardNames } from './path-pattern.ts';
import { uploadLimits } from './upload-limits.ts';
import { uploadPlan } from './upload-plan.ts';

const everyVerb = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const readVerbs = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Methods whose unannotated fields are in the query. */
export const queryVerbs: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

const sourceKinds: Readonly<Record<string, SourceKind>> = {
  'api.path': 'path',
  'api.query': 'query',
  'api.header': 'header',
  'api.cookie': 'cookie',
  'api.form': 'form',
  'api.file_name': 'file',
  'api.file': 'fileHead',
  'api.piece': 'piece',
  'api.last': 'last',
  'api.body': 'body',
  'api.raw_body': 'rawBody',
  'api.raw_uri': 'context',
  'api.nulls': 'nulls',
  'api.context': 'context',
  'api.cursor': 'cursor',
};

/** What the annotations make of a method; null if it has no HTTP route. Faults are found by `checkBindings`, not here. */
export function bindMethod(service: ServiceDef, method: MethodDef): MethodBinding | null {
  const routes = routesOf(service, method);
  if (routes.length === 0) return null;
  const only = method.args.fields.length === 1 ? method.args.fields[0]! : null;
  const isWrapped =
    only !== null && only.type.kind === 'struct' && !only.annotations.some((one) => isSource(one.name));
  const inner = isWrapped && only.type.kind === 'struct' ? only.type.struct.fields : method.args.fields;
  const paths = annotatedPaths(service, method).map(([, path]) => path);
  const style = jsonStyle(service.annotations);
  const sources = new SourceFinder(method, paths, routes, style);
  const bind = (field: FieldDef): BoundField => ({
    field,
    escapes: escapesOf(service, field),
    sources: sources.of(field),
  });
  const layout = inner.map((field): BoundField | SpreadStruct =>
    field.type.kind === 'struct' && annotation(field.annotations, 'api.no_body_struct') !== undefined
      ? { field, spread: field.type.struct.fields.map(bind) }
      : bind(field),
  );
  const fields = layout.flatMap((one) => ('spread' in one ? one.spread : one));
  const takesMultipart =
    annotation(method.annotations, 'api.serializer') === 'multipart' ||
    fields.some((one) => one.sources.some(({ kind }) => kind === 'file' || kind === 'fileHead'));
  const status = annotation(method.annotations, 'api.http_code');
  const shape = bodyShape(service, method);
  const isEmpty = method.result === null && shape?.envelope == null;
  return {
    method,
    routes,
    paths,
    isWrapped,
    fields,
    layout,
    takesMultipart,
    upload: uploadPlan(service, method, takesMultipart),
    uploadLimits: uploadLimits([...service.annotations, ...method.annotations]),
    status: status !== undefined ? Number(status) : method.oneway ? 202 : isEmpty ? 204 : 200,
    weakEtag: annotation([...service.annotations, ...method.annotations], 'api.etag') === 'weak',
    takesRanges: annotation(method.annotations, 'api.range') === 'bytes',
    fixedHeaders: method.annotations
      .filter((one) => one.name === 'api.set_header')
      .flatMap((one) => splitHeader(one.value) ?? []),
    isStream: annotation(method.annotations, 'api.stream') !== undefined,
    style,
    shape,
    answer: answerPolicy(service, method),
    reply: method.result === null ? null : bindReply(method.result.kind === 'struct' ? method.result : null),
    throws: method.throws.flatMap((field) => {
      if (field.type.kind !== 'struct') return [];
      const code =
        annotation(field.annotations, 'api.http_code') ??
        annotation(field.type.struct.annotations, 'api.http_code');
      return [
        { field, struct: field.type.struct, status: Number(code ?? 500), reply: bindReply(field.type) },
      ];
    }),
  };
}

/** The version of Express whose ways the service's routes have, where versions differ. */
export function expressVersion(service: ServiceDef): 4 | 5 {
  return annotation(service.annotations, 'api.express') === '4' ? 4 : 5;
}

function escapesOf(service: ServiceDef, field: FieldDef): Escapes {
  const said = annotation(field.annotations, 'api.escapes') ?? annotation(service.annotations, 'api.escapes');
  if (said === 'strict' || said === 'qs') return said;
  // Whoever takes parameters apart does it by qs, in every version of Express.
  if (said === undefined && annotation(field.annotations, 'api.nested') !== undefined) return 'qs';
  return expressVersion(service) === 4 ? 'qs' : 'lenient';
}

export function isSource(name: string): boolean {
  return name === 'api.none' || sourceKinds[name] !== undefined;
}

/** Verb and path of each route, as annotated. */
export function annotatedPaths(service: ServiceDef, method: MethodDef): [verb: string, path: string][] {
  const group =
    annotation(method.annotations, 'api.group') ?? annotation(service.annotations, 'api.group') ?? '';
  return method.annotations.flatMap((one): [string, string][] => {
    const verb = verbs[one.name];
    return verb === undefined ? [] : [[verb, group + one.value]];
  });
}

function routesOf(service: ServiceDef, method: MethodDef): HttpRoute[] {
  const domain = annotation(service.annotations, 'api.base_domain');
  const host = domain === undefined ? null : hostOfDomain(domain);
  const said = annotation(method.annotations, 'api.access');
  const express = expressVersion(service);
  const slash =
    annotation(method.annotations, 'api.slash') ?? annotation(service.annotations, 'api.slash') ?? 'loose';
  const matching: HttpRoute['matching'] = {
    ...(express === 4 ? { express } : {}),
    ...(slash === 'strict' ? { slash } : {}),
  };
  const routes: HttpRoute[] = [];
  const add = (verb: string, path: string): void => {
    if (routes.some((route) => route.method === verb && route.path === path)) return;
    const access = said === 'read' || said === 'write' ? said : readVerbs.has(verb) ? 'read' : 'write';
    routes.push({
      method: verb,
      path,
      rpcMethod: method.name,
      access,
      ...(host === null ? {} : { host }),
      ...(express === 5 && slash !== 'strict' ? {} : { matching }),
    });
  };
  for (const [verb, path] of annotatedPaths(service, method)) {
    for (const each of verb === 'ANY' ? everyVerb : [verb]) add(each, routerPath(path, express));
  }
  return routes;
}

/** Headers and cookies have cases of their own. */
function isCased(kind: SourceKind): boolean {
  return kind === 'path' || kind === 'query' || kind === 'form' || kind === 'file' || kind === 'body';
}

/** Where the fields of one method are. */
class SourceFinder {
  readonly #parameters: ReadonlySet<string>;
  readonly #wildcards: ReadonlySet<string>;
  /** Where JSON members and unannotated fields of a body are. */
  readonly #bodyKind: 'body' | 'form';
  readonly #byQuery: boolean;
  readonly #nameCase: NameCase;
  readonly #byBody: boolean;

  constructor(
    method: MethodDef,
    paths: readonly string[],
    routes: readonly HttpRoute[],
    { nameCase }: JsonStyle,
  ) {
    this.#nameCase = nameCase;
    this.#parameters = new Set(paths.flatMap(pathParameters));
    this.#wildcards = new Set(paths.flatMap(wildcardNames));
    this.#bodyKind = ['form', 'multipart'].includes(annotation(method.annotations, 'api.serializer') ?? '')
      ? 'form'
      : 'body';
    this.#byQuery = routes.some((route) => queryVerbs.has(route.method));
    this.#byBody = routes.some((route) => !queryVerbs.has(route.method));
  }

  of(field: FieldDef): Source[] {
    if (annotation(field.annotations, 'api.none') !== undefined) return [];
    const sources = field.annotations.flatMap((one) => this.#source(field, one));
    if (sources.length > 0) return sources;
    const name = annotation(field.annotations, 'api.key') ?? this.#nameCase(field.name);
    if (this.#parameters.has(name)) return [this.#path(name)];
    const query: Source = { kind: 'query', name };
    const body: Source = { kind: this.#bodyKind, name };
    if (!this.#byBody) return [query];
    if (!this.#byQuery) return [body];
    return [
      { ...query, of: 'query methods' },
      { ...body, of: 'body methods' },
    ];
  }

  #source(field: FieldDef, one: Annotation): Source[] {
    const kind = sourceKinds[one.name];
    if (kind === undefined) return [];
    if (one.name === 'api.raw_uri') return [{ kind, name: 'target' }];
    if (kind === 'body' && one.value === '*') return [{ kind: 'wholeBody', name: '' }];
    const own = annotation(field.annotations, 'api.key');
    const unnamed = own ?? (isCased(kind) ? this.#nameCase(field.name) : field.name);
    const name = one.value === '' ? unnamed : one.value;
    if (kind === 'path') return [this.#path(name)];
    if (kind === 'body') return [{ kind: this.#bodyKind, name }];
    return [{ kind, name: kind === 'header' ? name.toLowerCase() : name }];
  }

  #path(name: string): Source {
    return { kind: 'path', name, ...(this.#wildcards.has(name) ? { isWildcard: true as const } : {}) };
  }
}

function bindReply(
  type: { readonly struct: MethodBinding['throws'][number]['struct'] } | null,
): ReplyBinding {
  if (type === null) {
    return {
      struct: null,
      members: [],
      wholeBody: null,
      rawBody: null,
      headers: [],
      cookies: [],
      status: null,
      next: null,
    };
  }
  const { fields } = type.struct;
  const carrying = (name: string): FieldDef[] =>
    fields.filter((field) => annotation(field.annotations, name) !== undefined);
  const named = (name: string): { field: FieldDef; name: string }[] =>
    fields.flatMap((field) =>
      field.annotations
        .filter((one) => one.name === name)
        .map((one) => ({
          field,
          name: one.value || (annotation(field.annotations, 'api.key') ?? field.name),
        })),
    );
  const wholeBody = fields.find((field) => annotation(field.annotations, 'api.body') === '*') ?? null;
  return {
    struct: type.struct,
    members: wholeBody === null ? fields.filter((field) => isMember(field.annotations)) : [],
    wholeBody,
    rawBody: carrying('api.raw_body')[0] ?? null,
    headers: named('api.header'),
    cookies: named('api.cookie'),
    status: carrying('api.http_code')[0] ?? null,
    next: carrying('api.next')[0] ?? null,
  };
}
