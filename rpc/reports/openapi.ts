import { serverOfDomain } from '../http/base-domain.ts';
import { bindMethod, queryVerbs } from '../http/bind-method.ts';
import type { BoundField, HttpRoute, MethodBinding, ReplyBinding, Source } from '../http/binding.ts';
import type { Envelope } from '../http/body-shape.ts';
import { httpRoutes } from '../http/http-routes.ts';
import { httpService } from '../http/http-service.ts';
import { nestedStructs } from '../http/nested-structs.ts';
import { routerPath, templateName, templatePaths, wildcardNames } from '../http/path-pattern.ts';
import { annotation, type Idl, type ServiceDef, type ThriftType } from '../idl/model.ts';
import { codeStatuses } from '../json/code-status.ts';
import { jsonStyle, memberOf } from '../json/json-style.ts';
import { enveloped } from './envelope-schema.ts';
import { errorContent } from './error-schema.ts';
import { type Schema, Schemas } from './json-schema.ts';

export interface OpenApiOptions {
  /** Default: the service's name. */
  readonly title?: string;
  /** Default `1.0.0`. */
  readonly version?: string;
}

/**
 * The service's HTTP side as an OpenAPI 3.1 document.
 *
 * @throws BanyanError `BANYAN_IDL_NO_SERVICE`
 */
export function openApiDocument(idl: Idl, service: string, options: OpenApiOptions = {}): Schema {
  const found = httpService(idl, service);
  const schemas = new Schemas(jsonStyle(found.annotations));
  const paths = new Paths(found, schemas);
  // A wildcard's template is that of a parameter, which is the better match and so comes first.
  const routes = httpRoutes(idl, service);
  for (const route of routes) if (wildcardNames(route.path).length === 0) paths.add(route);
  for (const route of routes) if (wildcardNames(route.path).length > 0) paths.add(route);
  const domain = annotation(found.annotations, 'api.base_domain');
  const server = domain === undefined ? null : serverOfDomain(domain);
  return {
    openapi: '3.1.0',
    info: {
      title: options.title ?? service,
      version: options.version ?? '1.0.0',
      ...(found.docs === '' ? {} : { description: found.docs }),
    },
    ...(server === null ? {} : { servers: [{ url: server }] }),
    paths: paths.items,
    components: { schemas: schemas.components },
    ...(paths.leftOut.length === 0 ? {} : { 'x-banyan-left-out': paths.leftOut }),
  };
}

/** One template stands for all patterns that match alike, whatever each calls its parameters: OpenAPI takes no second one. */
interface Template {
  readonly path: string;
  readonly parameters: readonly string[];
}

class Paths {
  readonly items: Record<string, Record<string, Schema>> = {};
  /** Wildcard routes beside a parameter's: OpenAPI has one template for both. */
  readonly leftOut: string[] = [];
  readonly #bindings: ReadonlyMap<string, MethodBinding>;
  readonly #schemas: Schemas;
  /** Content of the gateway's own errors. */
  readonly #error: Schema;
  readonly #templates = new Map<string, Template>();
  readonly #operationIds = new Set<string>();

  constructor(service: ServiceDef, schemas: Schemas) {
    this.#schemas = schemas;
    this.#error = errorContent(service);
    this.#bindings = new Map(
      service.methods.flatMap((method) => {
        const binding = bindMethod(service, method);
        return binding === null ? [] : [[method.name, binding] as const];
      }),
    );
  }

  add(route: HttpRoute): void {
    const binding = this.#bindings.get(route.rpcMethod);
    if (binding === undefined) return;
    const express = route.matching?.express ?? 5;
    const annotated = binding.paths.find((path) => routerPath(path, express) === route.path) ?? route.path;
    for (const path of templatePaths(annotated)) this.#add(binding, route, annotated, path);
  }

  #add(binding: MethodBinding, route: HttpRoute, annotated: string, path: string): void {
    const own = [...path.matchAll(/\{([^}]+)\}/g)].map((found) => found[1]!);
    const key = path.replace(/\{[^}]+\}/g, ':').toLowerCase();
    const template = this.#templates.get(key) ?? { path, parameters: own };
    this.#templates.set(key, template);
    this.items[template.path] ??= {};
    if (this.items[template.path]![route.method.toLowerCase()] !== undefined) {
      this.leftOut.push(`${route.method} ${annotated} ${route.rpcMethod}`);
      return;
    }
    this.items[template.path]![route.method.toLowerCase()] = {
      operationId: this.#operationId(binding, route),
      ...operation(binding, route, this.#schemas, this.#error, (name) => {
        const at = own.indexOf(templateName(name));
        return at === -1 ? null : template.parameters[at]!;
      }),
    };
  }

  #operationId(binding: MethodBinding, { method }: HttpRoute): string {
    const isImplied = method === 'HEAD' && !binding.routes.some((route) => route.method === 'HEAD');
    const name = isImplied ? `${binding.method.name}_head` : binding.method.name;
    let id = name;
    for (let i = 2; this.#operationIds.has(id); i++) id = `${name}_${i}`;
    this.#operationIds.add(id);
    return id;
  }
}

