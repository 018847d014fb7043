import { UpstreamFault } from './upstream-fault.ts';

/** What the parser says of a response, in the order of its octets. */
export interface ResponseEvents {
  /** Status line and fields; called for informational responses too. True: the response has no body (HEAD). */
  onHead(head: ParsedHead): boolean;
  /** A piece of the body; valid during the call only, the memory is used again. */
  onBody(piece: Buffer): void;
  /** The whole response is there; `trailers`: names and values in turn. */
  onComplete(trailers: string[]): void;
}

export interface ParsedHead {
  readonly status: number;
  readonly reason: string;
  /** Names and values in turn, in their order and spelling, Latin-1. */
  readonly fields: string[];
  /** Whether the upstream keeps the connection for another request. */
  readonly persistent: boolean;
  /** The upstream's `Keep-Alive: timeout`, in seconds; null when it announced none. */
  readonly keepAliveSeconds: number | null;
}

/** The response is not HTTP/1.1 as RFC 9112 has it: nothing on this connection can be relied upon any more. */
export class ResponseFault extends UpstreamFault {
  constructor(message: string) {
    super('ERR_RESPONSE_MALFORMED', message);
  }
}

const states = {
  head: 0,
  length: 1,
  chunkSize: 2,
  chunk: 3,
  chunkEnd: 4,
  trailers: 5,
  untilClose: 6,
} as const;
type State = (typeof states)[keyof typeof states];
/** What becomes of the connection after this response. */
type Future = 'keep-alive' | 'close' | 'unsaid';

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;
const token = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** A CR or LF on its own, or an octet that no head may hold. */
const forbidden = /\r(?!\n)|(?<!\r)\n|[^\t\r\n\x20-\x7e\x80-\xff]/;
const digits = /^\d{1,15}$/;
/** No blanks, which RFC 9112 §7.1.1 allows for the sake of history: what other parsers make of them differs. */
const chunkLine =
  /^([0-9a-fA-F]{1,12})(?:;[!#$%&'*+\-.^_`|~\w]+(?:=(?:[!#$%&'*+\-.^_`|~\w]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/;
const longestChunkLine = 1_024;
const noFields: string[] = [];

/**
 * Reads HTTP/1.1 responses off a connection, strictly: what two programs could read in two ways (RFC 9112 §6.3) ends the
 * connection rather than being guessed at. That is both framings, two lengths, a coding other than "chunked", bare CR or LF,
 * folded lines, names that are no tokens. One pass over the head as a string costs less than calls from a parser for each field.
 */
export class ResponseParser {
  readonly #events: ResponseEvents;
  readonly #headBytes: number;
  #state: State = states.head;
  /** The beginning of a head, chunk line or trailer section whose end has not come. */
  #partial = '';
  /** Octets of the body, or of the chunk, still to come. */
  #left = 0;
  /** False between responses: an octet that comes then belongs to no request. */
  expecting = false;
  /** True while 101 is an answer: the request asked for another protocol. */
  switching = false;
  /** Octets of informational responses in front of the final one. */
  #informational = 0;

  constructor(events: ResponseEvents, headBytes: number) {
    this.#events = events;
    this.#headBytes = headBytes;
  }

  /** True when the connection's end is the response's. */
  get endsWithConnection(): boolean {
    return this.#state === states.untilClose;
  }

  /** Throws `ResponseFault`. What it throws ends the connection. */
  execute(data: Buffer): void {
    let at = 0;
    while (at < data.length) {
      if (!this.expecting) throw new ResponseFault('octets that no request asked for');
      switch (this.#state) {
        case states.head:
          at = this.#readHead(data, at);
          break;
        case states.length:
        case states.chunk:
          at = this.#readBody(data, at);
          break;
        case states.untilClose:
          this.#events.onBody(at === 0 ? data : data.subarray(at));
          return;
        case states.chunkEnd:
          at = this.#readLine(data, at, 2);
          break;
        case states.chunkSize:
          at = this.#readLine(data, at, longestChunkLine);
          break;
        case states.trailers:
          at = this.#readLine(data, at, this.#headBytes);
          break;
      }
    }
  }

  /** The connection has ended, and with it a response that had no other end. */
  finish(): void {
    if (this.endsWithConnection) this.#complete(noFields);
  }

  #readHead(data: Buffer, at: number): number {
    const end = this.#partial === '' ? data.indexOf('\r\n\r\n', at, 'latin1') : -1;
    if (end >= 0) {
      if (end - at > this.#headBytes) throw new ResponseFault('the head is too long');
      this.#takeHead(latin1(data, at, end));
      return end + 4;
    }
    // The head comes in several pieces: rare enough to look at what there is again.
    const before = this.#partial.length;
    const text = this.#partial + latin1(data, at, Math.min(data.length, at + this.#headBytes + 4));
    const found = text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (found < 0) {
      if (text.length > this.#headBytes) throw new ResponseFault('the head is too long');
      // A last CR may be half of a line's end.
      if (forbidden.test(text.endsWith('\r') ? text.slice(0, -1) : text)) {
        throw new ResponseFault('the head holds an octet that it may not');
      }
      if (!'HTTP/1.'.startsWith(text.slice(0, 7))) throw new ResponseFault('the answer is not HTTP/1.1');
      this.#partial = text;
      return data.length;
    }
    if (found > this.#headBytes) throw new ResponseFault('the head is too long');
    this.#partial = '';
    this.#takeHead(text.slice(0, found));
    return at + found + 4 - before;
  }

  #takeHead(text: string): void {
    if (forbidden.test(text)) throw new ResponseFault('the head holds an octet that it may not');
    let lineEnd = text.indexOf('\r\n');
    const first = statusLine.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
    if (first === null) throw new ResponseFault('the status line is none');
    const status = Number(first[2]);
    let length: number | null = null;
    let chunked = false;
    let future: Future = first[1] === '1' ? 'keep-alive' : 'unsaid';
    let keepAliveSeconds: number | null = null;
    const fields: string[] = [];
    while (lineEnd >= 0) {
      const from = lineEnd + 2;
      lineEnd = text.indexOf('\r\n', from);
      const name = readField(text, from, lineEnd < 0 ? text.length : lineEnd, fields);
      switch (name.length) {
        case 10: {
          const lower = name.toLowerCase();
          const value = fields.at(-1)!;
          if (lower === 'connection') future = futureOf(value, future);
          else if (lower === 'keep-alive') keepAliveSeconds = announced(value);
          break;
        }
        case 14:
          if (name.toLowerCase() !== 'content-length') break;
          if (length !== null) throw new ResponseFault('two Content-Length fields');
          if (!digits.test(fields.at(-1)!)) throw new ResponseFault('the Content-Length is no number');
          length = Number(fields.at(-1));
          break;
        case 16:
          // No field of any standard, but one that closes connections all the same.
          if (name.toLowerCase() === 'proxy-connection') future = futureOf(fields.at(-1)!, future);
          break;
        case 17:
          if (name.toLowerCase() !== 'transfer-encoding') break;
          if (
            chunked ||
            fields.at(-1)!.toLowerCase() !== 'chunked' ||
            first[1] === '0' ||
            // Legal, but to llhttp a coding of another name.
            text.charCodeAt((lineEnd < 0 ? text.length : lineEnd) - 1) === 9
          ) {
            throw new ResponseFault('a Transfer-Encoding other than "chunked"');
          }
          chunked = true;
      }
    }
    let persistent = future === 'keep-alive';
    if (chunked && length !== null) throw new ResponseFault('both a Content-Length and a Transfer-Encoding');
    if (status === 101 && !this.switching) throw new ResponseFault('101, which nobody asked for');
    if (status < 200) {
      if (chunked || (length ?? 0) > 0) throw new ResponseFault('an informational response with a body');
      if (!persistent && status !== 101)
        throw new ResponseFault('an informational response, and no final one');
      this.#informational += text.length;
      // However many there are, what is passed on of them does not wait for the client.
      if (this.#informational > this.#headBytes * 4)
        throw new ResponseFault('too many informational responses');
    } else this.#informational = 0;
    const bodiless = status === 204 || status === 304;
    // A body that may follow such a head all the same would be taken for the next response.
    if (bodiless && (chunked || (length ?? 0) > 0)) persistent = false;
    // Without a length the body ends with the connection.
    if (!bodiless && status >= 200 && !chunked && length === null) persistent = false;
    const head = { status, reason: first[3] ?? '', fields, persistent, keepAliveSeconds };
    const noBody = this.#events.onHead(head) || bodiless;
    if (status === 101) {
      // What follows is no HTTP any more, and has no other end than the connection's.
      this.#state = states.untilClose;
      return;
    }
    if (status < 200) return;
    if (noBody || (length === 0 && !chunked)) this.#complete(noFields);
    else if (chunked) this.#state = states.chunkSize;
    else if (length !== null) {
      this.#left = length;
      this.#state = states.length;
    } else this.#state = states.untilClose;
  }

  #readBody(data: Buffer, at: number): number {
    const end = Math.min(data.length, at + this.#left);
    this.#left -= end - at;
    this.#events.onBody(at === 0 && end === data.length ? data : data.subarray(at, end));
    if (this.#left > 0) return end;
    if (this.#state === states.chunk) this.#state = states.chunkEnd;
    else this.#complete(noFields);
    return end;
  }

  /** A line of the chunked coding, its end included in `limit`; the trailer section is read up to its empty line. */
  #readLine(data: Buffer, at: number, limit: number): number {
    const newline = data.indexOf(10, at);
    const end = newline < 0 ? data.length : newline + 1;
    const text = this.#partial + latin1(data, at, Math.min(end, at + limit + 1));
    if (text.length > limit) throw new ResponseFault('a line of the chunked coding is too long');
    this.#partial = text;
    if (newline < 0) return end;
    if (!text.endsWith('\r\n')) throw new ResponseFault('a line that ends with a bare LF');
    if (this.#state === states.trailers) {
      if (text === '\r\n' || text.endsWith('\r\n\r\n')) this.#complete(trailersOf(text));
      return end;
    }
    this.#partial = '';
    if (this.#state === states.chunkEnd) {
      if (text !== '\r\n') throw new ResponseFault('a chunk longer than its size');
      this.#state = states.chunkSize;
      return end;
    }
    const size = chunkLine.exec(text.slice(0, -2));
    if (size === null) throw new ResponseFault('a chunk size that is none');
    this.#left = Number.parseInt(size[1]!, 16);
    this.#state = this.#left === 0 ? states.trailers : states.chunk;
    return end;
  }

  #complete(trailers: string[]): void {
    this.#state = states.head;
    this.#partial = '';
    this.expecting = false;
    this.#events.onComplete(trailers);
  }
}

function latin1(data: Buffer, from: number, to: number): string {
  return data.toString('latin1', from, to);
}

/** Adds the field between two offsets to `fields` and returns its name. */
function readField(text: string, from: number, to: number, fields: string[]): string {
  const colon = text.indexOf(':', from);
  const name = text.slice(from, colon);
  if (colon < 0 || colon >= to || !token.test(name)) throw new ResponseFault('a field line that is none');
  let start = colon + 1;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  fields.push(name, text.slice(start, end));
  return name;
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function trailersOf(text: string): string[] {
  if (forbidden.test(text)) throw new ResponseFault('a trailer holds an octet that it may not');
  const fields: string[] = [];
  for (let at = 0; at < text.length - 2; ) {
    const end = text.indexOf('\r\n', at);
    const name = readField(text, at, end, fields).toLowerCase();
    if (name === 'content-length' || name === 'transfer-encoding') {
      throw new ResponseFault('a trailer that would frame what it stands behind');
    }
    at = end + 2;
  }
  return fields;
}

/** What a list of connection options says of the connection's future; `close` has the last word (RFC 9112 §9.3). */
function futureOf(options: string, before: Future): Future {
  if (before === 'close') return before;
  const lower = options.toLowerCase();
  if (lower === 'keep-alive' || lower === 'close') return lower;
  const tokens = lower.split(',').map((part) => part.trim());
  if (tokens.includes('close')) return 'close';
  return tokens.includes('keep-alive') ? 'keep-alive' : before;
}

function announced(keepAlive: string): number | null {
  const seconds = /(?:^|[\s,;])timeout\s*=\s*"?(\d{1,9})/i.exec(keepAlive)?.[1];
  return seconds === undefined ? null : Number(seconds);
}
