import type { Annotation, EnumDef, FieldDef, StructDef, ThriftType } from '../idl/model.ts';
import { annotation, isUnknown } from '../idl/model.ts';
import { isCode, splitCodeStatus } from '../json/code-status.ts';
import type { JsonStyle } from '../json/json-style.ts';
import { isMember } from '../json/leaf-options.ts';
import { isNestable } from '../json/nested-text.ts';
import { parseVd, VdSyntaxError } from '../validation/vd-expression.ts';
import type { AnnotationReport } from './annotation-report.ts';
import type { AnnotationPlace } from './annotations.ts';
import { checkAnnotationNames } from './check-annotation-names.ts';
import { checkOneOf, checkStatus } from './check-annotation-values.ts';
import { checkGoTag, checkTagOption } from './check-go-tag.ts';
import { tagOption } from './dialect.ts';
import { fileRoles, fitsRole } from './file-roles.ts';

/** Notes faults in the annotations of fields and types, and of all that they are made of, once for each definition. */
export class TypeCheck {
  readonly #style: JsonStyle;
  readonly #report: AnnotationReport;
  readonly #structs = new Set<StructDef>();
  readonly #enums = new Set<EnumDef>();

  constructor(style: JsonStyle, report: AnnotationReport) {
    this.#style = style;
    this.#report = report;
  }

  type(type: ThriftType): void {
    checkAnnotationNames(type.annotations, 'type', this.#report);
    switch (type.kind) {
      case 'list':
      case 'set':
        this.type(type.element);
        break;
      case 'map':
        this.type(type.key);
        this.type(type.value);
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
    checkAnnotationNames(
      struct.annotations,
      struct.kind === 'exception' ? 'exception' : 'struct',
      this.#report,
    );
    for (const one of struct.annotations) {
      checkOneOf(one, 'api.unknown', ['refuse', 'ignore'], this.#report);
      if (one.name === 'api.http_code') checkStatus(one, this.#report);
    }
    for (const field of struct.fields) this.field(field, 'field');
  }

  #enum(type: EnumDef): void {
    if (this.#enums.has(type)) return;
    this.#enums.add(type);
    checkAnnotationNames(type.annotations, 'enum', this.#report);
    for (const member of type.members) checkAnnotationNames(member.annotations, 'enum member', this.#report);
  }

  field(field: FieldDef, place: AnnotationPlace): void {
    checkAnnotationNames(field.annotations, place, this.#report);
    const all = [...field.type.annotations, ...field.annotations];
    for (const one of all) {
      checkOneOf(one, 'api.enum', ['name', 'number'], this.#report);
      checkOneOf(one, 'api.null', ['keep', 'refuse'], this.#report);
      checkOneOf(one, 'api.binary', ['base64', 'utf8'], this.#report);
      checkOneOf(one, 'api.date', ['iso'], this.#report);
      checkOneOf(one, 'api.nan', ['null', 'refuse'], this.#report);
      checkOneOf(one, 'api.list', ['comma'], this.#report);
      checkOneOf(one, 'api.file', fileRoles, this.#report);
      checkOneOf(one, 'api.escapes', ['lenient', 'qs', 'strict'], this.#report);
      checkOneOf(one, 'api.nested', ['brackets', 'dots'], this.#report);
      checkOneOf(one, 'api.several', ['first', 'last'], this.#report);
      if (one.name === 'api.vd') this.#validator(one);
      if (one.name === 'api.nested' && !isUnknown(field.type) && !isNestable(field.type)) {
        this.#report.fault(
          one,
          `${field.name} has maps whose keys no name of a parameter can say`,
          'Give its maps keys of strings, integers, bools, uuids or enums.',
        );
      }
      checkOneOf(one, 'api.none', ['', 'true'], this.#report);
      this.#leaf(one, field, 'api.js_conv', 'i64', 'ignored');
      this.#leaf(one, field, 'api.date', 'i64');
      this.#leaf(one, field, 'api.nan', 'double');
      this.#leaf(one, field, 'api.raw_json', 'string');
      this.#leaf(one, field, 'api.enum', 'enum');
      this.#leaf(one, field, 'api.binary', 'binary');
      if (one.name === 'api.file' && !fitsRole(field)) {
        const fix = 'Make the bytes binary, the size an i64, and all else a string.';
        this.#report.fault(one, `${field.name} cannot take the ${one.value} of a file`, fix);
      }
      if (one.name === 'api.code_status') this.#codeStatus(one, field);
      if (one.name === 'go.tag') checkGoTag(one, field, this.#style, this.#report);
      if (one.name === tagOption) checkTagOption(one, this.#report);
      if (one.name === 'api.list' && !isUnknown(field.type) && !isListOfTexts(field.type)) {
        this.#report.fault(
          one,
          `api.list is for lists and sets of scalars, and ${field.name} is none`,
          'Drop it, or change the type.',
        );
      }
      if (one.name === 'api.http_code' && place === 'throws entry') checkStatus(one, this.#report);
      if (one.name === 'api.http_code' && place === 'field' && one.value !== '') {
        this.#report.ignored(
          one,
          `${field.name} is the status itself, whatever api.http_code says`,
          'Write api.http_code = "", or put the number on the method or the exception.',
        );
      }
    }
    if (annotation(all, 'api.js_conv') !== undefined && annotation(all, 'api.date') !== undefined) {
      this.#report.fault(
        field,
        `${field.name} cannot be both digits (api.js_conv) and a date (api.date)`,
        'Drop one of the two.',
      );
    }
    if (annotation(all, 'api.null') === 'keep' && field.requiredness === 'required') {
      this.#report.fault(
        field,
        `${field.name} is required, so it is never null`,
        'Make it optional, or drop api.null.',
      );
    }
    this.type(field.type);
  }

  #codeStatus(one: Annotation, field: FieldDef): void {
    if (splitCodeStatus(one.value) === null) {
      const what = `${JSON.stringify(one.value)} names no code and status`;
      this.#report.fault(one, what, 'Write it as "not_found: 404", or "*: 400" for all others.');
    }
    if (!isUnknown(field.type) && !isCode(field.type)) {
      this.#report.fault(
        one,
        `${field.name} cannot be a code`,
        'Make it a string, an i16, an i32 or an enum.',
      );
    }
    if (!isMember(field.annotations)) {
      this.#report.fault(one, `${field.name} is no member of the body`, 'Write api.body = "name" beside it.');
    }
  }

  #validator(one: Annotation): void {
    try {
      parseVd(one.value);
    } catch (error) {
      if (!(error instanceof VdSyntaxError)) throw error;
      const what = `${JSON.stringify(one.value)} is no validator: ${error.message}`;
      this.#report.fault(one, what, 'Write it as "$ > 0 && $ < 100; msg: \'from 1 to 99\'".');
    }
  }

  #leaf(
    one: Annotation,
    field: FieldDef,
    name: string,
    kind: ThriftType['kind'],
    as: 'fault' | 'ignored' = 'fault',
  ): void {
    if (one.name === name && !isUnknown(field.type) && !leaves(field.type).includes(kind)) {
      this.#report[as](
        one,
        `${name} is for ${kind}, and ${field.name} has none`,
        'Drop it, or change the type.',
      );
    }
  }
}

function isListOfTexts(type: ThriftType): boolean {
  if (type.kind !== 'list' && type.kind !== 'set') return false;
  return !['list', 'set', 'map', 'struct'].includes(type.element.kind);
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