/** @param named what the template calls a path parameter; null where this route has none of that name. */
function operation(
  binding: MethodBinding,
  route: HttpRoute,
  schemas: Schemas,
  error: Schema,
  named: (parameter: string) => string | null,
): Schema {
  const { method } = binding;
  const isHead = route.method === 'HEAD';
  const fields = binding.fields.map((one) => ({
    ...one,
    sources: one.sources.filter(
      ({ of }) => of === undefined || (of === 'query methods') === queryVerbs.has(route.method),
    ),
  }));
  const requestBody = limited(bodyOf(fields, schemas, binding.takesMultipart), binding);
  const parameters = fields.flatMap((one) => parametersOf(one, schemas, named));
  const responses: Record<string, Schema> = {};
  const { shape } = binding;
  const normal = response('The reply', binding.reply, method.result, schemas, isHead, shape?.envelope);
  const tagged = binding.weakEtag ? withEtag(normal) : normal;
  responses[String(binding.status)] = binding.isStream && !isHead ? streamed(tagged) : tagged;
  for (const thrown of binding.throws) {
    const { struct, reply } = thrown;
    const made = response(struct.name, reply, thrown.field.type, schemas, isHead, shape?.errorEnvelope);
    for (const status of statusesOf(thrown)) {
      const key = String(status);
      const known = responses[key];
      // Several exceptions may share a status: the description names all, the schema offers each.
      responses[key] = known === undefined ? made : merged(known, made);
    }
  }
  if (binding.takesRanges && route.method === 'GET') {
    responses['206'] ??= { ...normal, description: 'The part that Range asks for' };
    responses['416'] ??= { description: 'The body has no such part' };
  }
  if (binding.weakEtag && (isHead || route.method === 'GET')) {
    responses['304'] ??= { description: 'If-None-Match names what the reply would be' };
  }
  responses.default = { description: 'An error of the gateway', ...(isHead ? {} : error) };
  addHeaders(responses, binding);
  return {
    ...(method.docs === '' ? {} : { description: method.docs }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody === null ? {} : { requestBody }),
    responses,
  };
}

/** Its own status, and those that its codes stand for, wherever in it they are. */
function statusesOf({ status, struct, field }: MethodBinding['throws'][number]): Set<number> {
  const structs = [struct, ...nestedStructs([field.type])];
  const coded = structs.flatMap(({ fields }) =>
    fields.flatMap(({ annotations }) => [...codeStatuses(annotations).values()]),
  );
  return new Set([status, ...coded]);
}

/** Headers that every answer has. */
function addHeaders(responses: Record<string, Schema>, { answer }: MethodBinding): void {
  if (answer === null) return;
  const names = answer.always.filter((_, i) => i % 2 === 0);
  if (answer.cors !== null) names.push('Access-Control-Allow-Origin');
  if (answer.compressFrom !== null) names.push('Content-Encoding');
  if (names.length === 0) return;
  const more = Object.fromEntries(names.map((name) => [name, { schema: { type: 'string' } }]));
  for (const [status, response] of Object.entries(responses)) {
    responses[status] = { ...response, headers: { ...more, ...(response.headers as Schema | undefined) } };
  }
}

