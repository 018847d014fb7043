import { splitErrorMessage, templateFault } from '../gateway/error-body.ts';
import type { FaultList } from '../idl/fault-list.ts';
import type {
  Annotation,
  EnumDef,
  FieldDef,
  MethodDef,
  ServiceDef,
  StructDef,
  ThriftType,
} from '../idl/model.ts';
import { annotation, isUnknown } from '../idl/model.ts';
import { isMember, memberName } from '../json/leaf-options.ts';
import { type AnnotationPlace, httpOfGoTag, judgeAnnotation } from './annotations.ts';
import { hostOfDomain } from './base-domain.ts';
import { annotatedPaths, bindMethod, splitHeader, verbs } from './bind-method.ts';
import type { BoundField, MethodBinding, ReplyBinding } from './binding.ts';
import { pathFault, pathKey, pathParameters } from './path-pattern.ts';

const contexts = new Set(['request_id', 'traceparent', 'identity', 'deadline_ms', 'method', 'target']);

const scalars = new Set(['bool', 'byte', 'i16', 'i32', 'i64', 'double', 'string', 'binary', 'enum', 'uuid']);

/** Notes every fault of a service's `api.*` annotations, and in `warnings` what they say without effect. */
export function checkBindings(service: ServiceDef, faults: FaultList, warnings: FaultList): void {
  const check = new BindingCheck(faults, warnings);
  check.names(service.annotations, 'service');
  for (const one of service.annotations) check.serviceValue(one);
  const seen = new Map<string, MethodDef>();
  for (const method of service.methods) {
    check.method(service, method);
    for (const route of bindMethod(service, method)?.routes ?? []) {
      const key = `${route.method} ${pathKey(route.path)}`;
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
  readonly #warnings: FaultList;
  readonly #structs = new Set<StructDef>();
  readonly #enums = new Set<EnumDef>();

  constructor(faults: FaultList, warnings: FaultList) {
    this.#faults = faults;
    this.#warnings = warnings;
  }

  #add(at: { readonly at: Annotation['at'] }, what: string, fix: string): void {
    this.#faults.add('BANYAN_IDL_ANNOTATION', at.at, what, fix);
  }

  names(annotations: readonly Annotation[], place: AnnotationPlace): void {
    for (const one of annotations) {
      const verdict = judgeAnnotation(one.name, place);
      switch (verdict.kind) {
        case 'misplaced':
          this.#add(
            one,
            `${one.name} says nothing on ${withArticle(place)}`,
            `It belongs on ${verdict.places.map(withArticle).join(' or ')}.`,
          );
          break;
        case 'refused':
          this.#add(one, `${one.name} is not carried out here`, verdict.instead);
          break;
        case 'unknown':
          this.#add(
            one,
            `${one.name} is no annotation banyan knows`,
            'See docs/idl.md, and correct the name.',
          );
          break;
        case 'ignored':
          this.#warnings.add(
            'BANYAN_IDL_ANNOTATION_IGNORED',
            one.at,
            `${one.name} has no effect here: it tells ${verdict.tells}`,
            'Leave it, if something else reads it.',
          );
          break;
        default:
          break;
      }
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
    this.#oneOf(one, 'api.inflate', ['true', 'false']);
    if (one.name === 'api.base_domain' && hostOfDomain(one.value) === null) {
      this.#add(one, `${JSON.stringify(one.value)} is no host`, 'Write it as "shop.example".');
    }
    this.#group(one);
    const fault = one.name === 'api.error_body' ? templateFault(one.value) : null;
    if (fault !== null) {
      this.#add(
        one,
        `the error body is no JSON: ${fault}`,
        'Put $code, $message and $at inside string literals.',
      );
    }
  }

  #group(one: Annotation): void {
    if (one.name === 'api.group' && one.value !== '' && !/^\/[^\s?#]*[^\s?#/]$/.test(one.value)) {
      this.#add(one, `${JSON.stringify(one.value)} is no prefix of paths`, 'Write it as "/v1".');
    }
  }

  method(service: ServiceDef, method: MethodDef): void {
    this.names(method.annotations, 'method');
    for (const one of method.annotations) this.#methodValue(one);
    for (const [, path] of annotatedPaths(service, method)) this.#path(method, path);
    for (const field of method.args.fields) this.#field(field, 'field');
    for (const field of method.throws) this.#field(field, 'throws entry');
    if (method.result !== null) this.#type(method.result);
    const binding = bindMethod(service, method);
    if (binding === null) return;
    // An unknown struct may have the fields that seem to be missing.
    if (!method.args.fields.some((field) => isUnknown(field.type))) this.#request(binding);
    if (binding.reply !== null) this.#reply(binding.reply);
    for (const thrown of binding.throws) {
      if (!isStatus(thrown.status)) {
        this.#add(thrown.struct, `${thrown.struct.name} has the status ${thrown.status}`, 'Use 200 to 599.');
      }
      this.#reply(thrown.reply);
    }
    this.#hidden(binding);
  }

  #path(method: MethodDef, path: string): void {
    const fault = pathFault(path);
    if (fault === null) return;
    const at = method.annotations.find((one) => verbs[one.name] !== undefined && path.endsWith(one.value));
    this.#add(at ?? method, ...fault);
  }

  #methodValue(one: Annotation): void {
    if (one.name === 'api.http_code' && !isStatus(Number(one.value))) {
      this.#add(one, `${JSON.stringify(one.value)} is no status`, 'Use 200 to 599.');
    }
    if (one.name === 'api.set_header' && splitHeader(one.value) === null) {
      this.#add(one, `${JSON.stringify(one.value)} is no header`, 'Write it as "Name: value".');
    }
    this.#group(one);
    this.#oneOf(one, 'api.etag', ['weak']);
    this.#oneOf(one, 'api.access', ['read', 'write']);
    this.#oneOf(one, 'api.idempotent', ['true', 'false']);
    this.#oneOf(one, 'api.serializer', ['json', 'form']);
  }

  #oneOf(one: Annotation, name: string, values: readonly string[]): void {
    if (one.name === name && !values.includes(one.value)) {
      this.#add(one, `${name} cannot be ${JSON.stringify(one.value)}`, `Use ${values.join(' or ')}.`);
    }
  }

  #type(type: ThriftType): void {
    this.names(type.annotations, 'type');
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
        this.#struct(type.struct);
        break;
      case 'enum':
        this.#enum(type.enum);
        break;
      default:
        break;
    }
  }

  #struct(struct: StructDef): void {
    if (this.#structs.has(struct)) return;
    this.#structs.add(struct);
    this.names(struct.annotations, struct.kind === 'exception' ? 'exception' : 'struct');
    for (const one of struct.annotations) {
      this.#oneOf(one, 'api.unknown', ['refuse', 'ignore']);
      if (one.name === 'api.http_code' && !isStatus(Number(one.value))) {
        this.#add(one, `${JSON.stringify(one.value)} is no status`, 'Use 200 to 599.');
      }
    }
    for (const field of struct.fields) this.#field(field, 'field');
  }

  #enum(type: EnumDef): void {
    if (this.#enums.has(type)) return;
    this.#enums.add(type);
    this.names(type.annotations, 'enum');
    for (const member of type.members) this.names(member.annotations, 'enum member');
  }

  #field(field: FieldDef, place: AnnotationPlace): void {
    this.names(field.annotations, place);
    const all = [...field.type.annotations, ...field.annotations];
    for (const one of all) {
      this.#oneOf(one, 'api.enum', ['name', 'number']);
      this.#oneOf(one, 'api.null', ['keep', 'refuse']);
      this.#oneOf(one, 'api.binary', ['base64', 'utf8']);
      this.#oneOf(one, 'api.date', ['iso']);
      this.#oneOf(one, 'api.list', ['comma']);
      this.#oneOf(one, 'api.none', ['', 'true']);
      this.#leaf(one, field, 'api.js_conv', 'i64');
      this.#leaf(one, field, 'api.date', 'i64');
      this.#leaf(one, field, 'api.raw_json', 'string');
      this.#leaf(one, field, 'api.enum', 'enum');
      this.#leaf(one, field, 'api.binary', 'binary');
      if (one.name === 'go.tag') this.#goTag(one, field);
      if (
        one.name === 'api.list' &&
        !isUnknown(field.type) &&
        field.type.kind !== 'list' &&
        field.type.kind !== 'set'
      ) {
        this.#add(
          one,
          `api.list is for lists and sets, and ${field.name} is none`,
          'Drop it, or change the type.',
        );
      }
      if (one.name === 'api.http_code' && place === 'throws entry' && !isStatus(Number(one.value))) {
        this.#add(one, `${JSON.stringify(one.value)} is no status`, 'Use 200 to 599.');
      }
      if (one.name === 'api.http_code' && place === 'field' && one.value !== '') {
        this.#add(
          one,
          `${field.name} is the status itself, whatever api.http_code says`,
          'Write api.http_code = "", or put the number on the method or the exception.',
        );
      }
    }
    if (annotation(all, 'api.js_conv') !== undefined && annotation(all, 'api.date') !== undefined) {
      this.#add(
        field,
        `${field.name} cannot be both digits (api.js_conv) and a date (api.date)`,
        'Drop one of the two.',
      );
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

  /** Hertz and Kitex take names from Go's tags too. What they say beside our annotations would go unheard. */
  #goTag(one: Annotation, field: FieldDef): void {
    for (const said of httpOfGoTag(one.value)) {
      if (said.annotation === 'api.body' && said.name === '-') {
        if (isMember(field.annotations)) {
          this.#add(
            one,
            `go.tag keeps ${field.name} out of JSON, which nothing here reads`,
            'Write api.none = "".',
          );
        }
        continue;
      }
      const here =
        said.annotation === 'api.body'
          ? memberName(field.name, field.annotations)
          : annotation(field.annotations, said.annotation);
      if (said.name === '' || said.name === here) continue;
      this.#add(
        one,
        `go.tag names ${field.name} ${JSON.stringify(said.name)}, which nothing here reads`,
        said.annotation === 'api.vd'
          ? 'Validate in the service, and drop the tag.'
          : `Write ${said.annotation} = ${JSON.stringify(said.name)}.`,
      );
    }
  }

  #leaf(one: Annotation, field: FieldDef, name: string, kind: ThriftType['kind']): void {
    if (one.name === name && !isUnknown(field.type) && !leaves(field.type).includes(kind)) {
      this.#add(one, `${name} is for ${kind}, and ${field.name} has none`, 'Drop it, or change the type.');
    }
  }

  #request(binding: MethodBinding): void {
    const paths = binding.paths.map((path) => new Set(pathParameters(path)));
    const bound = new Set<string>();
    let whole: BoundField | null = null;
    for (const one of binding.fields) {
      for (const source of one.sources) {
        if (isUnknown(one.field.type)) {
          bound.add(source.name);
          continue;
        }
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

  /**
   * Fields that are bound to headers, the query, … where their struct stands inside another one: there is no such place, so
   * they are left out.
   */
  #hidden(binding: MethodBinding): void {
    const seen = new Set<StructDef>();
    const visit = (type: ThriftType): void => {
      if (type.kind === 'list' || type.kind === 'set') visit(type.element);
      if (type.kind === 'map') {
        visit(type.key);
        visit(type.value);
      }
      if (type.kind !== 'struct' || seen.has(type.struct)) return;
      seen.add(type.struct);
      for (const field of type.struct.fields) {
        if (isMember(field.annotations)) visit(field.type);
        else if (annotation(field.annotations, 'api.none') === undefined) {
          this.#warnings.add(
            'BANYAN_IDL_ANNOTATION_IGNORED',
            field.at,
            `${field.name} is no member of the JSON where ${type.struct.name} stands inside something else`,
            'Write api.body = "name" beside its annotation to have it there, or api.none = "" to say that it is not.',
          );
        }
      }
    };
    for (const { field } of binding.fields) visit(field.type);
    for (const reply of [binding.reply, ...binding.throws.map((thrown) => thrown.reply)]) {
      for (const field of reply?.struct?.fields ?? []) visit(field.type);
    }
    const { result } = binding.method;
    if (result !== null && result.kind !== 'struct') visit(result);
  }

  #reply(reply: ReplyBinding): void {
    for (const { field, name } of [...reply.headers, ...reply.cookies]) {
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
        this.#add(field, `${JSON.stringify(name)} is no name of a header or cookie`, 'Correct the name.');
      }
      const { type } = field;
      const inner = type.kind === 'list' || type.kind === 'set' ? type.element : type;
      if (isUnknown(type)) continue;
      if (!scalars.has(inner.kind) || inner.kind === 'binary') {
        this.#add(
          field,
          `${field.name} cannot be a header`,
          'Make it text, a number, a bool, an enum, or a list of them.',
        );
      }
    }
    const { status } = reply;
    if (
      status !== null &&
      !isUnknown(status.type) &&
      status.type.kind !== 'i32' &&
      status.type.kind !== 'i16'
    ) {
      this.#add(status, `${status.name} cannot be a status`, 'Make it an i32.');
    }
    const { rawBody } = reply;
    if (
      rawBody !== null &&
      !isUnknown(rawBody.type) &&
      rawBody.type.kind !== 'binary' &&
      rawBody.type.kind !== 'string'
    ) {
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

function withArticle(place: AnnotationPlace): string {
  return `${/^[aeiou]/.test(place) ? 'an' : 'a'} ${place}`;
}
