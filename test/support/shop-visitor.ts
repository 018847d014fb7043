import { type HttpAnswer, type HttpCall, httpCall } from './http-call.ts';

export interface VisitorAnswer extends HttpAnswer {
  readonly text: string;
  /** The parsed body; undefined where it is empty or no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  readonly json: any;
}

/** A client of the shop that keeps the cookies it is given, as a browser does. */
export class ShopVisitor {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Sends an object as JSON, URLSearchParams as a form. */
  async call(
    method: string,
    path: string,
    body?: object | string | Buffer,
    headers: HttpCall['headers'] = {},
  ): Promise<VisitorAnswer> {
    const isForm = body instanceof URLSearchParams;
    const isJson = typeof body === 'object' && !isForm && !Buffer.isBuffer(body);
    const answer = await httpCall(this.#url, {
      method,
      path,
      headers: {
        ...(isForm && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(isJson && { 'content-type': 'application/json' }),
        ...(this.#cookies.size > 0 && { cookie: this.cookie }),
        ...headers,
      },
      ...(body !== undefined && {
        body: isJson ? JSON.stringify(body) : Buffer.isBuffer(body) ? body : String(body),
      }),
    });
    this.#keep(answer.headers['set-cookie']);
    const text = answer.body.toString();
    return { ...answer, text, json: parsed(text) };
  }

  /** Logs in at the user API, with the password that all users of the seed have. */
  async logIn(email: string, password = 'shop-demo'): Promise<this> {
    const { status, text } = await this.call('POST', '/api/session', { email, password });
    if (status !== 200) throw new Error(`${email} cannot log in: ${text}`);
    return this;
  }

  #keep(header: string | undefined): void {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(header ?? '') ?? [];
    if (name === undefined) return;
    if (value === '') this.#cookies.delete(name);
    else this.#cookies.set(name, value!);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
