import {
  defaultErrorTemplate,
  type ErrorBody,
  errorBodiesByCode,
  errorBodyFromTemplate,
  errorType,
  isJsonType,
} from '../http/error-body.ts';
import { annotation, type ServiceDef } from '../idl/model.ts';
import { schemaOfValue } from './envelope-schema.ts';
import type { Schema } from './json-schema.ts';

const problem = { status: 400, code: 'code', message: 'message', at: 'at', rpcMethod: 'method' };

/**
 * The content of what the gateway answers by itself: schemas read off bodies that `api.error_body` and `api.error_body_for` make, by their
 * types.
 */
export function errorContent({ annotations }: ServiceDef): { content: Record<string, { schema: Schema }> } {
  const usual = errorBodyFromTemplate(annotation(annotations, 'api.error_body') ?? defaultErrorTemplate);
  const bodies = [{ type: errorType(annotations), body: usual }, ...errorBodiesByCode(annotations).values()];
  const schemas = new Map<string, Schema[]>();
  for (const { type, body } of bodies) {
    const media = type.replace(/\s*;.*$/s, '').toLowerCase();
    const schema = isJsonType(type) ? schemaOfBody(body) : { type: 'string' };
    const known = schemas.get(media) ?? [];
    if (known.some((one) => JSON.stringify(one) === JSON.stringify(schema))) continue;
    schemas.set(media, [...known, schema]);
  }
  const content = [...schemas].map(
    ([media, [first, ...others]]) =>
      [media, { schema: others.length === 0 ? first! : { anyOf: [first!, ...others] } }] as const,
  );
  return { content: Object.fromEntries(content) };
}

function schemaOfBody(body: ErrorBody): Schema {
  return schemaOfValue(JSON.parse(body(problem)));
}
