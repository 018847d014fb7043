import { BanyanError } from '../../common/errors.ts';
import type { MethodBinding } from '../http/binding.ts';
import {
  defaultErrorTemplate,
  type ErrorBody,
  errorBodiesByCode,
  errorBodyFromTemplate,
  errorMessages,
  errorStatuses,
  errorType,
  isJsonType,
  type TypedBody,
  templateFault,
} from '../http/error-body.ts';
import type { GatewayProblem } from '../http/gateway-problem.ts';
import { annotation, type ServiceDef } from '../idl/model.ts';
import { weakEtag } from './etag.ts';
import type { HttpInput, HttpOutput } from './http-types.ts';
import { problemOf } from './problems.ts';

/** A request that ends in an error. */
export interface Failing {
  readonly binding: MethodBinding;
  readonly input: HttpInput;
  readonly requestId: string | undefined;
}

/** What a service's gateway answers when the service does not, in the shape that its annotations or the options say. */
export class GatewayErrors {
  readonly #usual: TypedBody;
  readonly #byCode: ReadonlyMap<string, TypedBody>;
  readonly #statuses: ReadonlyMap<string, number>;
  readonly #messages: ReadonlyMap<number, string>;

  /** @param errorBody wins over all that the IDL says of bodies. @throws BanyanError `BANYAN_RPC_ERROR_BODY` */
  constructor(service: ServiceDef, errorBody: string | ErrorBody | undefined) {
    const { annotations } = service;
    this.#messages = errorMessages(annotations);
    this.#statuses = errorStatuses(annotations);
    const type = errorType(annotations);
    const body = errorBody ?? annotation(annotations, 'api.error_body') ?? defaultErrorTemplate;
    const fault = typeof body === 'string' ? templateFault(body, type) : null;
    if (fault !== null) {
      throw new BanyanError(
        'BANYAN_RPC_ERROR_BODY',
        `the error body of ${service.name} is no JSON: ${fault}`,
        { fix: 'Write JSON text with $code, $message, $status and $at inside string literals.' },
      );
    }
    this.#usual = { type, body: typeof body === 'string' ? errorBodyFromTemplate(body, type) : body };
    this.#byCode = errorBody === undefined ? errorBodiesByCode(annotations) : new Map();
  }

  /** What a request is answered that ended in this error. */
  failed(asked: Failing, error: unknown): HttpOutput {
    const { problem, fault, failure } = problemOf(error, asked.binding.method.name);
    const output = this.problem(asked, problem, fault);
    return failure === undefined ? output : { ...output, failure };
  }

  /** @param fault what the field at fault wants the client to be told. */
  problem({ binding, input, requestId }: Failing, problem: GatewayProblem, fault?: string): HttpOutput {
    const message = fault ?? this.#messages.get(problem.status) ?? problem.message;
    const status = this.#statuses.get(problem.code) ?? problem.status;
    const told = { ...problem, status, message, ...(requestId === undefined ? {} : { requestId }) };
    const { type, body: make } = this.#byCode.get(problem.code) ?? this.#usual;
    const text = Buffer.from(make(told));
    const layout = binding.shape?.layout ?? null;
    const body = layout === null || !isJsonType(type) ? text : layout(text);
    const rawHeaders = [
      ...(binding.weakEtag ? ['ETag', weakEtag(body)] : []),
      ...(problem.status === 503 ? ['Retry-After', '1'] : []),
      'Content-Type',
      type,
      'Content-Length',
      String(body.length),
    ];
    return { status, rawHeaders, body: input.method === 'HEAD' ? null : body };
  }
}
