import { isUtf8 } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import type { ThriftClient } from '../client/client.ts';
import type { CallOptions } from '../client/options.ts';
import type { AnswerPolicy } from '../http/answer-policy.ts';
import { bindMethod } from '../http/bind-method.ts';
import type { MethodBinding } from '../http/binding.ts';
import { serviceOf } from '../idl/load-idl.ts';
import { annotation, type Idl } from '../idl/model.ts';
import { JsonOut } from '../json/json-out.ts';
import { ThriftFromJsonCompiler } from '../json/json-to-thrift.ts';
import { JsonFromThriftCompiler } from '../json/thrift-to-json.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { malformed } from '../wire/wire-error.ts';
import { preflight, withPolicyHeaders } from './answer-headers.ts';
import { compressed } from './compress.ts';
import {
  defaultErrorTemplate,
  type ErrorBody,
  errorBodyFromTemplate,
  errorMessages,
  errorStatuses,
  errorType,
  templateFault,
} from './error-body.ts';
import { isFresh, weakEtag } from './etag.ts';
import type { GatewayProblem, HttpInput, HttpOutput, InvokeOptions } from './http-types.ts';
import { inflated } from './inflate.ts';
import { problemOf } from './problems.ts';
import { ranged } from './range.ts';
import { type ReplyKind, replyWriter } from './reply-writer.ts';
import { type Incoming, UnsupportedMedia } from './request-body.ts';
import { contextOfHeaders, headerValue } from './request-parts.ts';
import { bodyWants, requestWriter } from './request-writer.ts';

export interface GatewayOptions {
  readonly idl: Idl;
  readonly service: string;
  readonly client: ThriftClient;
  /** The body of errors that the gateway answers itself: a template (docs/idl.md) or a function. Default: `api.error_body`. */
  readonly errorBody?: string | ErrorBody;
  /** Largest request body in bytes. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** JSON members that no field takes. Default 'ignore'. */
  readonly unknownMembers?: 'ignore' | 'refuse';
  /** Default deadline of a call in milliseconds. Default 5,000. */
  readonly deadlineMs?: number;
}

export interface Gateway {
  /** Largest request body in bytes, as the options or `api.max_body_bytes` say. Who reads bodies for the gateway reads no more. */
  readonly maxBodyBytes: number;
  /** Answers a request that cannot be had whole, in the shape of the gateway's other errors. */
  refuse(rpcMethod: string, input: HttpInput, why: Omit<GatewayProblem, 'rpcMethod'>): HttpOutput;
  /** Answers an HTTP request through the service. Rejects only for a method that the service does not have. */
  invoke(rpcMethod: string, input: HttpInput, options?: InvokeOptions): Promise<HttpOutput>;
  /** Closes the client. */
  close(): Promise<void>;
}

interface Plan {
  readonly binding: MethodBinding;
  /** OPTIONS is a method of its routes like any other, and no preflight. */
  readonly takesOptions: boolean;
  /** The body is parsed, and so must be inflated before. */
  readonly parsesBody: boolean;
  readonly write: (w: ProtocolWriter, request: Incoming) => void;
  readonly read: (r: ProtocolReader, messageType: number, out: JsonOut) => ReplyKind;
}

type WholeOutput = HttpOutput & { readonly body: Buffer | null; readonly next?: undefined };

/** A stream's head, and what the rest is asked by. */
type FirstPiece = WholeOutput | (Omit<HttpOutput, 'body'> & { readonly body: Buffer; readonly next: string });

/** Least time between two calls of which the first brought an empty piece, milliseconds. */
const emptyPieceMs = 100;

/** A request on its way to an answer. */
interface Asked {
  readonly plan: Plan;
  readonly input: HttpInput;
  readonly requestId: string | undefined;
}

/** @throws BanyanError `BANYAN_IDL_NO_SERVICE`, `BANYAN_RPC_ERROR_BODY` */
export function createGateway(options: GatewayOptions): Gateway {
  return new ThriftGateway(options);
}

class ThriftGateway implements Gateway {
  readonly #client: ThriftClient;
  readonly #plans = new Map<string, Plan>();
  readonly #errorBody: ErrorBody;
  readonly #errorType: string;
  readonly #statuses: ReadonlyMap<string, number>;
  readonly #messages: ReadonlyMap<number, string>;
  readonly maxBodyBytes: number;
  /** Content codings are taken off; if not, a body with one is refused, as by a monolith that does not. */
  readonly #inflates: boolean;
  readonly #deadlineMs: number;
  readonly #service: string;
  /** Shared by all calls: a reply is read in one go. */
  readonly #out = new JsonOut(65536);

