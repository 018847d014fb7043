import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Agent, type Dispatcher } from 'undici';
import { BanyanError, type Fault } from '../../common/errors.ts';
import type { RouteTable } from '../../router/table/route-table.ts';
import type { AuditEntry, DiffReport, FeatureAction, ProgressLine, StatusReport } from './admin-types.ts';

export interface AdminClientOptions {
  /** `http://host:port` of the control process. */
  readonly url: string;
  /** Where the control process wrote its token. Read for each client, so that a restarted control is no surprise. */
  readonly tokenFile: string;
  /** Goes into the audit log. */
  readonly who: string;
}

export interface ActionOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: ProgressLine) => void;
}

const answerWithinMs = 10_000;

/** Speaks to the control process: what the CLI, the demo and the tests drive a feature with. Close it when done. */
export class AdminClient {
  readonly url: string;
  readonly #token: string;
  readonly #who: string;
  readonly #agent: Agent;

  private constructor(options: AdminClientOptions, token: string) {
    this.url = options.url;
    this.#who = options.who;
    this.#token = token;
    // Long work answers when it is done: only the connect may time out.
    this.#agent = new Agent({
      connect: { timeout: 3000 },
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
            fix: 'Start it with `banyan control` (the demo shop: `npm run stack`), then run the command again.',
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

  status(signal?: AbortSignal): Promise<StatusReport> {
    return this.#get('/v1/status', signal) as Promise<StatusReport>;
  }

  routes(signal?: AbortSignal): Promise<RouteTable> {
    return this.#get('/v1/routes', signal) as Promise<RouteTable>;
  }

  audit(
    query: { readonly feature?: string; readonly limit?: number },
    signal?: AbortSignal,
  ): Promise<readonly AuditEntry[]> {
    const search = new URLSearchParams();
    if (query.feature !== undefined) search.set('feature', query.feature);
    if (query.limit !== undefined) search.set('limit', String(query.limit));
    return this.#get(`/v1/audit?${search}`, signal) as Promise<readonly AuditEntry[]>;
  }

  diff(feature: string, route?: string, signal?: AbortSignal): Promise<DiffReport> {
    const search = new URLSearchParams(route === undefined ? {} : { route });
    const path = `/v1/features/${encodeURIComponent(feature)}/diff?${search}`;
    return this.#get(path, signal) as Promise<DiffReport>;
  }

  /**
   * Has the control process do something to a feature and waits for the end of it. Long work reports to `onProgress`.
   * Aborting the signal only stops the waiting (`BANYAN_DETACHED`): the work goes on.
   */
  async act<Result>(
    feature: string,
    action: FeatureAction,
    body: Readonly<Record<string, unknown>>,
    options: ActionOptions = {},
  ): Promise<Result> {
    const path = `/v1/features/${encodeURIComponent(feature)}/${action}`;
    const response = await this.#request('POST', path, body, options.signal);
    if (!String(response.headers['content-type'] ?? '').startsWith('application/x-ndjson')) {
      return (await this.#readJson(response)) as Result;
    }
    try {
      for await (const text of createInterface({ input: response.body })) {
        if (text.trim() === '') continue;
        const line = JSON.parse(text) as StreamLine<Result>;
        if (line.type === 'progress') options.onProgress?.(line);
        else if (line.type === 'result') return line.result;
        else if (line.type === 'error') throw asError(line.error);
      }
    } catch (error) {
      if (options.signal?.aborted) throw detached(feature, action);
      if (error instanceof BanyanError) throw error;
      throw this.#lost(feature, action, error);
    }
    if (options.signal?.aborted) throw detached(feature, action);
    throw this.#lost(feature, action, undefined);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #get(path: string, signal: AbortSignal | undefined): Promise<unknown> {
    return this.#readJson(await this.#request('GET', path, undefined, signal));
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
        ...(method === 'GET' ? { headersTimeout: answerWithinMs, bodyTimeout: answerWithinMs } : {}),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw detached(path, method);
      throw new BanyanError(
        'BANYAN_CONTROL_UNREACHABLE',
        `The control process at ${this.url} does not answer: ${reason(error)}`,
        {
          fix: 'Start it with `banyan control` (the demo shop: `npm run stack`), or correct control.listen in the config.',
          cause: error,
        },
      );
    }
  }

  async #readJson(response: Dispatcher.ResponseData): Promise<unknown> {
    const text = await response.body.text();
    if (response.statusCode < 300) return JSON.parse(text);
    if (response.statusCode === 401 || response.statusCode === 403) {
      throw new BanyanError(
        'BANYAN_ADMIN_TOKEN_REFUSED',
        `The control process at ${this.url} refused the token.`,
        {
          fix: 'Another control process may own that address: compare its control.tokenFile with the one in this config.',
        },
      );
    }
    throw errorOfBody(text, response.statusCode, this.url);
  }

  #lost(feature: string, action: string, cause: unknown): BanyanError {
    return new BanyanError(
      'BANYAN_CONTROL_LOST',
      `The control process at ${this.url} went away during ${action} of ${feature}.`,
      {
        fix: 'Start it again: it resumes or undoes what it had begun. Then ask `banyan status`.',
        cause,
      },
    );
  }
}

type StreamLine<Result> =
  | ({ readonly type: 'progress' } & ProgressLine)
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'error'; readonly error: ErrorBody };

interface ErrorBody {
  readonly code?: string;
  readonly message?: string;
  readonly fix?: string;
  readonly faults?: readonly Fault[];
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The control process's own error, raised again on this side with its code. */
function asError(body: ErrorBody): BanyanError {
  return new BanyanError(
    body.code ?? 'BANYAN_UNEXPECTED',
    body.message ?? 'The control process gave no reason.',
    {
      fix: body.fix ?? '',
      faults: body.faults ?? [],
      details: body.details ?? {},
    },
  );
}

function errorOfBody(text: string, status: number, url: string): BanyanError {
  try {
    const body = JSON.parse(text) as { error?: ErrorBody };
    if (body.error?.code !== undefined) return asError(body.error);
  } catch (cause) {
    return notControl(status, url, cause);
  }
  return notControl(status, url, undefined);
}

function notControl(status: number, url: string, cause: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_CONTROL_UNREACHABLE',
    `What answers at ${url} is no control process: it said ${status} without an error of banyan's.`,
    { fix: 'Correct control.listen in the config, or stop whatever has taken that address.', cause },
  );
}

function detached(feature: string, action: string): BanyanError {
  return new BanyanError(
    'BANYAN_DETACHED',
    `Stopped waiting for ${action} of ${feature}; it goes on without you.`,
    {
      fix: 'Ask `banyan status` how it stands.',
    },
  );
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' ? 'connection refused' : error.message;
}
