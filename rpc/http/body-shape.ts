import { type Annotation, annotation, type MethodDef, type ServiceDef } from '../idl/model.ts';
import { type JsonLayout, jsonLayout } from '../json/json-layout.ts';

/** What the JSON bodies of a method's answers are put into, and how they are laid out. */
export interface BodyShape {
  /** Around a normal reply; null: nothing. */
  readonly envelope: Envelope | null;
  /** Around a declared exception; null: nothing. */
  readonly errorEnvelope: Envelope | null;
  readonly layout: JsonLayout | null;
}

export interface AnswerFacts {
  readonly status: number;
  readonly requestId: string | undefined;
}

/** The body within its envelope; an empty one is null there. */
export interface Envelope {
  around(body: Buffer, facts: AnswerFacts): Buffer;
}

/** What the annotations of a service and a method say of bodies; null where they say nothing. The method's own count first. */
export function bodyShape(service: ServiceDef, method: MethodDef): BodyShape | null {
  const both = [...service.annotations, ...method.annotations];
  const layout = jsonLayout(both);
  const envelope = envelopeOf(both, 'api.envelope');
  const errorEnvelope = envelopeOf(both, 'api.error_envelope');
  if (layout === null && envelope === null && errorEnvelope === null) return null;
  return { envelope, errorEnvelope, layout };
}

/** What is wrong with the template of an envelope; null where nothing is. */
export function envelopeFault(template: string): string | null {
  if (template === 'false') return null;
  if (template.split('$body').length !== 2) return 'it must have $body once';
  const body = envelope(template).around(Buffer.from('{"a":1}'), { status: 200, requestId: '"id"' });
  try {
    JSON.parse(String(body));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function envelopeOf(annotations: readonly Annotation[], name: string): Envelope | null {
  const said = annotation(annotations, name);
  return said === undefined || said === 'false' ? null : envelope(said);
}

const nothing = Buffer.from('null');

/** `$body` is the body, `$status` and `$request_id` stand inside string literals or, the status, as a number. */
function envelope(template: string): Envelope {
  const parts = template.split(/\$(body|status|request_id)\b/);
  const around: Envelope['around'] = (body, { status, requestId = '' }) =>
    Buffer.concat(
      parts.map((part, i) => {
        if (i % 2 === 0) return Buffer.from(part);
        if (part === 'body') return body.length === 0 ? nothing : body;
        return Buffer.from(part === 'status' ? String(status) : JSON.stringify(requestId).slice(1, -1));
      }),
    );
  return { around };
}