/** The body comes in pieces, of a type that only the service knows. */
function streamed(response: Schema): Schema {
  return {
    ...response,
    description: 'The reply, piece by piece: it has no Content-Length, and breaks off where a piece fails',
    'x-banyan-stream': true,
  };
}

function withEtag(response: Schema): Schema {
  const headers = { ETag: { schema: { type: 'string' } }, ...(response.headers as Schema | undefined) };
  return { ...response, headers };
}

/** OpenAPI says by other means than a parameter what these headers hold, and has parsers leave them out. */
const foreignHeaders = new Set(['accept', 'content-type', 'authorization']);

function parametersOf(
  one: BoundField,
  schemas: Schemas,
  named: (parameter: string) => string | null,
): Schema[] {
  // Of a field's several sources none is required: each may be left out for another.
  const isOnly = one.sources.filter(({ kind, name }) => kind !== 'path' || named(name) !== null).length === 1;
  const isRequired = isOnly && one.field.requiredness === 'required' && one.field.defaultValue === undefined;
  const schema = schemas.field(one.field);
  const { kind } = one.field.type;
  const byComma = annotation(one.field.annotations, 'api.list') === 'comma';
  const isNested = annotation(one.field.annotations, 'api.nested') !== undefined;
  // Anything but scalars and lists of them is JSON text, if it does not come in parts.
  const shape = isNested
    ? { style: 'deepObject', explode: true, schema }
    : isText(one.field.type)
      ? { ...((kind === 'list' || kind === 'set') && byComma ? { explode: false } : {}), schema }
      : { content: { 'application/json': { schema } } };
  return one.sources.flatMap((source: Source): Schema[] => {
    const { name } = source;
    switch (source.kind) {
      case 'path': {
        const inTemplate = named(name);
        return inTemplate === null ? [] : [{ name: inTemplate, in: 'path', required: true, ...shape }];
      }
      case 'header':
        return foreignHeaders.has(name) ? [] : [{ name, in: 'header', required: isRequired, ...shape }];
      case 'query':
        if (name === '*') {
          const all = { name: one.field.name, in: 'query', required: isRequired };
          return [{ ...all, style: isNested ? 'deepObject' : 'form', explode: true, schema }];
        }
        return [{ name, in: 'query', required: isRequired, ...shape }];
      case 'cookie':
        return [{ name, in: source.kind, required: isRequired, ...shape }];
      default:
        return [];
    }
  });
}

function isText(type: ThriftType): boolean {
  const inner = type.kind === 'list' || type.kind === 'set' ? type.element : type;
  return !['list', 'set', 'map', 'struct'].includes(inner.kind);
}

const formType = 'application/x-www-form-urlencoded';

/** The texts of a form, and files beside them. */
function multipartSchema(files: readonly BoundField[], form: Schema | undefined): Schema {
  const file: Schema = { type: 'string', contentMediaType: 'application/octet-stream' };
  const texts = (form?.schema ?? { type: 'object' }) as Schema;
  const named = files.map(({ field, sources }) => {
    const { name } = sources.find(({ kind }) => kind === 'file')!;
    return [name, field.type.kind === 'list' ? { type: 'array', items: file } : file] as const;
  });
  const required = files.filter(({ field }) => field.requiredness === 'required');
  const names = required.map(({ sources }) => sources.find(({ kind }) => kind === 'file')!.name);
  const all = [...((texts.required as string[] | undefined) ?? []), ...names];
  if (named.length === 0) return texts;
  return {
    ...texts,
    properties: { ...(texts.properties as Schema | undefined), ...Object.fromEntries(named) },
    ...(all.length === 0 ? {} : { required: all }),
  };
}

