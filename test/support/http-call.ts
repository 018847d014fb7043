import { type Agent, request } from 'node:http';

export interface HttpCall {
  readonly method: string;
  /** As it goes on the wire: nothing is normalized. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; a repeated header's values are joined by ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Sends exactly this request: unlike fetch it adds no Accept, no Cache-Control, and leaves the path alone. */
export function httpCall(url: string, call: HttpCall, agent?: Agent): Promise<HttpAnswer> {
  const { hostname, port } = new URL(url);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value];
  }
  if (call.body !== undefined) headers['content-length'] ??= String(Buffer.byteLength(call.body));
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method: call.method, path: call.path, headers, agent },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const joined = Object.entries(response.headersDistinct).map(([name, all]) => [
            name,
            all?.join(', '),
          ]);
          resolve({
            status: response.statusCode!,
            headers: Object.fromEntries(joined),
            body: Buffer.concat(chunks),
          });
        });
      },
    );
    sent.once('error', reject);
    sent.end(call.body);
  });
}
