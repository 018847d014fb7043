import { EventEmitter } from 'node:events';
import { type IncomingMessage, METHODS } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

/** Fields of one HTTP/1.1 hop: in HTTP/2 they make a request malformed (RFC 9113 §8.2.2). */
const forbidden = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** What HTTP/1.1's parser knows; another protocol in is no way around it. */
const methods: ReadonlySet<string> = new Set(METHODS);
const requestPseudo = new Set([':method', ':path', ':scheme', ':authority']);
const fieldName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Octets that end a line or a text for whoever reads the next hop's bytes. */
const lineEnds = /[\0\r\n]/;

/** An HTTP/2 request's head in the one form that the passes check: what HTTP/1.1 would have said. */
export interface CanonicalHead {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
}

/**
 * Turns pseudo-header fields into method, target and Host. node:http2 has refused or dropped malformed fields before; these
 * checks stay here too, because what follows is written in a protocol where they would be lines of their own. A Host that is
 * not the `:authority` stays beside it, for the same pass to refuse that refuses two Hosts. Cookie crumbs become one field (RFC 9113 §8.2.3); a body of unknown length is
 * chunked.
 */
export function canonicalHead(
  raw: readonly string[],
  hasBody: boolean,
): CanonicalHead | { readonly refused: 400 | 405 } {
  const pseudo: Record<string, string> = Object.create(null);
  const rest: string[] = [];
  const cookies: string[] = [];
  let hosts: string[] = [];
  let framed = false;
  let pseudos = 0;
  let acceptsTrailers = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    if (lineEnds.test(value)) return { refused: 400 };
    if (name.startsWith(':')) {
      // They come first, each once (RFC 9113 §8.3).
      if (!requestPseudo.has(name) || name in pseudo || i !== 2 * pseudos) return { refused: 400 };
      pseudo[name] = value;
      pseudos += 1;
    } else if (forbidden.has(name) || !fieldName.test(name)) return { refused: 400 };
    else if (name === 'host') hosts.push(value);
    else if (name === 'cookie') cookies.push(value);
    else {
      if (name === 'content-length') framed = true;
      if (name === 'te') {
        if (value.toLowerCase() !== 'trailers') return { refused: 400 };
        acceptsTrailers = true;
      }
      rest.push(name, value);
    }
  }
  const { ':method': method = '', ':path': path = '', ':scheme': scheme, ':authority': authority } = pseudo;
  if (method === 'CONNECT') return { refused: 405 };
  if (!methods.has(method)) return { refused: 400 };
  // A target of another form, or another scheme than the connection's, is for confusing whoever reads it next.
  if (scheme !== 'https' || !(path.startsWith('/') || path === '*')) return { refused: 400 };
  if (authority !== undefined) {
    hosts = [authority, ...hosts.filter((host) => host.toLowerCase() !== authority.toLowerCase())];
  }
  const rawHeaders = [...hosts.flatMap((host) => ['host', host]), ...rest];
  if (cookies.length > 0) rawHeaders.push('cookie', cookies.join('; '));
  if (hasBody && !framed) rawHeaders.push('transfer-encoding', 'chunked');
  // `TE` needs no nomination here, and can say nothing else (RFC 9113 §8.2.2).
  if (acceptsTrailers) rawHeaders.push('connection', 'te');
  return { method, url: path, rawHeaders };
}

/**
 * An HTTP/2 stream as the router reads requests: the part of `IncomingMessage` that it uses. Nothing is read before
 * somebody asks, so that a held request keeps its body at the client, by HTTP/2's flow control.
 */
export class Http2Request extends EventEmitter {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly socket: Socket;
  // To the passes an HTTP/2 request is an HTTP/1.1 request: one form, one set of rules.
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  /** False while more of the body may come that somebody should read or refuse. */
  complete: boolean;
  /** Names and values in turn; there once the body has ended. */
  rawTrailers: string[] = [];
  readonly #stream: ServerHttp2Stream;
  #reading = false;

  constructor(stream: ServerHttp2Stream, socket: Socket, head: CanonicalHead) {
    super();
    this.#stream = stream;
    this.socket = socket;
    this.method = head.method;
    this.url = head.url;
    this.rawHeaders = head.rawHeaders;
    this.headers = {};
    this.complete = stream.endAfterHeaders;
    stream.on('end', () => {
      this.complete = true;
      this.emit('end');
    });
    stream.on('trailers', (_fields, _flags, raw?: string[]) => {
      this.rawTrailers = raw ?? [];
    });
    stream.on('close', () => {
      this.emit('close');
      // Nothing is left to linger for: the connection is the other streams'.
      this.complete = true;
    });
  }

  get readableHighWaterMark(): number {
    return this.#stream.readableHighWaterMark;
  }

  get readableEnded(): boolean {
    return this.#stream.readableEnded;
  }

  resume(): void {
    if (!this.#reading) {
      this.#reading = true;
      this.#stream.on('data', (chunk: Buffer) => this.emit('data', chunk));
    }
    this.#stream.resume();
  }

  pause(): void {
    this.#stream.pause();
  }

  /** This adapter is all that the router asks of a request; Node's type has more, which nobody uses. */
  asIncoming(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }
}
