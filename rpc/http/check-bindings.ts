import { splitErrorMessage, templateFault } from '../gateway/error-body.ts';
import type { FaultList } from '../idl/fault-list.ts';
import type { Annotation, FieldDef, MethodDef, ServiceDef, StructDef, ThriftType } from '../idl/model.ts';
import { annotation } from '../idl/model.ts';
import { bindMethod, pathParameters, splitHeader, verbs } from './bind-method.ts';
import type { BoundField, MethodBinding, ReplyBinding } from './binding.ts';

const known = new Set([
  ...Object.keys(verbs),
  ...[
    'http_code',
    'etag',
    'set_header',
    'idempotent',
    'access',
    'group',
    'base_domain',
    'error_body',
    'error_message',
    'max_body_bytes',
  ],
  ...['path', 'query', 'header', 'cookie', 'form', 'body', 'raw_body', 'nulls', 'context', 'none', 'fault'],
  ...['js_conv', 'raw_json', 'null', 'enum', 'binary', 'unknown'],
]);
for (const name of [...known]) if (!name.startsWith('api.')) known.add(`api.${name}`);

/** Annotations of Hertz and Kitex that say nothing about HTTP between client and service. */
const ignored = new Set([
  'api.vd',
  'api.category',
  'api.gen_path',
  'api.serializer',
  'api.param',
  'api.go_tag',
]);

const contexts = new Set(['request_id', 'traceparent', 'identity', 'deadline_ms', 'method', 'target']);

const scalars = new Set(['bool', 'byte', 'i16', 'i32', 'i64', 'double', 'string', 'binary', 'enum', 'uuid']);

/** Notes every fault of a service's `api.*` annotations. */
export function checkBindings(service: ServiceDef, faults: FaultList): void {
  const check = new BindingCheck(faults);
  check.names(service.annotations);
  for (const one of service.annotations) check.serviceValue(one);
  const seen = new Map<string, MethodDef>();
  for (const method of service.methods) {
    check.method(service, method);
    for (const route of bindMethod(service, method)?.routes ?? []) {
      const key = `${route.method} ${route.path.replace(/:[A-Za-z0-9_]+/g, ':')}`;
      const other = seen.get(key);
      if (other !== undefined && other !== method) {
        faults.add(
          'BANYAN_IDL_ANNOTATION',
          method.at,
          `${route.method} ${route.path} is already a route of ${other.name}`,
          'Give each method a route of its own.',
        );
      }
      seen.set(key, method);
    }
  }
}

class BindingCheck {
  readonly #faults: FaultList;
  readonly #structs = new Set<StructDef>();

  constructor(faults: FaultList) {
    this.#faults = faults;
  }

