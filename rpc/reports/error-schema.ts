import { defaultErrorTemplate, errorBodyFromTemplate, errorType, isJsonType } from '../gateway/error-body.ts';
import { annotation, type ServiceDef } from '../idl/model.ts';
import type { Schema } from './json-schema.ts';

/** The content of what the gateway answers by itself, its schema read off a body that the service's `api.error_body` makes. */
export function errorContent(service: ServiceDef): { content: Record<string, { schema: Schema }> } {
  const type = errorType(service.annotations);
  const schema = isJsonType(type) ? errorSchema(service) : { type: 'string' };
  return { content: { [type.replace(/\s*;.*$/s, '').toLowerCase()]: { schema } } };
}

function errorSchema(service: ServiceDef): Schema {
  const template = annotation(service.annotations, 'api.error_body') ?? defaultErrorTemplate;
  const problem = { status: 400, code: 'code', message: 'message', at: 'at', rpcMethod: 'method' };
  return schemaOf(JSON.parse(errorBodyFromTemplate(template)(problem)));
}

function schemaOf(value: unknown): Schema {
  if (Array.isArray(value)) return { type: 'array' };
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    return {
      type: 'object',
      properties: Object.fromEntries(members.map(([name, member]) => [name, schemaOf(member)])),
      required: members.map(([name]) => name),
    };
  }
  return { type: value === null ? 'null' : typeof value };
}
