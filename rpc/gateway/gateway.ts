import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import type { OutgoingCall, ThriftClient } from '../client/client.ts';
import type { CallContext, CallOptions } from '../client/options.ts';
import type { AnswerPolicy } from '../http/answer-policy.ts';
import type { ErrorBody } from '../http/error-body.ts';
import type { GatewayProblem } from '../http/gateway-problem.ts';
import { httpService } from '../http/http-service.ts';
import type { UploadPlan } from '../http/upload-plan.ts';
import { annotation, type Idl } from '../idl/model.ts';
import { JsonOut } from '../json/json-out.ts';
import { jsonStyle } from '../json/json-style.ts';
import { JsonFromThriftCompiler } from '../json/thrift-to-json.ts';
import type { ProtocolReader, ProtocolWriter } from '../wire/protocol.ts';
import { malformed } from '../wire/wire-error.ts';
import { preflight, withPolicyHeaders } from './answer-headers.ts';
import { compressed, varyingByCoding } from './compress.ts';
import { type Failing, GatewayErrors } from './gateway-errors.ts';
import type { HttpInput, HttpOutput, InvokeOptions } from './http-types.ts';
import { inflated } from './inflate.ts';
import { LargeBodies } from './large-bodies.ts';
import { type ReplyKind, replyWriter } from './reply-writer.ts';
import { BodyTooLarge, type Incoming, UnsupportedMedia, type WholeInput } from './request-body.ts';
import { contextOfHeaders, headerValue } from './request-parts.ts';
import { incoming, type RequestPlan, requestPlans, takeApart } from './request-plan.ts';
import { parsesBody } from './request-writer.ts';
import { upload } from './upload.ts';
import { type FirstPiece, wholeAnswer } from './whole-answer.ts';

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
  /** How large a body may be that the method takes as it comes (`api.upload`); null: bodies are read whole for it. */
  uploadBytes(rpcMethod: string): number | null;
  /** Answers a request that cannot be had whole, in the shape of the gateway's other errors. */
  refuse(rpcMethod: string, input: HttpInput, why: Omit<GatewayProblem, 'rpcMethod'>): HttpOutput;
  /** Headers of an answer that somebody else gives for the method, with those that its every answer has. */
  dressed(rpcMethod: string, input: HttpInput, rawHeaders: readonly string[]): readonly string[];
  /** Answers an HTTP request through the service. Rejects only for a method that the service does not have. */
  invoke(rpcMethod: string, input: HttpInput, options?: InvokeOptions): Promise<HttpOutput>;
  /** Closes the client. */
  close(): Promise<void>;
}

interface Plan extends RequestPlan {
  /** OPTIONS is a method of its routes like any other, and no preflight. */
  readonly takesOptions: boolean;
  readonly read: (r: ProtocolReader, messageType: number, out: JsonOut) => ReplyKind;
}

/** Longer bodies that have to be taken apart are read in another thread. A shorter one holds this one for a few milliseconds at most. */
const largeBytes = 64 * 1024;
/** Least time between two calls of which the first brought an empty piece, milliseconds. */
const emptyPieceMs = 100;

/** @throws BanyanError `BANYAN_IDL_NO_SERVICE`, `BANYAN_RPC_ERROR_BODY` */
export function createGateway(options: GatewayOptions): Gateway {
  return new ThriftGateway(options);
}

class ThriftGateway implements Gateway {
  readonly #client: ThriftClient;
  readonly #plans = new Map<string, Plan>();
  readonly #errors: GatewayErrors;
  readonly maxBodyBytes: number;
  /** Content codings are taken off; if not, a body with one is refused, as by a monolith that does not. */
  readonly #inflates: boolean;
  readonly #deadlineMs: number;
  readonly #service: string;
  readonly #largeBodies: LargeBodies;
  /** Shared by all calls: a reply is read in one go. */
  readonly #out = new JsonOut(65536);