  constructor(options: GatewayOptions) {
    this.#client = options.client;
    this.#service = options.service;
    this.#deadlineMs = options.deadlineMs ?? 5_000;
    const service = serviceOf(options.idl, options.service);
    const said = annotation(service.annotations, 'api.max_body_bytes');
    this.maxBodyBytes = options.maxBodyBytes ?? (said === undefined ? 16 * 1024 * 1024 : Number(said));
    this.#inflates = annotation(service.annotations, 'api.inflate') !== 'false';
    this.#messages = errorMessages(service.annotations);
    this.#statuses = errorStatuses(service.annotations);
    this.#errorType = errorType(service.annotations);
    const fromJson = new ThriftFromJsonCompiler({ unknownMembers: options.unknownMembers ?? 'ignore' });
    const toJson = new JsonFromThriftCompiler();
    for (const method of service.methods) {
      const binding = bindMethod(service, method);
      if (binding === null) continue;
      const wants = bodyWants(binding);
      this.#plans.set(method.name, {
        binding,
        takesOptions: binding.routes.some(({ method }) => method === 'OPTIONS'),
        parsesBody: wants.json || wants.form.size > 0,
        write: requestWriter(binding, fromJson),
        read: replyWriter(binding, toJson),
      });
    }
    const body =
      options.errorBody ?? annotation(service.annotations, 'api.error_body') ?? defaultErrorTemplate;
    if (typeof body === 'string') {
      const fault = templateFault(body, this.#errorType);
      if (fault !== null) {
        throw new BanyanError(
          'BANYAN_RPC_ERROR_BODY',
          `the error body of ${service.name} is no JSON: ${fault}`,
          {
            fix: 'Write JSON text with $code, $message, $status and $at inside string literals.',
          },
        );
      }
    }
    this.#errorBody = typeof body === 'string' ? errorBodyFromTemplate(body, this.#errorType) : body;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #planOf(rpcMethod: string): Plan {
    const plan = this.#plans.get(rpcMethod);
    if (plan !== undefined) return plan;
    throw new BanyanError('BANYAN_RPC_NO_METHOD', `${this.#service} has no HTTP method ${rpcMethod}`, {
      fix: `Route to one of: ${[...this.#plans.keys()].join(', ')}.`,
    });
  }

  refuse(rpcMethod: string, input: HttpInput, why: Omit<GatewayProblem, 'rpcMethod'>): HttpOutput {
    const { requestId } = contextOfHeaders(input.rawHeaders);
    const plan = this.#planOf(rpcMethod);
    const output = this.#problem({ plan, input, requestId }, { ...why, rpcMethod });
    const policy = plan.binding.answer;
    return policy === null ? output : withPolicyHeaders(policy, input, output);
  }

  async invoke(rpcMethod: string, input: HttpInput, options: InvokeOptions = {}): Promise<HttpOutput> {
    const plan = this.#planOf(rpcMethod);
    const policy = plan.binding.answer;
    return policy === null
      ? this.#exchange(plan, input, options)
      : this.#underPolicy(policy, plan, input, options);
  }

  async #underPolicy(
    policy: AnswerPolicy,
    plan: Plan,
    input: HttpInput,
    options: InvokeOptions,
  ): Promise<HttpOutput> {
    const { cors, compressFrom } = policy;
    const isPreflight = cors !== null && input.method === 'OPTIONS' && !plan.takesOptions;
    const output = isPreflight ? preflight(cors, input) : await this.#exchange(plan, input, options);
    const withHeaders = withPolicyHeaders(policy, input, output);
    return compressFrom === null ? withHeaders : await compressed(compressFrom, input, withHeaders);
  }

  async #exchange(plan: Plan, input: HttpInput, options: InvokeOptions): Promise<HttpOutput> {
    const rpcMethod = plan.binding.method.name;
    const context = options.context ?? contextOfHeaders(input.rawHeaders);
    const asked: Asked = { plan, input, requestId: context.requestId };
    if (input.body !== null && input.body.length > this.maxBodyBytes) {
      const message = `the body has ${input.body.length} bytes, and the limit is ${this.maxBodyBytes}`;
      return this.#problem(asked, { status: 413, code: 'body_too_large', message, rpcMethod });
    }
    if (plan.parsesBody && input.body !== null && input.body.length > 0) {
      const coding = headerValue(input.rawHeaders, 'content-encoding');
      if (coding !== undefined && !/^\s*(?:identity\s*)?$/i.test(coding)) {
        try {
          if (!this.#inflates) throw new UnsupportedMedia(`a body encoded with ${coding}`);
          input = { ...input, body: await inflated(input.body, coding, this.maxBodyBytes) };
        } catch (error) {
          return this.#failed(asked, error);
        }
      }
    }
    const usual = options.deadlineMs ?? this.#deadlineMs;
    const { withinMs } = options;
    const deadlineMs = withinMs !== undefined && withinMs < usual ? withinMs : usual;
    // Set one by one: spreading objects is dear on a path that every request takes.
    const call: { -readonly [K in keyof CallOptions]: CallOptions[K] } = { deadlineMs };
    if (options.retries !== undefined) call.retries = options.retries;
    if (options.signal !== undefined) call.signal = options.signal;
    call.context = context;
    const request: Incoming = { input, call: null, json: null, form: null, cursor: null };
    try {
      const answered: FirstPiece | undefined = await this.#client.exchange(
        plan.binding.method,
        (w, outgoing) => {
          request.call = outgoing;
          plan.write(w, request);
        },
        (r, messageType) => this.#answer(plan, input, r, messageType),
        call,
      );
      if (answered?.next !== undefined) {
        const { next, ...head } = answered;
        return { ...head, body: this.#pieces(plan, request, head.body, next, call) };
      }
      // A oneway call ends once it is sent, and nothing comes back.
      return answered ?? { status: plan.binding.status, rawHeaders: ['Content-Length', '0'], body: null };
    } catch (error) {
      return this.#failed(asked, error);
    }
  }

  /** The rest of a stream, piece by piece: each is asked for by what the one before says, once that one was taken. */
  async *#pieces(
    plan: Plan,
    request: Incoming,
    first: Buffer,
    next: string,
    call: CallOptions,
  ): AsyncGenerator<Buffer> {
    const { method } = plan.binding;
    const out = this.#out;
    yield first;
    for (request.cursor = next; request.cursor !== null; ) {
      const askedAt = performance.now();
      const piece = await this.#client.exchange(
        method,
        (w) => plan.write(w, request),
        (r, messageType) => {
          out.reset();
          if (plan.read(r, messageType, out).isException)
            throw malformed(`${method.name} broke its stream off`);
          return { bytes: out.rawBody ?? Buffer.alloc(0), next: out.next };
        },
        call,
      );
      request.cursor = piece.next;
      if (piece.bytes.length > 0) yield piece.bytes;
      // A service that has nothing to say yet, and does not wait for it, is not asked in a loop.
      else await delay(Math.max(0, emptyPieceMs - (performance.now() - askedAt)), undefined, { ref: false });
    }
  }

  #answer(plan: Plan, input: HttpInput, r: ProtocolReader, messageType: number): FirstPiece | WholeOutput {
    const { binding } = plan;
    const out = this.#out;
    out.reset();
    const kind = plan.read(r, messageType, out);
    const status = out.status === 0 ? kind.status : out.status;
    const rawHeaders = kind.isException ? out.headers : [...binding.fixedHeaders, ...out.headers];
    if (status === 204 || status === 304) return { status, rawHeaders, body: null };
    if (!kind.hasBody) {
      rawHeaders.push('Content-Length', '0');
      return { status, rawHeaders, body: null };
    }
    const body = kind.rawType === null ? out.copy() : (out.rawBody ?? Buffer.alloc(0));
    if (headerValue(rawHeaders, 'content-type') === undefined) {
      rawHeaders.push('Content-Type', kind.rawType ?? 'application/json; charset=utf-8');
    }
    if (binding.isStream && out.next !== null && !kind.isException) {
      if (input.method === 'HEAD') return { status, rawHeaders, body: null };
      return { status, rawHeaders, body, next: out.next };
    }
    if (kind.rawType === null && !isUtf8(body)) throw malformed('a string is not UTF-8');
    if (binding.weakEtag && headerValue(rawHeaders, 'etag') === undefined) {
      rawHeaders.push('ETag', weakEtag(body));
    }
    const { method, rawHeaders: asked } = input;
    const isRead = method === 'GET' || method === 'HEAD';
    if (isRead && status >= 200 && status <= 299 && isFresh(asked, rawHeaders)) {
      return { status: 304, rawHeaders: without(rawHeaders, 'content-type'), body: null };
    }
    const part = binding.takesRanges && isRead ? ranged(asked, status, rawHeaders, body) : { status, body };
    rawHeaders.push('Content-Length', String(part.body.length));
    return { status: part.status, rawHeaders, body: method === 'HEAD' ? null : part.body };
  }

  #failed(asked: Asked, error: unknown): HttpOutput {
    const { problem, fault, failure } = problemOf(error, asked.plan.binding.method.name);
    const output = this.#problem(asked, problem, fault);
    return failure === undefined ? output : { ...output, failure };
  }

  /** @param fault what the field at fault wants the client to be told. */
  #problem({ plan, input, requestId }: Asked, problem: GatewayProblem, fault?: string): HttpOutput {
    const message = fault ?? this.#messages.get(problem.status) ?? problem.message;
    const status = this.#statuses.get(problem.code) ?? problem.status;
    const told = { ...problem, status, message, ...(requestId === undefined ? {} : { requestId }) };
    const body = Buffer.from(this.#errorBody(told));
    const rawHeaders = [
      ...(plan.binding.weakEtag ? ['ETag', weakEtag(body)] : []),
      ...(problem.status === 503 ? ['Retry-After', '1'] : []),
      'Content-Type',
      this.#errorType,
      'Content-Length',
      String(body.length),
    ];
    return { status, rawHeaders, body: input.method === 'HEAD' ? null : body };
  }
}

function without(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, i) => rawHeaders[i - (i % 2)]!.toLowerCase() !== name);
}
