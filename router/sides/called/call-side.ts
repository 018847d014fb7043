import type { Logger } from 'pino';
import { BanyanError, describeError } from '../../../common/errors.ts';
import { type Failure, failures, RequestFault } from '../../answer/failure.ts';
import { bodyTooLarge, type RequestBody, readWhole } from '../../request/request-body.ts';
import type { Ask, Side, Work } from '../side.ts';
import type { Sink } from '../sink.ts';
import { upstreamFailure } from '../upstream-errors.ts';
import { answerWhole } from './answer-whole.ts';
import type { HttpInput, HttpOutput, InvokeOptions, RefusedInput, RouterService } from './router-service.ts';

export interface CallSideOptions {
  readonly kind: Side['kind'];
  readonly service: RouterService;
  /** Longest pause in a request's body, milliseconds. */
  readonly requestIdleMs: number;
  readonly logger: Logger;
}

const defaultMaxBodyBytes = 16 * 1024 * 1024;

/** A side that is called: a request is read whole, unless its method takes it as it comes, and becomes one call. */
export class CallSide implements Side {
  readonly kind: Side['kind'];
  readonly #options: CallSideOptions;

  constructor(options: CallSideOptions) {
    this.kind = options.kind;
    this.#options = options;
  }

  begin(ask: Ask, sink: Sink): Work {
    const aborted = new AbortController();
    const gate = new Gate();
    this.#call(ask, sink, aborted.signal, gate).catch((error: unknown) => {
      // Nothing in it may throw; if it does, the request must still end, and be counted as ended.
      this.#options.logger.error({ error: describeError(error) }, 'a call of a service failed unexpectedly');
      sink.fail(failures.unexpected());
    });
    return {
      abort(reason) {
        aborted.abort(reason);
        gate.open();
      },
      resume: () => gate.open(),
    };
  }

  dressed(ask: Ask, fields: readonly string[]): readonly string[] {
    return this.#options.service.dressed?.(methodOf(ask), inputOf(ask), fields) ?? fields;
  }

  async #call(ask: Ask, sink: Sink, signal: AbortSignal, gate: Gate): Promise<void> {
    const { service } = this.#options;
    let pieces: AsyncIterable<Buffer> | null = null;
    if (ask.hasBody && ask.body === null) {
      const uploadBytes = service.uploadBytes?.(methodOf(ask)) ?? null;
      const maxBytes = uploadBytes ?? service.maxBodyBytes ?? defaultMaxBodyBytes;
      const { contentLength } = ask.head;
      if (contentLength !== null && contentLength > maxBytes) {
        return this.#refuse(ask, sink, upstreamFailure(bodyTooLarge(maxBytes)));
      }
      const body = this.#openBody(ask, sink, signal, maxBytes);
      if (uploadBytes === null) {
        const read = await readWhole(body).catch(bodyFailure);
        if (!Buffer.isBuffer(read)) return this.#refuse(ask, sink, read);
        ask.body = read;
      } else pieces = piecesOf(body);
    }
    const { totalMs, answerMs, retries } = ask.policy;
    const options: { -readonly [K in keyof InvokeOptions]: InvokeOptions[K] } = {
      signal,
      context: ask.context,
      retries,
    };
    if (answerMs !== null) options.deadlineMs = answerMs;
    if (totalMs !== null) options.withinMs = ask.leftOf(totalMs);
    const input = { ...inputOf(ask), body: pieces ?? ask.body };
    const output = await service.invoke(methodOf(ask), input, options);
    if (signal.aborted) sink.fail(failures.broken('it was not waited for'));
    else if (output.body === null || Buffer.isBuffer(output.body))
      answerWhole(ask, sink, output, output.body);
    else await stream(output, output.body, sink, signal, gate);
  }

  /** Answers a request whose body cannot be had, in the service's own shape if it has one. */
  #refuse(ask: Ask, sink: Sink, failure: Failure): void {
    const answer = this.#options.service.refuse?.(methodOf(ask), inputOf(ask), refusalOf(failure));
    if (answer === undefined) sink.fail(failure);
    else {
      const body = Buffer.isBuffer(answer.body) ? answer.body : null;
      sink.fail(failure, { status: answer.status, fields: answer.rawHeaders, body });
    }
  }

  #openBody(ask: Ask, sink: Sink, signal: AbortSignal, maxBytes: number): RequestBody {
    const body = ask.openBody({
      idleMs: this.#options.requestIdleMs,
      maxBytes,
      onWanted: ask.head.expectsContinue ? () => sink.wanted() : undefined,
    });
    // A service may answer without having read it, and then nobody else listens.
    body.on('error', () => undefined);
    const stop = () => body.destroy(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    body.once('close', () => signal.removeEventListener('abort', stop));
    return body;
  }
}

/** Why a body cannot be had. */
function bodyFailure(error: unknown): Failure {
  if (error instanceof BanyanError || error instanceof RequestFault) return upstreamFailure(error);
  return failures.refused('its body broke off', 400);
}

function refusalOf({ status, message }: Failure): RefusedInput {
  const code = status === 413 ? 'body_too_large' : status === 408 ? 'request_stalled' : 'bad_request';
  return { status, code, message };
}

/** A body as it comes; what breaks it off is thrown as the service is to answer it. */
async function* piecesOf(body: RequestBody): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const piece of body) yield piece as Buffer;
  } catch (error) {
    const refused = refusalOf(bodyFailure(error));
    throw Object.assign(new Error(refused.message), { refused });
  }
}

function methodOf({ call }: Ask): string {
  if (call !== null && 'method' in call) return call.method;
  throw new Error('a route that names no method leads to a service that is called by methods');
}

function inputOf({ method, target, params, headers, body }: Ask): HttpInput {
  return { method, path: target.path, params, query: target.query, rawHeaders: headers, body };
}

/** Passes pieces on as the sink takes them. Who goes away, or is too slow for the request's total time, ends the asking. */
async function stream(
  { status, rawHeaders }: HttpOutput,
  pieces: AsyncIterable<Buffer>,
  sink: Sink,
  signal: AbortSignal,
  gate: Gate,
): Promise<void> {
  const fields = [...rawHeaders];
  sink.head({ status, reason: null, fields, contentLength: null, trailers: false, nominated: null });
  try {
    for await (const piece of pieces) {
      if (!signal.aborted && !sink.data(piece)) await gate.passed();
      if (signal.aborted) break;
    }
  } catch (error) {
    return sink.fail(failures.broken(describeError(error).message));
  }
  if (signal.aborted) sink.fail(failures.broken('it was not waited for'));
  else sink.end([]);
}

/** Where a stream waits until the sink has taken what it was given. */
class Gate {
  #open: (() => void) | null = null;

  passed(): Promise<void> {
    return new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open?.();
    this.#open = null;
  }
}
