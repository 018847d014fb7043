import type { IncomingMessage, OutgoingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** `token` or `token/token`, one or more (RFC 9110 §7.8). */
const protocolList =
  /^[!#$%&'*+\-.^_`|~\w]+(?:\/[!#$%&'*+\-.^_`|~\w]+)?(?:[\t ]*,[\t ]*[!#$%&'*+\-.^_`|~\w]+(?:\/[!#$%&'*+\-.^_`|~\w]+)?)*$/;
/** HTTP itself, or TLS to carry it: further requests would pass by the router unseen. */
const carriesRequests = /^(?:h2c?|h3|http|tls|ssl)(?:\/|$)/i;
const bodiless = (value: string | undefined) => value === undefined || value === '0';
/** What a client may say before it is told that the protocol was switched, octets. */
const earlyLimit = 64 * 1024;

/** Names of the protocols in an `Upgrade` field, lower case. */
export function protocolsOf(upgrade: string): string[] {
  return upgrade.split(',').map((protocol) => protocol.trim().toLowerCase());
}

/**
 * Whether this request may switch protocols: HTTP/1.1, without a body, to anything that is not HTTP in other clothes. All others
 * are ordinary requests whose Upgrade field is dropped, as RFC 9110 §7.8 lets a server do.
 */
export function offersUpgrade(request: IncomingMessage): boolean {
  const { headers, method, socket } = request;
  const { upgrade } = headers;
  if (upgrade === undefined || request.httpVersionMinor === 0 || method === 'HEAD') return false;
  if (method === 'CONNECT' || method === 'TRACE') return false;
  if (!bodiless(headers['content-length']) || headers['transfer-encoding'] !== undefined) return false;
  if (!protocolList.test(upgrade) || protocolsOf(upgrade).some((name) => carriesRequests.test(name)))
    return false;
  // Pipelined behind a request whose answer is still on its way, which needs the connection as it is.
  return !isAnswering(socket);
}

/** Whether the answer to an earlier request on this connection is still on its way. */
export function isAnswering(socket: Socket): boolean {
  return (socket as AnsweringSocket)._httpMessage != null;
}

/** The response that Node is writing to a connection; its types leave it out. */
interface AnsweringSocket extends Socket {
  readonly _httpMessage?: OutgoingMessage | null;
}

/**
 * A connection whose client offers another protocol, between its request and the answer. What the client says meanwhile is
 * kept and no upstream sees it before 101: to one that refuses it would look like further requests.
 */
export class Handshake {
  /** The `Upgrade` field. */
  readonly protocols: string;
  readonly #socket: Socket;
  #early: Buffer[] = [];
  #earlyBytes = 0;

  constructor(request: IncomingMessage, socket: Socket, head: Buffer) {
    this.protocols = request.headers.upgrade!;
    this.#socket = socket;
    if (head.length > 0) this.#keep(head);
    // Reading also tells when the client goes away.
    socket.on('data', this.#keep).on('end', this.#onEnd);
  }

  get isWebSocket(): boolean {
    return this.protocols.toLowerCase() === 'websocket';
  }

  /** Whether the client offered all of the protocols that an upstream says it switches to. */
  offered(chosen: string): boolean {
    const mine = protocolsOf(this.protocols);
    return protocolsOf(chosen).every((name) => mine.includes(name));
  }

  /** Hands the connection over, with what the client has said already. */
  take(): { readonly socket: Socket; readonly early: readonly Buffer[] } {
    const early = this.#early;
    this.#early = [];
    this.#socket.off('data', this.#keep).off('end', this.#onEnd);
    return { socket: this.#socket, early };
  }

  readonly #keep = (piece: Buffer): void => {
    this.#early.push(piece);
    this.#earlyBytes += piece.length;
    if (this.#earlyBytes > earlyLimit) this.#socket.pause();
  };

  readonly #onEnd = (): void => {
    this.#socket.destroy();
  };
}
