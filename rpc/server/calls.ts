import type { BanyanError } from '../../common/errors.ts';
import { fenceRefusalBegins, isFenceRefusal } from '../../common/fence-refusal.ts';
import { noUser } from '../../common/identity/identify.ts';
import { identityVerifier } from '../../common/identity/identity-verifier.ts';
import { BadValue } from '../codec/bad-value.ts';
import { ThriftException } from '../codec/thrift-exception.ts';
import { type CallMetrics, createCallMetrics } from '../telemetry/call-metrics.ts';
import { beginCallSpan } from '../telemetry/call-spans.ts';
import { ApplicationErrorType } from '../wire/application-error-type.ts';
import { TType } from '../wire/types.ts';
import { type MethodPlan, plansOf, writeResult } from './method-plans.ts';
import {
  type HandlerContext,
  maxConcurrentOf,
  type ServedCall,
  type ServeIdentity,
  type ServeOptions,
} from './serve-options.ts';
import type { Request } from './server-connection.ts';

/** Carries out requests by the handlers, so many at a time; each is answered once. */
export class Calls {
  readonly #options: ServeOptions;
  readonly #plans: ReadonlyMap<string, MethodPlan>;
  readonly #metrics: CallMetrics | undefined;
  readonly #verify: ReturnType<typeof identityVerifier> | undefined;
  #inFlight = 0;

  /** @throws BanyanError `BANYAN_RPC_HANDLERS`, `BANYAN_IDENTITY_KEY` */
  constructor(options: ServeOptions) {
    this.#options = options;
    this.#plans = plansOf(options);
    const { metrics, identity } = options;
    this.#verify = identity && identityVerifier(identity);
    this.#metrics = metrics === undefined ? undefined : createCallMetrics(metrics, 'server', options.service);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  received(request: Request): void {
    const name = request.name.slice(request.name.lastIndexOf(':') + 1);
    const plan = this.#plans.get(name);
    const startedAt = performance.now();
    const refused = (outcome: ServedCall['outcome']): void => {
      this.#metrics?.refused(plan === undefined ? 'unknown' : name, outcome);
      done(outcome);
    };
    const done = (outcome: ServedCall['outcome'], context?: HandlerContext): void => {
      const { requestId, traceparent } = context ?? {};
      const call = {
        method: name,
        durationMs: performance.now() - startedAt,
        outcome,
        requestId,
        traceparent,
      };
      this.#options.onCall?.(call);
      if (context !== undefined) this.#options.log?.debug?.(call, 'call');
    };
    if (plan === undefined) {
      request.fail(ApplicationErrorType.unknownMethod, `${this.#options.service} has no method ${name}`);
      refused('refused');
      return;
    }
    if (this.#inFlight >= maxConcurrentOf(this.#options)) {
      request.refuse('overloaded', `${this.#inFlight} calls are under way already`);
      refused('shed');
      return;
    }
    let args: Record<string, unknown>;
    try {
      args = plan.readArgs(request.reader) as Record<string, unknown>;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      request.fail(ApplicationErrorType.protocolError, why);
      refused('refused');
      return;
    }
    this.#inFlight++;
    this.#metrics?.began();
    const context = request.context(plan.method.name, plan.contextFields(args));
    void this.#run(plan, request, args, context).then((outcome) => {
      this.#inFlight--;
      this.#metrics?.ended(name, outcome, performance.now() - startedAt);
      done(outcome, context);
    });
  }

  async #run(
    plan: MethodPlan,
    request: Request,
    args: Record<string, unknown>,
    context: ReturnType<Request['context']>,
  ): Promise<ServedCall['outcome']> {
    const { tracer, service, identity } = this.#options;
    if (identity !== undefined && !(await this.#identified(request, context, identity))) return 'refused';
    if (tracer === undefined) return this.#carryOut(plan, request, args, context);
    const span = beginCallSpan(tracer, 'server', service, plan.method.name, context.traceparent);
    // What the handler calls in turn belongs under this span.
    context.traceparent = span.traceparent;
    const outcome = await span.within(() => this.#carryOut(plan, request, args, context));
    span.end(outcome);
    return outcome;
  }

  /** False: the call is answered, for its user is not known. */
  async #identified(
    request: Request,
    context: { -readonly [K in keyof HandlerContext]: HandlerContext[K] },
    identity: ServeIdentity,
  ): Promise<boolean> {
    const { identityToken: token, method, requestId, peer } = context;
    if (token === undefined && !identity.required) return true;
    try {
      if (token === undefined) throw noUser();
      context.user = await this.#verify!(token);
      return true;
    } catch (error) {
      const { code, message } = error as BanyanError;
      this.#options.log?.error({ code, method, requestId, peer }, `${method} was refused: ${message}`);
      request.fail(ApplicationErrorType.protocolError, `${code}: ${message}`);
      return false;
    }
  }

  async #carryOut(
    plan: MethodPlan,
    request: Request,
    args: Record<string, unknown>,
    context: HandlerContext,
  ): Promise<ServedCall['outcome']> {
    const { method } = plan;
    try {
      const values = method.args.fields.map((field) => args[field.name]);
      const result = await plan.handler(...values, context);
      if (method.oneway) request.none();
      else request.reply((w) => writeResult(plan, w, result));
      return 'ok';
    } catch (error) {
      const declared =
        error instanceof ThriftException
          ? plan.throws.find((one) => one.name === error.exception)
          : undefined;
      try {
        if (declared !== undefined && error instanceof ThriftException) {
          request.reply((w) => {
            const saved = w.structBegin();
            w.field(TType.struct, declared.field.id);
            declared.write(w, error.fields);
            w.stop();
            w.structEnd(saved);
          });
          return 'exception';
        }
        throw error;
      } catch (undeclared) {
        const isFenced = isFenceRefusal(undeclared);
        const why =
          undeclared instanceof BadValue ? `${undeclared.path} ${undeclared.what}` : 'internal error';
        this.#options.log?.error(
          {
            err: undeclared,
            method: method.name,
            requestId: context.requestId,
            traceparent: context.traceparent,
            identity: context.identity,
            remainingMs: wholeMs(context.remainingMs()),
            peer: context.peer,
          },
          isFenced
            ? `${method.name} wrote to a table whose rows the monolith owns, and the fence refused it`
            : undeclared instanceof BadValue
              ? `${method.name} answered with what the IDL does not allow: ${why}`
              : `${method.name} threw what the IDL does not declare`,
        );
        if (method.oneway) request.none();
        // The caller decided before the rows changed hands; it asks the other side when it knows.
        else request.fail(ApplicationErrorType.internalError, isFenced ? fencedText : 'internal error');
        return 'error';
      }
    }
  }
}

/** What the message of an official library's server says too, which passes the database's text on. */
const fencedText = `${fenceRefusalBegins}this side does not own the rows now`;

function wholeMs(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms);
}
