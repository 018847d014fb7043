import { type HttpAnswer, httpCall } from './http-call.ts';

export interface JsonAnswer extends HttpAnswer {
  readonly text: string;
  /** The parsed body; undefined where it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  readonly json: any;
}

/** A client for tests: sends `body` as JSON, or as it is if it is text already. */
export function jsonApi(url: string) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<JsonAnswer> => {
    const answer = await httpCall(url, {
      method,
      path,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    });
    const text = answer.body.toString();
    return { ...answer, text, json: text === '' ? undefined : JSON.parse(text) };
  };
}
