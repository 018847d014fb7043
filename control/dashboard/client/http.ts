import type { ErrorBody } from '../../api/contract/errors.ts';
import type { ProgressLine } from '../../api/contract/progress.ts';
import { state } from './state.ts';

const api = '/dashboard/api';

/** An error that control answered with. */
export class Refused extends Error {
  readonly body: ErrorBody;

  constructor(body: ErrorBody) {
    super(body.message);
    this.body = body;
  }
}

export function asError(error: unknown): ErrorBody {
  if (error instanceof Refused) return error.body;
  return {
    code: 'BANYAN_CONTROL_UNREACHABLE',
    message: 'The control process does not answer.',
    fix: 'Start it with `banyan control`; this page goes on by itself once it is there.',
    faults: [],
    details: {},
  };
}

export function get(path: string): Promise<unknown> {
  return ask(path, { method: 'GET' });
}

export function post(
  path: string,
  body: object,
  onProgress?: (line: ProgressLine) => void,
): Promise<unknown> {
  const headers = { 'content-type': 'application/json', 'x-banyan-csrf': state.session?.csrf ?? '' };
  return ask(path, { method: 'POST', headers, body: JSON.stringify(body) }, onProgress);
}

async function ask(
  path: string,
  init: RequestInit,
  onProgress?: (line: ProgressLine) => void,
): Promise<unknown> {
  const response = await fetch(`${api}${path}`, { ...init, credentials: 'same-origin', redirect: 'error' });
  if (response.status === 401) toLogin();
  if (response.headers.get('content-type')?.startsWith('application/x-ndjson')) {
    return readLines(response, onProgress);
  }
  const answer: unknown = await response.json();
  if (!response.ok) throw new Refused((answer as { error: ErrorBody }).error);
  return answer;
}

type Line =
  | ({ readonly type: 'progress' } & ProgressLine)
  | { readonly type: 'result'; readonly result: unknown }
  | { readonly type: 'error'; readonly error: ErrorBody };

async function readLines(response: Response, onProgress?: (line: ProgressLine) => void): Promise<unknown> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value = '' } = await reader.read();
    const lines = `${rest}${value}`.split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      if (text.trim() === '') continue;
      const line = JSON.parse(text) as Line;
      if (line.type === 'progress') onProgress?.(line);
      else if (line.type === 'result') return line.result;
      else throw new Refused(line.error);
    }
    if (done) throw new Error('the answer ended before its result');
  }
}

export function toLogin(): void {
  location.assign('/dashboard/login');
}

export async function logOut(): Promise<void> {
  const headers = { 'x-banyan-csrf': state.session?.csrf ?? '' };
  await fetch('/dashboard/logout', { method: 'POST', headers, credentials: 'same-origin' });
  toLogin();
}
