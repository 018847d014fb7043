import { Ajv2020 } from 'ajv/dist/2020.js';

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly Record<string, unknown>[];
  readonly requestBody?: Record<string, unknown>;
  readonly responses?: Record<string, Record<string, unknown>>;
}

const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

/** What is wrong with an OpenAPI 3.1 document, by its specification's rules for the parts that banyan writes. */
export function openApiFaults(given: object): string[] {
  const faults: string[] = [];
  const document = given as Record<string, never> & {
    readonly openapi: string;
    readonly info: Record<string, unknown>;
    readonly paths: Record<string, Record<string, Operation>>;
    readonly components: { readonly schemas: Record<string, object> };
  };
  const say = (where: string, what: string) => faults.push(`${where}: ${what}`);
  if (!/^3\.1\.\d+$/.test(document.openapi)) say('openapi', String(document.openapi));
  if (typeof document.info.title !== 'string' || typeof document.info.version !== 'string')
    say('info', 'lacks');
  const { schemas } = document.components;
  for (const name of Object.keys(schemas)) if (!/^[a-zA-Z0-9._-]+$/.test(name)) say(name, 'component name');

  // Schemas: valid 2020-12 themselves, and every reference leads somewhere.
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats: anyFormat });
  ajv.addVocabulary(['components', 'x-banyan-vd']);
  ajv.addSchema({ $id: 'root', components: { schemas } });
  const judge = (where: string, schema: unknown) => {
    try {
      ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"root#/')) as object);
    } catch (error) {
      say(where, String(error));
    }
  };
  for (const [name, schema] of Object.entries(schemas)) judge(`schema ${name}`, schema);
  const content = (where: string, holder: Record<string, unknown> | undefined) => {
    for (const [type, media] of Object.entries(
      (holder?.content ?? {}) as Record<string, { schema: unknown }>,
    )) {
      if (!/^[a-z]+\/[a-z0-9.+-]+$/.test(type)) say(where, `media type ${type}`);
      judge(`${where} ${type}`, media.schema);
    }
  };

  const operationIds = new Set<string>();
  const patterns = new Map<string, string>();
  for (const [path, item] of Object.entries(document.paths)) {
    if (!/^\/(?:[^{}?#*:]|\{[^{}]+\})*$/.test(path)) say(path, 'path template');
    const pattern = path.replace(/\{[^{}]+\}/g, '{}');
    if (patterns.has(pattern)) say(path, `is ${patterns.get(pattern)}`);
    patterns.set(pattern, path);
    const inTemplate = [...path.matchAll(/\{([^{}]+)\}/g)].map((found) => found[1]!).sort();
    for (const [method, operation] of Object.entries(item)) {
      const where = `${method} ${path}`;
      if (!methods.has(method)) say(where, 'no method');
      if (operationIds.has(operation.operationId!)) say(where, `operationId ${operation.operationId} again`);
      operationIds.add(operation.operationId!);
      const seen = new Set<string>();
      for (const parameter of operation.parameters ?? []) {
        const { name, in: place, required, schema } = parameter as { [member: string]: string };
        if (seen.has(`${place} ${name}`)) say(where, `parameter ${place} ${name} twice`);
        seen.add(`${place} ${name}`);
        if (!['path', 'query', 'header', 'cookie'].includes(place!)) say(where, `parameter in ${place}`);
        if (place === 'path' && String(required) !== 'true')
          say(where, `path parameter ${name} not required`);
        if ((schema === undefined) === (parameter.content === undefined)) {
          say(where, `parameter ${name} has not one of schema and content`);
        }
        if (schema !== undefined) judge(`${where} ${name}`, schema);
        content(`${where} ${name}`, parameter);
      }
      const inPath = [...seen].flatMap((one) => (one.startsWith('path ') ? [one.slice(5)] : [])).sort();
      if (inPath.join() !== inTemplate.join()) say(where, `path parameters ${inPath} for ${inTemplate}`);
      if (operation.requestBody !== undefined && operation.requestBody.content === undefined) {
        say(where, 'requestBody without content');
      }
      content(`${where} body`, operation.requestBody);
      if (Object.keys(operation.responses ?? {}).length === 0) say(where, 'no response');
      for (const [status, response] of Object.entries(operation.responses ?? {})) {
        if (!/^(?:[1-5]\d\d|default)$/.test(status)) say(where, `status ${status}`);
        if (typeof response.description !== 'string') say(where, `${status} without description`);
        content(`${where} ${status}`, response);
        for (const header of Object.values((response.headers ?? {}) as Record<string, { schema: unknown }>)) {
          judge(`${where} ${status} header`, header.schema);
        }
      }
    }
  }
  return faults;
}

/** Judges values by a component of the document. */
export function componentJudge(given: object, component: string): (value: unknown) => string {
  const { schemas } = (given as { components: { schemas: object } }).components;
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats: anyFormat });
  ajv.addVocabulary(['components', 'x-banyan-vd']);
  ajv.addSchema({ $id: 'root', components: { schemas } });
  const validate = ajv.compile({ $ref: `root#/components/schemas/${component}` });
  return (value) => (validate(value) ? '' : ajv.errorsText(validate.errors));
}

/** Formats are notes to readers; the types are judged. */
const anyFormat = { int64: true, double: true, uuid: true, 'date-time': true } as const;