  constructor(options: GatewayOptions) {
    this.#client = options.client;
    this.#service = options.service;
    this.#deadlineMs = options.deadlineMs ?? 5_000;
    const service = httpService(options.idl, options.service);
    const said = annotation(service.annotations, 'api.max_body_bytes');
    this.maxBodyBytes = options.maxBodyBytes ?? (said === undefined ? 16 * 1024 * 1024 : Number(said));
    this.#inflates = annotation(service.annotations, 'api.inflate') !== 'false';
    this.#errors = new GatewayErrors(service, options.errorBody);
    const unknownMembers = options.unknownMembers ?? 'ignore';
    const toJson = new JsonFromThriftCompiler(jsonStyle(service.annotations));
    for (const [name, plan] of requestPlans(service, unknownMembers)) {
      this.#plans.set(name, {
        ...plan,
        takesOptions: plan.binding.routes.some(({ method }) => method === 'OPTIONS'),
        read: replyWriter(plan.binding, toJson),
      });
    }
    this.#largeBodies = new LargeBodies({
      idl: options.idl,
      service: options.service,
      unknownMembers,
      protocol: options.client.protocol,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#largeBodies.close()]);
  }

  #planOf(rpcMethod: string): Plan {
    const plan = this.#plans.get(rpcMethod);
    if (plan !== undefined) return plan;
    throw new BanyanError('BANYAN_RPC_NO_METHOD', `${this.#service} has no HTTP method ${rpcMethod}`, {
      fix: `Route to one of: ${[...this.#plans.keys()].join(', ')}.`,
    });
  }

  uploadBytes(rpcMethod: string): number | null {
    return this.#planOf(rpcMethod).binding.upload?.maxBytes ?? null;
  }

  refuse(rpcMethod: string, input: HttpInput, why: Omit<GatewayProblem, 'rpcMethod'>): HttpOutput {
    const { requestId } = contextOfHeaders(input.rawHeaders);
    const plan = this.#planOf(rpcMethod);
    const output = this.#errors.problem({ binding: plan.binding, input, requestId }, { ...why, rpcMethod });
    return { ...output, rawHeaders: dressedBy(plan.binding.answer, input, output.rawHeaders) };
  }

  dressed(rpcMethod: string, input: HttpInput, rawHeaders: readonly string[]): readonly string[] {
    // An answer that says that there is no such method is one too.
    return dressedBy(this.#plans.get(rpcMethod)?.binding.answer ?? null, input, rawHeaders);
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
    const withHeaders = { ...output, rawHeaders: withPolicyHeaders(policy, input, output.rawHeaders) };
    return compressFrom === null ? withHeaders : await compressed(compressFrom, input, withHeaders);
  }

  async #exchange(plan: Plan, input: HttpInput, options: InvokeOptions): Promise<HttpOutput> {
    const context = options.context ?? contextOfHeaders(input.rawHeaders);
    const asked: Failing = { binding: plan.binding, input, requestId: context.requestId };
    const call = this.#callOptions(options, context);
    try {
      if (plan.binding.upload !== null) return await this.#upload(plan, asked, plan.binding.upload, call);
      const answered = await this.#ask(plan, asked, await this.#wholeInput(plan, input), call);
      // A oneway call ends once it is sent, and nothing comes back.
      return answered ?? { status: plan.binding.status, rawHeaders: ['Content-Length', '0'], body: null };
    } catch (error) {
      return this.#errors.failed(asked, error);
    }
  }

  /** The request with its body whole, and without the coding that it may have come in. @throws what a request is refused for */
  async #wholeInput({ wants }: Plan, input: HttpInput): Promise<WholeInput> {
    const { body } = input;
    if (body === null) return { ...input, body };
    if (!Buffer.isBuffer(body)) throw new Error('only uploads come in pieces');
    if (body.length > this.maxBodyBytes) {
      throw new BodyTooLarge(`the body has ${body.length} bytes, and the limit is ${this.maxBodyBytes}`);
    }
    const coding = parsesBody(wants) && body.length > 0 ? codingOf(input) : null;
    if (coding === null) return { ...input, body };
    if (!this.#inflates) throw new UnsupportedMedia(`a body encoded with ${coding}`);
    return { ...input, body: await inflated(body, coding, this.maxBodyBytes) };
  }

  #callOptions(options: InvokeOptions, context: CallContext): CallOptions {
    const usual = options.deadlineMs ?? this.#deadlineMs;
    const { withinMs } = options;
    const deadlineMs = withinMs !== undefined && withinMs < usual ? withinMs : usual;
    // Set one by one: spreading objects is dear on a path that every request takes.
    const call: { -readonly [K in keyof CallOptions]: CallOptions[K] } = { deadlineMs };
    if (options.retries !== undefined) call.retries = options.retries;
    if (options.signal !== undefined) call.signal = options.signal;
    call.context = context;
    return call;
  }

  /** undefined: nothing comes back. */
  async #ask(
    plan: Plan,
    asked: Failing,
    input: WholeInput,
    call: CallOptions,
  ): Promise<HttpOutput | undefined> {
    const request = incoming(input);
    const answered: FirstPiece | undefined = await this.#call(
      plan,
      request,
      (r, messageType) => this.#answer(plan, asked, r, messageType),
      call,
    );
    if (answered?.next === undefined) return answered;
    const { next, ...head } = answered;
    return { ...head, body: this.#pieces(plan, request, head.body, next, call) };
  }

  /** A body that comes in pieces, a call for each, until one is answered otherwise than by what the next is asked by. */
  #upload(plan: Plan, asked: Failing, how: UploadPlan, call: CallOptions): Promise<HttpOutput> {
    const { input } = asked;
    const coding = codingOf(input);
    if (coding !== null && how.takesMultipart) throw new UnsupportedMedia(`a body encoded with ${coding}`);
    const request = incoming({ ...input, body: null });
    const { body } = input;
    const pieces = body === null || Buffer.isBuffer(body) ? [body ?? Buffer.alloc(0)] : body;
    const type = headerValue(input.rawHeaders, 'content-type');
    return upload<HttpOutput>(request, pieces, type, how, () =>
      this.#client.exchange(
        plan.binding.method,
        (w, outgoing) => {
          request.call = outgoing;
          plan.write(w, request);
        },
        (r, messageType) => {
          const out = this.#out;
          out.reset();
          const kind = plan.read(r, messageType, out);
          const { next } = out;
          if (next !== null && !kind.isException && request.piece?.isLast === false) return { next };
          return { answer: wholeAnswer(asked.binding, input, asked.requestId, kind, out) };
        },
        call,
      ),
    );
  }

  /** Calls the service with what the request says; a body that is read whole and large is read elsewhere. */
  async #call<T>(
    plan: Plan,
    request: Incoming,
    read: (r: ProtocolReader, messageType: number) => T,
    call: CallOptions,
  ): Promise<T> {
    const { method } = plan.binding;
    const { input, cursor } = request;
    if (input.body !== null && input.body.length > largeBytes && parsesBody(plan.wants)) {
      const began = performance.now();
      const bytes = await this.#largeBodies.write(method.name, input, cursor, call);
      const deadlineMs = Math.max(1, call.deadlineMs! - (performance.now() - began));
      return this.#client.exchange(method, (w) => w.rawBytes(bytes), read, { ...call, deadlineMs });
    }
    await takeApart(plan, request);
    const write = (w: ProtocolWriter, outgoing: OutgoingCall): void => {
      request.call = outgoing;
      plan.write(w, request);
    };
    return this.#client.exchange(method, write, read, call);
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
      const piece = await this.#call(
        plan,
        request,
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

  #answer(
    plan: Plan,
    { binding, input, requestId }: Failing,
    r: ProtocolReader,
    messageType: number,
  ): FirstPiece {
    const out = this.#out;
    out.reset();
    return wholeAnswer(binding, input, requestId, plan.read(r, messageType, out), out);
  }
}

/** With what the method's every answer has. */
function dressedBy(policy: AnswerPolicy | null, input: HttpInput, rawHeaders: readonly string[]): string[] {
  if (policy === null) return [...rawHeaders];
  const dressed = withPolicyHeaders(policy, input, rawHeaders);
  return policy.compressFrom === null ? dressed : varyingByCoding(dressed);
}

/** The coding that the body came in; null: none. */
function codingOf({ rawHeaders }: HttpInput): string | null {
  const coding = headerValue(rawHeaders, 'content-encoding');
  return coding === undefined || /^\s*(?:identity\s*)?$/i.test(coding) ? null : coding;
}