  #add(at: { readonly at: Annotation['at'] }, what: string, fix: string): void {
    this.#faults.add('BANYAN_IDL_ANNOTATION', at.at, what, fix);
  }

  names(annotations: readonly Annotation[]): void {
    for (const one of annotations) {
      if (!one.name.startsWith('api.') || known.has(one.name) || ignored.has(one.name)) continue;
      this.#add(one, `${one.name} is no annotation banyan knows`, 'See docs/idl.md, and correct the name.');
    }
  }

  serviceValue(one: Annotation): void {
    if (one.name === 'api.error_message' && splitErrorMessage(one.value) === null) {
      this.#add(
        one,
        `${JSON.stringify(one.value)} names no status`,
        'Write it as "413: The body is too large.".',
      );
    }
    if (one.name === 'api.max_body_bytes' && !/^[1-9][0-9]{0,14}$/.test(one.value)) {
      this.#add(one, `${JSON.stringify(one.value)} is no number of bytes`, 'Write it as "102400".');
    }
    const fault = one.name === 'api.error_body' ? templateFault(one.value) : null;
    if (fault !== null) {
      this.#add(
        one,
        `the error body is no JSON: ${fault}`,
        'Put $code, $message and $at inside string literals.',
      );
    }
  }

  method(service: ServiceDef, method: MethodDef): void {
    this.names(method.annotations);
    for (const one of method.annotations) this.#methodValue(one);
    for (const field of [...method.args.fields, ...method.throws]) this.#field(field);
    if (method.result !== null) this.#type(method.result);
    const binding = bindMethod(service, method);
    if (binding === null) return;
    this.#request(binding);
    if (binding.reply !== null) this.#reply(binding.reply);
    for (const thrown of binding.throws) {
      if (!isStatus(thrown.status)) {
        this.#add(thrown.struct, `${thrown.struct.name} has the status ${thrown.status}`, 'Use 200 to 599.');
      }
      this.#reply(thrown.reply);
    }
  }

  #methodValue(one: Annotation): void {
    if (verbs[one.name] !== undefined && !/^\/[^\s?#]*$/.test(one.value)) {
      this.#add(one, `${JSON.stringify(one.value)} is no path`, 'Write it as "/api/products/:id".');
    }
    if (one.name === 'api.http_code' && !isStatus(Number(one.value))) {
      this.#add(one, `${JSON.stringify(one.value)} is no status`, 'Use 200 to 599.');
    }
    if (one.name === 'api.set_header' && splitHeader(one.value) === null) {
      this.#add(one, `${JSON.stringify(one.value)} is no header`, 'Write it as "Name: value".');
    }
    this.#oneOf(one, 'api.etag', ['weak']);
    this.#oneOf(one, 'api.access', ['read', 'write']);
    this.#oneOf(one, 'api.idempotent', ['true', 'false']);
  }

  #oneOf(one: Annotation, name: string, values: readonly string[]): void {
    if (one.name === name && !values.includes(one.value)) {
      this.#add(one, `${name} cannot be ${JSON.stringify(one.value)}`, `Use ${values.join(' or ')}.`);
    }
  }

  #type(type: ThriftType): void {
    switch (type.kind) {
      case 'list':
      case 'set':
        this.#type(type.element);
        break;
      case 'map':
        this.#type(type.key);
        this.#type(type.value);
        break;
      case 'struct':
        if (this.#structs.has(type.struct)) return;
        this.#structs.add(type.struct);
        this.names(type.struct.annotations);
        for (const one of type.struct.annotations) this.#oneOf(one, 'api.unknown', ['refuse', 'ignore']);
        for (const field of type.struct.fields) this.#field(field);
        break;
      default:
        break;
    }
  }

  #field(field: FieldDef): void {
    const all = [...field.type.annotations, ...field.annotations];
    this.names(all);
    for (const one of all) {
      this.#oneOf(one, 'api.enum', ['name', 'number']);
      this.#oneOf(one, 'api.null', ['keep', 'refuse']);
      this.#oneOf(one, 'api.binary', ['base64', 'utf8']);
      this.#leaf(one, field, 'api.js_conv', 'i64');
      this.#leaf(one, field, 'api.raw_json', 'string');
      this.#leaf(one, field, 'api.enum', 'enum');
      this.#leaf(one, field, 'api.binary', 'binary');
    }
    if (annotation(all, 'api.null') === 'keep' && field.requiredness === 'required') {
      this.#add(
        field,
        `${field.name} is required, so it is never null`,
        'Make it optional, or drop api.null.',
      );
    }
    this.#type(field.type);
  }

  #leaf(one: Annotation, field: FieldDef, name: string, kind: ThriftType['kind']): void {
    if (one.name === name && !leaves(field.type).includes(kind)) {
      this.#add(one, `${name} is for ${kind}, and ${field.name} has none`, 'Drop it, or change the type.');
    }
  }

  #request(binding: MethodBinding): void {
    const paths = binding.routes.map((route) => new Set(pathParameters(route.path)));
    const bound = new Set<string>();
    let whole: BoundField | null = null;
    for (const one of binding.fields) {
      for (const source of one.sources) {
        if (source.kind === 'path') {
          bound.add(source.name);
          const has = (path: ReadonlySet<string>): boolean => path.has(source.name);
          const mustBeThere = one.sources.length === 1 && one.field.requiredness === 'required';
          if (mustBeThere ? !paths.every(has) : !paths.some(has)) {
            this.#add(
              one.field,
              `no :${source.name} in the path of ${binding.method.name}`,
              'Add it to the paths of the method.',
            );
          }
        }
        if (source.kind === 'context' && !contexts.has(source.name)) {
          this.#add(
            one.field,
            `api.context knows no ${source.name}`,
            `Use one of ${[...contexts].join(', ')}.`,
          );
        }
        if (
          source.kind === 'rawBody' &&
          one.field.type.kind !== 'binary' &&
          one.field.type.kind !== 'string'
        ) {
          this.#add(one.field, `${one.field.name} cannot take a raw body`, 'Make it binary or string.');
        }
        if (source.kind === 'nulls' && !isTextList(one.field.type)) {
          this.#add(one.field, `${one.field.name} cannot take names`, 'Make it set<string> or list<string>.');
        }
        if (source.kind === 'wholeBody' || source.kind === 'rawBody') {
          if (whole !== null) {
            this.#add(
              one.field,
              `${whole.field.name} already takes the whole body`,
              'Let one field take it.',
            );
          }
          whole = one;
        }
      }
    }
    if (whole !== null) {
      for (const one of binding.fields) {
        if (one !== whole && one.sources.some((source) => source.kind === 'body')) {
          this.#add(
            one.field,
            `${one.field.name} is a member of a body that ${whole.field.name} takes as a whole`,
            'Annotate it with another source, or api.none.',
          );
        }
      }
    }
    for (const path of paths) {
      for (const name of path) {
        if (!bound.has(name)) {
          this.#add(
            binding.method,
            `nothing takes the path parameter :${name}`,
            'Bind a field with api.path.',
          );
        }
      }
    }
  }

  #reply(reply: ReplyBinding): void {
    for (const { field, name } of [...reply.headers, ...reply.cookies]) {
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
        this.#add(field, `${JSON.stringify(name)} is no name of a header or cookie`, 'Correct the name.');
      }
      const { type } = field;
      const inner = type.kind === 'list' || type.kind === 'set' ? type.element : type;
      if (!scalars.has(inner.kind) || inner.kind === 'binary') {
        this.#add(
          field,
          `${field.name} cannot be a header`,
          'Make it text, a number, a bool, an enum, or a list of them.',
        );
      }
    }
    const { status } = reply;
    if (status !== null && status.type.kind !== 'i32' && status.type.kind !== 'i16') {
      this.#add(status, `${status.name} cannot be a status`, 'Make it an i32.');
    }
    const { rawBody } = reply;
    if (rawBody !== null && rawBody.type.kind !== 'binary' && rawBody.type.kind !== 'string') {
      this.#add(rawBody, `${rawBody.name} cannot be a raw body`, 'Make it binary or string.');
    }
    const whole = reply.rawBody ?? reply.wholeBody;
    const members = reply.members.filter((field) => field !== whole);
    if (whole !== null && members.length > 0) {
      this.#add(
        members[0]!,
        `${members[0]!.name} is a member of a body that ${whole.name} is`,
        'Annotate it with api.none or a header.',
      );
    }
  }
}

function leaves(type: ThriftType): ThriftType['kind'][] {
  switch (type.kind) {
    case 'list':
    case 'set':
      return leaves(type.element);
    case 'map':
      return [...leaves(type.key), ...leaves(type.value)];
    default:
      return [type.kind];
  }
}

function isTextList(type: ThriftType): boolean {
  return (type.kind === 'list' || type.kind === 'set') && type.element.kind === 'string';
}

function isStatus(value: number): boolean {
  return Number.isInteger(value) && value >= 200 && value <= 599;
}