function bodyOf(bound: readonly BoundField[], schemas: Schemas, takesMultipart: boolean): Schema | null {
  const from = (kind: string): BoundField[] =>
    bound.filter((one) => one.sources.some((source) => source.kind === kind));
  const whole = from('wholeBody')[0];
  if (whole !== undefined) return json(schemas.field(whole.field));
  const raw = from('rawBody')[0] ?? (takesMultipart ? undefined : from('piece')[0]);
  if (raw !== undefined) {
    const type = raw.field.type.kind === 'string' ? 'text/plain' : 'application/octet-stream';
    return { content: { [type]: { schema: {} } } };
  }
  const content: Record<string, Schema> = {};
  for (const [kind, type] of [
    ['body', 'application/json'],
    ['form', formType],
  ] as const) {
    const fields = from(kind);
    if (fields.length === 0) continue;
    const names = new Map(
      fields.map((one) => [one.field, one.sources.find((source) => source.kind === kind)!.name]),
    );
    const all = fields.find((one) => names.get(one.field) === '*');
    content[type] = {
      schema:
        all !== undefined
          ? schemas.field(all.field)
          : schemas.object(
              fields.map((one) => one.field),
              (field) => names.get(field)!,
              (field) => fields.find((one) => one.field === field)!.sources.length === 1,
            ),
    };
  }
  if (takesMultipart) {
    content['multipart/form-data'] = { schema: multipartSchema(from('file'), content[formType]) };
    if (from('piece').length > 0) delete content[formType];
    // Forms with files are multipart or nothing.
    if (from('file').some(({ field }) => field.requiredness === 'required')) delete content[formType];
  }
  return Object.keys(content).length === 0 ? null : { content };
}

/** What is taken of forms with files, and of bodies that come to the service in pieces. */
function limited(
  body: Schema | null,
  { takesMultipart, uploadLimits, upload }: MethodBinding,
): Schema | null {
  if (body === null || (!takesMultipart && upload === null)) return body;
  const { files, fileBytes, fields, fieldBytes } = upload?.limits ?? uploadLimits;
  const ofForm = { files, ...(Number.isFinite(fileBytes) ? { fileBytes } : {}), fields, fieldBytes };
  return {
    ...body,
    ...(upload === null ? {} : { 'x-banyan-upload': true }),
    'x-banyan-limits': {
      ...(upload === null ? {} : { bytes: upload.maxBytes }),
      ...(takesMultipart ? ofForm : {}),
    },
  };
}

function response(
  description: string,
  reply: ReplyBinding | null,
  type: ThriftType | null,
  schemas: Schemas,
  isHead: boolean,
  envelope: Envelope | null | undefined,
): Schema {
  const headers = Object.fromEntries([
    ...(reply?.headers ?? []).map(({ field, name }) => [name, { schema: schemas.field(field) }]),
    ...((reply?.cookies.length ?? 0) > 0 ? [['Set-Cookie', { schema: { type: 'string' } }]] : []),
  ]);
  const withHeaders = Object.keys(headers).length === 0 ? { description } : { description, headers };
  if (isHead) return withHeaders;
  if (reply === null || type === null) {
    return envelope == null
      ? withHeaders
      : { ...withHeaders, ...json(enveloped(envelope, { type: 'null' })) };
  }
  if (reply.rawBody !== null) {
    const media = reply.rawBody.type.kind === 'string' ? 'text/plain' : 'application/octet-stream';
    return { ...withHeaders, content: { [media]: { schema: {} } } };
  }
  const around = (schema: Schema): Schema => ({ ...withHeaders, ...json(enveloped(envelope, schema)) });
  if (reply.wholeBody !== null) return around(schemas.field(reply.wholeBody));
  if (reply.struct === null || reply.members.length === reply.struct.fields.length) {
    return around(schemas.type(type));
  }
  if (reply.members.length === 0) return envelope == null ? withHeaders : around({ type: 'null' });
  const object = schemas.object(reply.members, (field) => memberOf(field, schemas.style));
  return around(object);
}

function merged(left: Schema, right: Schema): Schema {
  const schemaOf = (one: Schema): Schema[] => {
    const content = one.content as Record<string, { schema: Schema }> | undefined;
    const schema = content?.['application/json']?.schema;
    if (schema === undefined) return [];
    return Array.isArray(schema.anyOf) ? (schema.anyOf as Schema[]) : [schema];
  };
  const anyOf = [...schemaOf(left), ...schemaOf(right)];
  return {
    ...left,
    description: `${String(left.description)}, ${String(right.description)}`,
    ...(anyOf.length === 0 ? {} : json(anyOf.length === 1 ? anyOf[0]! : { anyOf })),
  };
}

function json(schema: Schema): { content: Record<string, { schema: Schema }> } {
  return { content: { 'application/json': { schema } } };
}
