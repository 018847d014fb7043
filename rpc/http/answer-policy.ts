import { type Annotation, annotation, type MethodDef, type ServiceDef } from '../idl/model.ts';
import { splitHeader } from './header-text.ts';

/** What holds for every answer of a route: the service's, its exceptions, and what the gateway says itself. */
export interface AnswerPolicy {
  /** Headers of every answer that has none of the name, names and values in turn. */
  readonly always: readonly string[];
  readonly cors: CorsPolicy | null;
  /** Least length of a body that is compressed, in bytes; null: none is. */
  readonly compressFrom: number | null;
}

/** Cross-origin requests, as the cors package of Express answers them. */
export interface CorsPolicy {
  /** `any`: `*`, whoever asks; `reflect`: whoever asks is named. */
  readonly origins: 'any' | 'reflect' | readonly string[];
  readonly methods: string;
  /** What a preflight allows; null: what it asks for. */
  readonly headers: string | null;
  readonly expose: string | null;
  readonly credentials: boolean;
  /** Seconds; null: the header is left out. */
  readonly maxAge: string | null;
}

/** What the annotations of a service and a method say of all answers; null where they say nothing. The method's own goes first. */
export function answerPolicy(service: ServiceDef, method: MethodDef): AnswerPolicy | null {
  const always = new Map<string, [string, string]>();
  for (const one of [...method.annotations, ...service.annotations]) {
    if (one.name !== 'api.always_header') continue;
    const header = splitHeader(one.value);
    if (header !== null && !always.has(header[0].toLowerCase())) always.set(header[0].toLowerCase(), header);
  }
  // The last one wins.
  const both = [...service.annotations, ...method.annotations];
  const compress = annotation(both, 'api.compress');
  const compressFrom = compress === undefined || compress === 'false' ? null : Number(compress || '1024');
  const cors = corsPolicy(both);
  if (always.size === 0 && cors === null && compressFrom === null) return null;
  return { always: [...always.values()].flat(), cors, compressFrom };
}

function corsPolicy(annotations: readonly Annotation[]): CorsPolicy | null {
  const said = annotation(annotations, 'api.cors');
  if (said === undefined || said === 'false') return null;
  const origins = said.split(/[\s,]+/).filter((one) => one !== '');
  return {
    origins: said === '*' || said === '' ? 'any' : said === 'reflect' ? 'reflect' : origins,
    methods: annotation(annotations, 'api.cors_methods') ?? 'GET,HEAD,PUT,PATCH,POST,DELETE',
    headers: annotation(annotations, 'api.cors_headers') ?? null,
    expose: annotation(annotations, 'api.cors_expose') ?? null,
    credentials: annotation(annotations, 'api.cors_credentials') === 'true',
    maxAge: annotation(annotations, 'api.cors_max_age') ?? null,
  };
}
