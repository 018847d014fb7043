import { failures } from '../../answer/failure.ts';
import type { HttpInput, HttpOutput, InvokeOptions, RouterService } from '../called/router-service.ts';
import { lambdaEvent } from './event.ts';
import { functionAnswer } from './function-answer.ts';
import { failedOutput, invokeFailure } from './invoke-failure.ts';
import { type OpenLambda, openLambda } from './lambda-client.ts';
import type { LambdaService } from './lambda-settings.ts';

/** Of an event, octets: what Lambda takes in a synchronous invocation (Lambda quotas, "Invocation payload"). */
const maxEventBytes = 6 * 1024 * 1024;
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/** One Lambda function, called by events as API Gateway makes them. */
export class InvokedFunction implements RouterService {
  /** What fits an event as base64 with all else that is in it. */
  readonly maxBodyBytes = 4_600_000;
  readonly #settings: LambdaService;
  readonly #connectMs: number;
  #open: Promise<OpenLambda> | null = null;

  constructor(settings: LambdaService, connectMs: number) {
    this.#settings = settings;
    this.#connectMs = connectMs;
  }

  async invoke(method: string, input: HttpInput, options: InvokeOptions): Promise<HttpOutput> {
    const { context, signal, retries, deadlineMs = this.#settings.deadlineMs, withinMs } = options;
    const mayTakeMs = Math.min(deadlineMs, withinMs ?? deadlineMs);
    const deadline = AbortSignal.timeout(mayTakeMs);
    const body = Buffer.isBuffer(input.body) ? input.body : null;
    const { requestId = '', clientAddress = '', verified } = context ?? {};
    const about = { requestId, clientAddress, ...(verified !== undefined && { verified }) };
    const event = Buffer.from(JSON.stringify(lambdaEvent(method, input, body, about, new Date())));
    if (event.length > maxEventBytes) return failedOutput(failures.bodyTooLarge(this.maxBodyBytes));
    for (let left = retries; ; left -= 1) {
      const outcome = await this.#invokeOnce(event, AbortSignal.any([signal, deadline]), mayTakeMs);
      if ('status' in outcome) return outcome;
      const mayAgain = outcome.notRun || safe.has(input.method);
      if (left <= 0 || !mayAgain || signal.aborted || deadline.aborted) return failedOutput(outcome.failure);
    }
  }

  async close(): Promise<void> {
    const open = await this.#open?.catch(() => null);
    open?.client.destroy();
  }

  async #invokeOnce(
    event: Buffer,
    signal: AbortSignal,
    mayTakeMs: number,
  ): Promise<HttpOutput | ReturnType<typeof invokeFailure>> {
    const { function: name, qualifier } = this.#settings;
    try {
      const { sdk, client } = await this.#opened();
      const command = new sdk.InvokeCommand({
        FunctionName: name,
        ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
        InvocationType: 'RequestResponse',
        Payload: event,
      });
      const { FunctionError, Payload } = await client.send(command, { abortSignal: signal });
      if (FunctionError === undefined) return functionAnswer(Payload);
      return failedOutput(failures.functionFailed(`it ended with an error (${errorType(Payload)})`));
    } catch (error) {
      return invokeFailure(error as Error, mayTakeMs);
    }
  }

  #opened(): Promise<OpenLambda> {
    this.#open ??= openLambda(this.#settings, this.#connectMs);
    return this.#open;
  }
}

/** Of an error that a function ended with: its type alone, since its message may say anything of the request. */
function errorType(payload: Uint8Array | undefined): string {
  try {
    const { errorType: type } = JSON.parse(Buffer.from(payload ?? []).toString()) as { errorType?: unknown };
    return typeof type === 'string' && /^[\w.]{1,100}$/.test(type) ? type : 'of no type';
  } catch {
    return 'of no type';
  }
}
