import { type Annotation, annotation, type FieldDef, type MethodDef, type ServiceDef } from '../idl/model.ts';
import { isMember } from '../json/leaf-options.ts';
import { answerPolicy } from './answer-policy.ts';
import { hostOfDomain } from './base-domain.ts';
import type { Escapes, HttpRoute, MethodBinding, ReplyBinding, Source, SourceKind } from './binding.ts';
import { splitHeader } from './header-text.ts';
import { pathParameters, routerPath, wildcardNames } from './path-pattern.ts';

export const verbs: Readonly<Record<string, string>> = {
  'api.get': 'GET',
  'api.post': 'POST',
  'api.put': 'PUT',
  'api.patch': 'PATCH',
  'api.delete': 'DELETE',
  'api.head': 'HEAD',
  'api.options': 'OPTIONS',
  'api.any': 'ANY',
};
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
  const sources = new SourceFinder(method, paths, routes);
  const status = annotation(method.annotations, 'api.http_code');
  const isRead = routes.every((route) => route.method === 'GET' || route.method === 'HEAD');
  return {
    method,
    routes,
    paths,
    isWrapped,
    fields: inner.map((field) => ({
      field,
      escapes: escapesOf(service, field),
      sources: sources.of(field),
    })),
    status: status !== undefined ? Number(status) : method.oneway ? 202 : method.result === null ? 204 : 200,
    weakEtag: annotation(method.annotations, 'api.etag') === 'weak',
    takesRanges: annotation(method.annotations, 'api.range') === 'bytes',
    fixedHeaders: method.annotations
      .filter((one) => one.name === 'api.set_header')
      .flatMap((one) => splitHeader(one.value) ?? []),
    isIdempotent: isIdempotentMethod(method, isRead),
    isStream: annotation(method.annotations, 'api.stream') !== undefined,
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
  if (said === 'strict') return 'strict';
  return expressVersion(service) === 4 ? 'qs' : 'lenient';
}

export function isIdempotentMethod(method: MethodDef, isRead: boolean): boolean {
  const said = annotation(method.annotations, 'api.idempotent');
  return said === undefined ? isRead : said !== 'false';
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

/** Where the fields of one method are. */
class SourceFinder {
  readonly #parameters: ReadonlySet<string>;
  readonly #wildcards: ReadonlySet<string>;
  /** Where JSON members and unannotated fields of a body are. */
  readonly #bodyKind: 'body' | 'form';
  readonly #byQuery: boolean;
  readonly #byBody: boolean;

  constructor(method: MethodDef, paths: readonly string[], routes: readonly HttpRoute[]) {
    this.#parameters = new Set(paths.flatMap(pathParameters));
    this.#wildcards = new Set(paths.flatMap(wildcardNames));
    this.#bodyKind = annotation(method.annotations, 'api.serializer') === 'form' ? 'form' : 'body';
    this.#byQuery = routes.some((route) => queryVerbs.has(route.method));
    this.#byBody = routes.some((route) => !queryVerbs.has(route.method));
  }

  of(field: FieldDef): Source[] {
    if (annotation(field.annotations, 'api.none') !== undefined) return [];
    const sources = field.annotations.flatMap((one) => this.#source(field, one));
    if (sources.length > 0) return sources;
    const { name } = field;
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
    const name = one.value === '' ? field.name : one.value;
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
        .map((one) => ({ field, name: one.value === '' ? field.name : one.value })),
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
