import type { HttpInput } from 'banyan/rpc';

/** A request as the router would hand it on. */
export function httpInput(
  method: string,
  target: string,
  more: {
    readonly params?: Record<string, string>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Buffer;
  } = {},
): HttpInput {
  const [path, query = ''] = target.split('?', 2) as [string, string?];
  const isText = typeof more.body === 'string';
  return {
    method,
    path,
    params: more.params ?? {},
    query,
    rawHeaders: [
      ...Object.entries(more.headers ?? {}).flat(),
      ...(isText && more.headers?.['content-type'] === undefined ? ['Content-Type', 'application/json'] : []),
    ],
    body: more.body === undefined ? null : Buffer.from(more.body),
  };
}
