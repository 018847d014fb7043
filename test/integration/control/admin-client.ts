import { readFile } from 'node:fs/promises';
import { asDeclared, lineAsDeclared } from './as-declared.ts';

export interface AdminError {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly faults: readonly { readonly code: string; readonly what: string }[];
}

/** Asks the admin API as the CLI does. */
export class AdminClient {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async open(url: string, tokenFile: string): Promise<AdminClient> {
    return new AdminClient(url, (await readFile(tokenFile, 'utf8')).trim());
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  async get(path: string): Promise<any> {
    const response = await fetch(`${this.#url}${path}`, { headers: this.#headers() });
    const answer = await response.json();
    asDeclared('GET', path, response.status, answer);
    return answer;
  }

  /** What is no JSON. */
  async text(path: string): Promise<string> {
    return (await fetch(`${this.#url}${path}`, { headers: this.#headers() })).text();
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  async post(path: string, body: object = {}): Promise<{ status: number; body: any }> {
    const response = await this.#send(path, body);
    const answer = await response.json();
    asDeclared('POST', path, response.status, answer);
    return { status: response.status, body: answer };
  }

  /** A long one: its progress lines and its result. Throws what the last line says went wrong. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  async run(path: string, body: object = {}): Promise<{ result: any; progress: any[] }> {
    const response = await this.#send(path, body);
    const text = await response.text();
    if (!response.headers.get('content-type')?.includes('ndjson')) {
      throw Object.assign(new Error(text), JSON.parse(text).error);
    }
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const line of lines) lineAsDeclared(path, line);
    const last = lines.pop();
    if (last.type === 'error') throw Object.assign(new Error(last.error.message), last.error);
    return { result: last.result, progress: lines };
  }

  #send(path: string, body: object): Promise<Response> {
    return fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { ...this.#headers(), 'content-type': 'application/json', 'x-banyan-who': 'tester' },
      body: JSON.stringify(body),
    });
  }

  #headers() {
    return { authorization: `Bearer ${this.#token}` };
  }
}
