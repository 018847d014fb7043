import { Pool } from 'undici';

export interface ShopRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Who the client is: cohorts are cut by it. */
  readonly user: string;
  readonly body?: unknown;
  /** Instead of a body: the fields of a form. */
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ShopAnswer {
  readonly status: number;
  /** Parsed where it is JSON, else its text; undefined if there was none. */
  readonly body: unknown;
  /** `name=value` of each cookie that it sets. */
  readonly cookies: readonly string[];
  /** From sending to the last byte, milliseconds. */
  readonly ms: number;
}

/** The shop's customers and staff, over keep-alive connections to one router. */
export class ShopClient {
  readonly #pool: Pool;

  constructor(url: string, connections: number) {
    this.#pool = new Pool(url, { connections, headersTimeout: 30_000, bodyTimeout: 30_000 });
  }

  /** Rejects when no whole answer came. */
  async send({ method, path, user, body, form, headers }: ShopRequest): Promise<ShopAnswer> {
    const beganAt = performance.now();
    const [type, content] =
      form !== undefined
        ? ['application/x-www-form-urlencoded', new URLSearchParams(form).toString()]
        : body !== undefined
          ? ['application/json', JSON.stringify(body)]
          : [null, null];
    const response = await this.#pool.request({
      method,
      path,
      headers: { 'x-user-id': user, ...(type !== null && { 'content-type': type }), ...headers },
      body: content,
    });
    const text = await response.body.text();
    const isJson = String(response.headers['content-type'] ?? 'application/json').includes('json');
    return {
      status: response.statusCode,
      body: text === '' ? undefined : isJson ? JSON.parse(text) : text,
      cookies: [response.headers['set-cookie'] ?? []].flat().map((line) => line.split(';', 1)[0]!),
      ms: performance.now() - beganAt,
    };
  }

  /** Waits for what is under way. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
