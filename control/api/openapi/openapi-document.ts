import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { type ApiErrorCode, errorAnswer, errorStatuses } from '../contract/errors.ts';
import { events } from '../contract/events.ts';
import {
  type Action,
  actions,
  commonErrors,
  inquiries,
  orders,
  type Question,
  questions,
} from '../contract/operations.ts';
import { streamLine } from '../contract/progress.ts';

type JsonSchema = Record<string, unknown>;

/** The admin API as an OpenAPI 3.1 document, made of the contract alone. */
export function openApiDocument() {
  const asked = z.registry<{ id: string }>();
  const answered = z.registry<{ id: string }>();
  answered.add(errorAnswer, { id: 'Error' });
  for (const [name, { answer }] of Object.entries<Question>(questions)) {
    answered.add(answer, { id: `${pascal(name)}Answer` });
  }
  for (const [name, { body, answer, streams }] of Object.entries<Action>({
    ...inquiries,
    ...actions,
    ...orders,
  })) {
    if (!asked.has(body)) asked.add(body, { id: `${pascal(name)}Request` });
    if (!answered.has(answer)) answered.add(answer, { id: `${pascal(name)}Answer` });
    if (streams) answered.add(streamLine(answer), { id: `${pascal(name)}Line` });
  }
  for (const [name, schema] of Object.entries(events)) {
    if (!answered.has(schema)) answered.add(schema, { id: `${pascal(name)}Event` });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'banyan admin API',
      version: packageJson.version,
      description: 'What `banyan control` answers on control.listen. See docs/api.md.',
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: 'http://127.0.0.1:7410' }],
    security: [{ token: [] }],
    tags: [{ name: 'look' }, { name: 'change' }],
    paths: {
      '/healthz': { get: healthOperation },
      '/v1/openapi.json': { get: documentOperation },
      '/v1/events': { get: eventsOperation(answered) },
      ...Object.fromEntries(
        Object.entries<Question>(questions).map(([name, question]) => [
          question.path,
          { get: questionOperation(name, question) },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries<Action>(inquiries).map(([name, inquiry]) => [
          `/v1/${name}`,
          { post: inquiryOperation(name, inquiry, asked, answered) },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries<Action>(actions).map(([name, action]) => [
          `/v1/features/{feature}/${name}`,
          {
            post: actionOperation(name, action, asked, answered, [featureParameter, whoParameter]),
          },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries<Action>(orders).map(([name, order]) => [
          `/v1/${name}`,
          { post: actionOperation(name, order, asked, answered, [whoParameter]) },
        ]),
      ),
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { ...schemasOf(asked, 'input'), ...schemasOf(answered, 'output') },
    },
  };
}

function questionOperation(name: string, { summary, path, query, errors }: Question) {
  const names = z.toJSONSchema(query, { io: 'input' });
  const required: readonly string[] = names.required ?? [];
  const parameters = Object.entries(names.properties ?? {}).map(([key, schema]) => ({
    name: key,
    in: 'query',
    required: required.includes(key),
    // A query holds text, of which zod says nothing; what is made of it is in the output.
    schema: Object.keys(schema).length > 0 ? schema : { type: 'integer' },
  }));
  return {
    operationId: name,
    summary,
    tags: ['look'],
    parameters: [...(path.includes('{feature}') ? [featureParameter] : []), ...parameters],
    responses: {
      200: {
        description: summary,
        content: { 'application/json': { schema: ref(`${pascal(name)}Answer`) } },
      },
      ...errorResponses(errors),
    },
  };
}

type Names = z.core.$ZodRegistry<{ id: string }>;

function actionOperation(
  name: string,
  { summary, streams, errors, ...action }: Action,
  asked: Names,
  answered: Names,
  parameters: readonly { readonly in: string }[],
) {
  const answer = answered.get(action.answer)?.id ?? '';
  const request = asked.get(action.body)?.id ?? '';
  const ofFeature = parameters.some((parameter) => parameter.in === 'path');
  const content = streams
    ? { 'application/x-ndjson': { schema: ref(`${pascal(name)}Line`) } }
    : { 'application/json': { schema: ref(answer) } };
  return {
    operationId: name,
    summary,
    tags: ['change'],
    parameters,
    requestBody: { required: true, content: { 'application/json': { schema: ref(request) } } },
    responses: {
      200: {
        description: streams ? 'Lines of progress, and last the result or an error.' : summary,
        content,
      },
      ...errorResponses([
        ...(ofFeature ? (['BANYAN_FEATURE_UNKNOWN'] as const) : []),
        'BANYAN_FORBIDDEN',
        'BANYAN_CONTROL_STANDBY',
        ...errors,
      ]),
    },
  };
}

function inquiryOperation(
  name: string,
  { summary, errors, ...inquiry }: Action,
  asked: Names,
  answered: Names,
) {
  const request = ref(asked.get(inquiry.body)?.id ?? '');
  const schema = ref(answered.get(inquiry.answer)?.id ?? '');
  return {
    operationId: name,
    summary,
    tags: ['look'],
    requestBody: { required: true, content: { 'application/json': { schema: request } } },
    responses: {
      200: { description: summary, content: { 'application/json': { schema } } },
      ...errorResponses(errors),
    },
  };
}

const whoParameter = {
  name: 'x-banyan-who',
  in: 'header',
  description: 'Who asks, percent-encoded: kept in the audit log.',
  schema: { type: 'string' },
};

const healthOperation = {
  operationId: 'healthz',
  summary: 'Whether the process lives, and whether it conducts',
  tags: ['look'],
  security: [],
  responses: {
    200: {
      description: 'It lives.',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: { ok: { const: true }, role: { enum: ['active', 'standby'] } },
            required: ['ok', 'role'],
          },
        },
      },
    },
  },
};

const documentOperation = {
  operationId: 'openapi',
  summary: 'This document',
  tags: ['look'],
  security: [],
  responses: {
    200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
  },
};

function eventsOperation(answered: z.core.$ZodRegistry<{ id: string }>) {
  const list = Object.entries(events).map(
    ([name, schema]) => `\`${name}\`: #/components/schemas/${answered.get(schema)?.id}`,
  );
  return {
    operationId: 'events',
    summary: 'Server-sent events: the whole state first, then changes, progress and troubles as they come',
    description: `The data of each event, by its name: ${list.join('; ')}.`,
    tags: ['look'],
    parameters: [
      {
        name: 'figures',
        in: 'query',
        description: '`true`: `figures` are told, too.',
        schema: { type: 'boolean' },
      },
      {
        name: 'last-event-id',
        in: 'header',
        description: 'The id of the last event received: changes since then are told first.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      200: { description: 'Events', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      ...errorResponses([]),
    },
  };
}

const featureParameter = {
  name: 'feature',
  in: 'path',
  required: true,
  description: 'As the config names it.',
  schema: { type: 'string' },
};

/** By status: the codes that it may come with. */
function errorResponses(errors: readonly ApiErrorCode[]) {
  const codes = [...new Set([...commonErrors, ...errors])];
  const statuses = [...new Set(codes.map((code) => errorStatuses[code]))].sort((a, b) => a - b);
  return Object.fromEntries([
    ...statuses.map((status) => [
      status,
      errorResponse(codes.filter((code) => errorStatuses[code] === status).join(', ')),
    ]),
    ['default', errorResponse('Any other code: docs/errors.md lists them all.')],
  ]);
}

function errorResponse(description: string) {
  return { description, content: { 'application/json': { schema: ref('Error') } } };
}

function schemasOf(
  registry: z.core.$ZodRegistry<{ id: string }>,
  io: 'input' | 'output',
): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => {
      // Said of a schema that JavaScript may not write to, which is nothing to a client.
      delete jsonSchema.readOnly;
      // An answer may say more tomorrow; a request with a member that nobody knows is refused.
      if (io === 'output') delete jsonSchema.additionalProperties;
    },
  });
  return Object.fromEntries(
    Object.entries(schemas as Record<string, JsonSchema>).map(([name, { $schema, $id, ...schema }]) => [
      name,
      schema,
    ]),
  );
}

function ref(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}

/** `sign-off` → `SignOff`. */
function pascal(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
