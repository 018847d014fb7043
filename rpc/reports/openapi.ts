import { bindMethod } from '../http/bind-method.ts';
import type { BoundField, HttpRoute, MethodBinding, ReplyBinding } from '../http/binding.ts';
import { httpRoutes } from '../http/http-routes.ts';
import { serviceOf } from '../idl/load-idl.ts';
import { annotation, type Idl, type ThriftType } from '../idl/model.ts';
import { memberName } from '../json/leaf-options.ts';
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
  const found = serviceOf(idl, service);
  const schemas = new Schemas();
  const bindings = new Map(found.methods.map((method) => [method.name, bindMethod(found, method)]));
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of httpRoutes(idl, service)) {
    const binding = bindings.get(route.rpcMethod);
    if (binding === null || binding === undefined) continue;
    const path = route.path.replace(/:([A-Za-z0-9_]+)/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(binding, route, schemas);
  }
  const host = annotation(found.annotations, 'api.base_domain');
  return {
    openapi: '3.1.0',
    info: {
      title: options.title ?? service,
      version: options.version ?? '1.0.0',
      ...(found.docs === '' ? {} : { description: found.docs }),
    },
    ...(host === undefined ? {} : { servers: [{ url: `https://${host}` }] }),
    paths,
    components: { schemas: schemas.components },
  };
}

function operation(binding: MethodBinding, route: HttpRoute, schemas: Schemas): Schema {
  const { method } = binding;
  const index = binding.routes.findIndex((one) => one.method === route.method && one.path === route.path);
  const suffix = index > 0 ? `_${index + 1}` : index === -1 ? '_head' : '';
  const requestBody = bodyOf(binding, schemas);
  const parameters = binding.fields.flatMap((one) => parametersOf(one, schemas));
  const responses: Record<string, Schema> = {};
  responses[String(binding.status)] = response(
    'The reply',
    binding.reply,
    method.result,
    schemas,
    route.method === 'HEAD',
  );
  for (const thrown of binding.throws) {
    const key = String(thrown.status);
    const made = response(
      thrown.struct.name,
      thrown.reply,
      thrown.field.type,
      schemas,
      route.method === 'HEAD',
    );
    const known = responses[key];
    // Several exceptions may share a status: the description names all, the schema offers each.
    responses[key] = known === undefined ? made : merged(known, made);
  }
  responses.default ??= { description: 'An error of the gateway, in the shape of api.error_body' };
  return {
    operationId: `${method.name}${suffix}`,
    ...(method.docs === '' ? {} : { description: method.docs }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody === null ? {} : { requestBody }),
    responses,
  };
}

function parametersOf(one: BoundField, schemas: Schemas): Schema[] {
  const isOnly = one.sources.length === 1;
  return one.sources.flatMap((source) => {
    if (!['path', 'query', 'header', 'cookie'].includes(source.kind)) return [];
    const required =
      source.kind === 'path' ||
      (isOnly && one.field.requiredness === 'required' && one.field.defaultValue === undefined);
    return [{ name: source.name, in: source.kind, required, schema: schemas.field(one.field) }];
  });
}

function bodyOf(binding: MethodBinding, schemas: Schemas): Schema | null {
  const from = (kind: string): BoundField[] =>
    binding.fields.filter((one) => one.sources.some((source) => source.kind === kind));
  const whole = from('wholeBody')[0];
  if (whole !== undefined) return json(schemas.field(whole.field));
  const raw = from('rawBody')[0];
  if (raw !== undefined) {
    const type = raw.field.type.kind === 'string' ? 'text/plain' : 'application/octet-stream';
    return { content: { [type]: { schema: {} } } };
  }
  const content: Record<string, Schema> = {};
  for (const [kind, type] of [
    ['body', 'application/json'],
    ['form', 'application/x-www-form-urlencoded'],
  ] as const) {
    const fields = from(kind);
    if (fields.length === 0) continue;
    const names = new Map(
      fields.map((one) => [one.field, one.sources.find((source) => source.kind === kind)!.name]),
    );
    content[type] = {
      schema: schemas.object(
        fields.map((one) => one.field),
        (field) => names.get(field)!,
      ),
    };
  }
  return Object.keys(content).length === 0 ? null : { content };
}

function response(
  description: string,
  reply: ReplyBinding | null,
  type: ThriftType | null,
  schemas: Schemas,
  isHead: boolean,
): Schema {
  const headers = Object.fromEntries(
    (reply?.headers ?? []).map(({ field, name }) => [name, { schema: schemas.field(field) }]),
  );
  const withHeaders = Object.keys(headers).length === 0 ? { description } : { description, headers };
  if (reply === null || type === null || isHead) return withHeaders;
  if (reply.rawBody !== null) {
    const media = reply.rawBody.type.kind === 'string' ? 'text/plain' : 'application/octet-stream';
    return { ...withHeaders, content: { [media]: { schema: {} } } };
  }
  if (reply.wholeBody !== null) return { ...withHeaders, ...json(schemas.field(reply.wholeBody)) };
  if (reply.struct === null || reply.members.length === reply.struct.fields.length) {
    return { ...withHeaders, ...json(schemas.type(type)) };
  }
  if (reply.members.length === 0) return withHeaders;
  const object = schemas.object(reply.members, (field) => memberName(field.name, field.annotations));
  return { ...withHeaders, ...json(object) };
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
