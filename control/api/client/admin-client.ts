import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Agent, type Dispatcher } from 'undici';
import { BanyanError } from '../../../common/errors.ts';
import type { HandoverRehearsal } from '../contract/answers/index.ts';
import type { ErrorBody } from '../contract/errors.ts';
import {
  type ActionAnswer,
  type ActionBody,
  type FeatureAction,
  type OrderAnswer,
  type OrderBody,
  type OrderName,
  type QuestionAnswer,
  type QuestionName,
  questions,
} from '../contract/operations.ts';
import type { ProgressLine } from '../contract/progress.ts';
import { asError, readJson, reason } from './answer-error.ts';

export interface AdminClientOptions {
  /** `http://host:port` of the control process. */
  readonly url: string;
  /** Where the control process wrote its token. Read for each client, so that a restarted control is no surprise. */
  readonly tokenFile: string;
  /** Goes into the audit log. */
  readonly who: string;
  /** For `https:`: authorities to trust instead of the usual ones, PEM; and the name to expect in the certificate. */
  readonly tls?: { readonly ca?: string | undefined; readonly serverName?: string | undefined };
  /** How long whoever only looks waits for an answer, milliseconds. Default 10,000. */
  readonly answerWithinMs?: number;
}

export interface ActionOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: ProgressLine) => void;
}

export interface QuestionOptions {
  /** Where the question is about one. */
  readonly feature?: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Speaks to the control process: what the CLI, the demo and programs drive a feature with. Close it when done. */
export class AdminClient {
  readonly url: string;
  readonly #token: string;
  readonly #who: string;
  readonly #agent: Agent;
  readonly #answerWithinMs: number;

