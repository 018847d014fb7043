import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One HTTP message as it stood on the wire, Latin-1. */
export interface RawMessage {
  readonly startLine: string;
  /** As sent: `Name: value`. */
  readonly fields: readonly string[];
  /** After removal of the chunked coding. */
  readonly body: string;
  readonly chunked: boolean;
  readonly trailers: readonly string[];
}

interface Parsed {
  readonly message: RawMessage;
  readonly rest: string;
}

/** Values of a field, its name compared without regard to case. */
export function fieldValues(message: RawMessage, name: string): string[] {
  const prefix = `${name.toLowerCase()}:`;
  return message.fields
    .filter((field) => field.toLowerCase().startsWith(prefix))
    .map((field) => field.slice(prefix.length).trim());
}

/** Cuts the first whole message from the text; null while it is incomplete. `bodiless`: answers to HEAD. */
export function cutMessage(
  text: string,
  options: { bodiless?: boolean; ended?: boolean } = {},
): Parsed | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [startLine = '', ...fields] = text.slice(0, end).split('\r\n');
  const after = text.slice(end + 4);
  const head = { startLine, fields, trailers: [] as string[] };
  const probe = { ...head, body: '', chunked: false };
  const response = /^HTTP\/1\.[01] (\d{3})/.exec(startLine);
  const status = response === null ? 0 : Number(response[1]);
  if (options.bodiless || (response !== null && (status < 200 || status === 204 || status === 304))) {
    return { message: probe, rest: after };
  }
  if (fieldValues(probe, 'transfer-encoding').some((value) => /chunked/i.test(value)))
    return cutChunked(head, after);
  const length = fieldValues(probe, 'content-length')[0];
  if (length !== undefined) {
    const bytes = Number(length);
    if (after.length < bytes) return null;
    return { message: { ...head, body: after.slice(0, bytes), chunked: false }, rest: after.slice(bytes) };
  }
  if (response === null) return { message: probe, rest: after };
  return options.ended ? { message: { ...probe, body: after }, rest: '' } : null;
}

function cutChunked(head: Omit<RawMessage, 'body' | 'chunked'>, text: string): Parsed | null {
  let rest = text;
  let body = '';
  for (;;) {
    const line = rest.indexOf('\r\n');
    if (line < 0) return null;
    const size = Number.parseInt(rest.slice(0, line), 16);
    rest = rest.slice(line + 2);
    if (size === 0) break;
    if (rest.length < size + 2) return null;
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
  const trailers: string[] = [];
  for (;;) {
    const line = rest.indexOf('\r\n');
    if (line < 0) return null;
    const trailer = rest.slice(0, line);
    rest = rest.slice(line + 2);
    if (trailer === '') return { message: { ...head, body, chunked: true, trailers }, rest };
    trailers.push(trailer);
  }
}

/** What a monolith does with the n-th request on a connection. */
export interface RawAnswer {
  /** Octets, Latin-1. */
  readonly bytes: string;
  readonly close?: boolean;
}

/** A monolith made of octets: records what reaches it and answers with what it is told. */
export async function startRawUpstream() {
  let answer: RawAnswer = { bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' };
  const seen: RawMessage[] = [];
  /** Octets that made up no whole request. */
  let loose = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      loose += text;
    });
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (let cut = cutMessage(text); cut !== null; cut = cutMessage(text)) {
        text = cut.rest;
        seen.push(cut.message);
        socket.write(answer.bytes, 'latin1');
        if (answer.close) socket.end();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    /** For the next requests; forgets what was seen. */
    expect(next: RawAnswer) {
      answer = next;
      seen.length = 0;
      loose = '';
    },
    get loose() {
      return loose;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

export interface RawExchange {
  /** Final and informational responses, in order. */
  readonly messages: readonly RawMessage[];
  /** True when the other side closed the connection. */
  readonly closed: boolean;
  readonly text: string;
}

/**
 * Sends octets on a new connection and collects answers: until `count` final responses are whole and `settleMs` passed
 * without more, or the other side closed.
 */
export async function sendRaw(
  port: number,
  bytes: string,
  options: { count?: number; settleMs?: number; timeoutMs?: number; head?: boolean; end?: boolean } = {},
): Promise<RawExchange> {
  const { count = 1, settleMs = 15, timeoutMs = 15_000 } = options;
  const socket = connect({ port, host: '127.0.0.1' });
  socket.setEncoding('latin1');
  let text = '';
  let closed = false;
  const done = new Promise<void>((resolve) => {
    let settle: NodeJS.Timeout | null = null;
    const limit = setTimeout(resolve, timeoutMs);
    const finish = () => {
      clearTimeout(limit);
      if (settle !== null) clearTimeout(settle);
      resolve();
    };
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (finals(parseAll(text, options.head === true, false)) < count) return;
      if (settle === null) settle = setTimeout(finish, settleMs);
      else settle.refresh();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      closed = true;
      finish();
    });
  });
  socket.write(bytes, 'latin1');
  if (options.end) socket.end();
  await done;
  socket.destroy();
  return { messages: parseAll(text, options.head === true, closed), closed, text };
}

function finals(messages: readonly RawMessage[]): number {
  return messages.filter((message) => !/^HTTP\/1\.1 1\d\d/.test(message.startLine)).length;
}

function parseAll(text: string, bodiless: boolean, ended: boolean): RawMessage[] {
  const messages: RawMessage[] = [];
  let rest = text;
  for (;;) {
    const cut = cutMessage(rest, { bodiless, ended });
    if (cut === null) return messages;
    messages.push(cut.message);
    rest = cut.rest;
  }
}
