/** One rule of RFC 9110/9112 on the wire: octets in, what the client gets, what the monolith may see. */
export interface Vector {
  /** The rule, or the attack. */
  readonly name: string;
  /** What the client sends; `\n` stands for CRLF where `text` builds it. */
  readonly send: string;
  /** How the monolith answers, octet for octet; 200 with the body `ok` when left out. */
  readonly answer?: string;
  /** True when the monolith closes after its answer. */
  readonly answerCloses?: boolean;
  /** Final responses expected on the connection; 1 when left out. */
  readonly count?: number;
  /** Status codes of all responses in order, informational ones too. */
  readonly status: readonly number[];
  /** Parts of the last response. */
  readonly gets?: MessageExpectation;
  /** null: the monolith sees nothing at all. Left out: nothing is said. */
  readonly sees?: null | (MessageExpectation & { readonly requests?: number });
  /** Whether the router closes the connection. */
  readonly closes?: boolean;
  /** The request is a HEAD. */
  readonly head?: boolean;
}

export interface MessageExpectation {
  readonly startLine?: string;
  readonly body?: string;
  /** Fields there must be, as `Name: value`, in this order. */
  readonly fields?: readonly string[];
  /** Names of fields there must not be. */
  readonly without?: readonly string[];
  readonly chunked?: boolean;
  readonly trailers?: readonly string[];
}

/** A request: the lines joined by CRLF, an empty line, the body. */
export function request(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export const host = 'Host: shop.example';

export function get(target: string, ...fields: string[]): string {
  return request([`GET ${target} HTTP/1.1`, host, ...fields]);
}

export function post(fields: readonly string[], body: string, target = '/free'): string {
  return request([`POST ${target} HTTP/1.1`, host, ...fields], body);
}
