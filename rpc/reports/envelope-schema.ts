import type { Envelope } from '../http/body-shape.ts';
import type { Schema } from './json-schema.ts';

/** The schema of a body within its envelope; the schema itself where there is none. */
export function enveloped(envelope: Envelope | null | undefined, schema: Schema): Schema {
  if (envelope == null) return schema;
  const mark = JSON.stringify('\u0001');
  const around = envelope.around(Buffer.from(mark), { status: 200, requestId: 'id' });
  return schemaOfValue(JSON.parse(String(around)), { mark: JSON.parse(mark), schema });
}

/** The schema of values like this one. @param body what stands where the mark does */
export function schemaOfValue(value: unknown, body?: { mark: unknown; schema: Schema }): Schema {
  if (body !== undefined && value === body.mark) return body.schema;
  if (Array.isArray(value)) return { type: 'array' };
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    return {
      type: 'object',
      properties: Object.fromEntries(members.map(([name, member]) => [name, schemaOfValue(member, body)])),
      required: members.map(([name]) => name),
    };
  }
  return { type: value === null ? 'null' : typeof value };
}
