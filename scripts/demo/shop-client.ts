import { Pool } from 'undici';

export interface ShopRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Who the client is: cohorts are cut by it. */
  readonly user: string;
  readonly body?: unknown;
}

export interface ShopAnswer {
  readonly status: number;
  /** Parsed, if there was one. */
  readonly body: unknown;
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
  async send(request: ShopRequest): Promise<ShopAnswer> {
    const beganAt = performance.now();
    const response = await this.#pool.request({
      method: request.method,
      path: request.path,
      headers: {
        'x-user-id': request.user,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      body: text === '' ? undefined : JSON.parse(text),
      ms: performance.now() - beganAt,
    };
  }

  /** Waits for what is under way. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