  private constructor(options: AdminClientOptions, token: string) {
    this.url = options.url;
    this.#who = options.who;
    this.#token = token;
    this.#answerWithinMs = options.answerWithinMs ?? 10_000;
    // Long work answers when it is done: only the connect may time out.
    this.#agent = new Agent({
      connect: { timeout: 3000, ...tlsOptions(options.tls) },
      headersTimeout: 0,
      bodyTimeout: 0,
      connections: 8,
    });
  }

  /** Reads the token. Throws `BANYAN_ADMIN_TOKEN_MISSING` if there is none. */
  static async open(options: AdminClientOptions): Promise<AdminClient> {
    const token = await readFile(options.tokenFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        throw new BanyanError(
          'BANYAN_ADMIN_TOKEN_MISSING',
          `There is no admin token at ${options.tokenFile}: the control process has never run here.`,
          {
            fix: 'Start it with `banyan control`, or `banyan up` for trying out (the demo shop: `npm run stack`), then run the command again.',
          },
        );
      }
      throw new BanyanError(
        'BANYAN_ADMIN_TOKEN_MISSING',
        `The admin token at ${options.tokenFile} cannot be read: ${error.message}`,
        { fix: 'Run the command as the user that runs `banyan control`.', cause: error },
      );
    });
    return new AdminClient(options, token.trim());
  }

  status(signal?: AbortSignal): Promise<QuestionAnswer<'status'>> {
    return this.ask('status', { signal });
  }

  routes(signal?: AbortSignal): Promise<QuestionAnswer<'routes'>> {
    return this.ask('routes', { signal });
  }

  audit(
    query: { readonly feature?: string; readonly limit?: number },
    signal?: AbortSignal,
  ): Promise<QuestionAnswer<'audit'>> {
    return this.ask('audit', { query, signal });
  }

  diff(feature: string, route?: string, signal?: AbortSignal): Promise<QuestionAnswer<'diff'>> {
    return this.ask('diff', { feature, query: { route }, signal });
  }

  /** Asks what changes nothing. The answer is taken as it comes: a newer control process may say more. */
  async ask<Q extends QuestionName>(question: Q, options: QuestionOptions = {}): Promise<QuestionAnswer<Q>> {
    const { feature = '', query = {}, signal } = options;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, String(value));
    }
    const path = questions[question].path.replace('{feature}', encodeURIComponent(feature));
    const response = await this.#request('GET', `${path}?${search}`, undefined, signal);
    return (await readJson(response, this.url)) as QuestionAnswer<Q>;
  }

  /**
   * Has the control process do something to a feature and waits for the end of it. Long work reports to `onProgress`.
   * Aborting the signal only stops the waiting (`BANYAN_DETACHED`): the work goes on.
   */
  async act<A extends FeatureAction>(
    feature: string,
    action: A,
    body: ActionBody<A>,
    options: ActionOptions = {},
  ): Promise<ActionAnswer<A>> {
    const path = `/v1/features/${encodeURIComponent(feature)}/${action}`;
    const fix = toFollow(action, [feature]);
    return (await this.#post(path, `${action} of ${feature}`, body, options, fix)) as ActionAnswer<A>;
  }

  /** The same of what is about no feature. */
  async order<O extends OrderName>(
    order: O,
    body: OrderBody<O>,
    options: ActionOptions = {},
  ): Promise<OrderAnswer<O>> {
    const features = 'features' in body ? body.features : [];
    const fix = toFollow(order, features);
    return (await this.#post(`/v1/${order}`, order, body, options, fix)) as OrderAnswer<O>;
  }

  /** `fix`: how to follow or stop what goes on when nobody waits for it any more. */
  async #post(
    path: string,
    what: string,
    body: unknown,
    options: ActionOptions,
    fix: string,
  ): Promise<unknown> {
    const response = await this.#request('POST', path, body, options.signal);
    if (!String(response.headers['content-type'] ?? '').startsWith('application/x-ndjson')) {
      return readJson(response, this.url);
    }
    try {
      for await (const text of createInterface({ input: response.body })) {
        if (text.trim() === '') continue;
        const line = JSON.parse(text) as StreamLine<unknown>;
        if (line.type === 'progress') options.onProgress?.(line);
        else if (line.type === 'result') return line.result;
        else if (line.type === 'error') throw asError(line.error);
      }
    } catch (error) {
      if (options.signal?.aborted) throw detached(what, fix);
      if (error instanceof BanyanError) throw error;
      throw this.#lost(what, error);
    }
    if (options.signal?.aborted) throw detached(what, fix);
    throw this.#lost(what, undefined);
  }

  /** What a handover would do, and what stands against it now. Changes nothing. */
  async rehearse(
    feature: string,
    direction: 'cutover' | 'rollback',
    signal?: AbortSignal,
  ): Promise<HandoverRehearsal> {
    const answer = await this.act(
      feature,
      direction,
      { dryRun: true },
      signal === undefined ? {} : { signal },
    );
    return answer as HandoverRehearsal;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #request(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#agent.request({
        origin: this.url,
        path,
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          // A header field holds ASCII: a name in any other script goes percent-encoded.
          'x-banyan-who': encodeURI(this.#who),
          accept: 'application/json, application/x-ndjson',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        // Whoever only looks is answered soon, or never: a control process that was stopped keeps its port open.
        ...(method === 'GET'
          ? { headersTimeout: this.#answerWithinMs, bodyTimeout: this.#answerWithinMs }
          : {}),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw detached(`${method} ${path}`);
      throw new BanyanError(
        'BANYAN_CONTROL_UNREACHABLE',
        `The control process at ${this.url} does not answer: ${reason(error)}`,
        {
          fix: 'Start it with `banyan control`, or `banyan up` for trying out (the demo shop: `npm run stack`), or correct control.listen in the config.',
          cause: error,
        },
      );
    }
  }

  #lost(what: string, cause: unknown): BanyanError {
    return new BanyanError(
      'BANYAN_CONTROL_LOST',
      `The control process at ${this.url} went away during ${what}.`,
      {
        fix: 'Start it again: a copy goes on, and a handover is finished or taken back. Then `banyan status` says whether the command is to be run once more.',
        cause,
      },
    );
  }
}

function tlsOptions({ ca, serverName }: NonNullable<AdminClientOptions['tls']> = {}) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

type StreamLine<Result> =
  | ({ readonly type: 'progress' } & ProgressLine)
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'error'; readonly error: ErrorBody };

const askStatus = 'Ask `banyan status` how it stands';

function toFollow(work: string, features: readonly string[]): string {
  const [first] = features;
  if (work === 'copy') {
    return `${askStatus}, or watch it again: \`banyan copy ${first}\`. \`banyan pause ${first}\` stops it.`;
  }
  if (work === 'cutover' || work === 'rollback' || work === 'handover') {
    return `${askStatus}; until it is decided \`banyan abort ${first}\` takes it back.`;
  }
  return `${askStatus}.`;
}

function detached(what: string, fix = `${askStatus}.`): BanyanError {
  return new BanyanError('BANYAN_DETACHED', `Stopped waiting for ${what}; it goes on without you.`, { fix });
}
