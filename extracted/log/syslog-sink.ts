import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { Refusal } from './refusal.ts';
import { syslogMessage } from './rfc5424.ts';
import type { Sink } from './sink.ts';
import type { Entry } from './thrift-types.ts';

export interface SyslogAddress {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
}

const connectMs = 5_000;
/** A receiver that takes nothing for so long is given up, with its connection. */
const writeMs = 10_000;
const closeMs = 2_000;

/**
 * Syslog has no acknowledgement: an append is done when the system has taken the messages for sending (TCP, framed by length as RFC 6587
 * has it) or has sent them (UDP). What a receiver that dies had not read is lost: keep what must not be lost elsewhere.
 */
export class SyslogSink implements Sink {
  readonly #address: SyslogAddress;
  #tcp: Promise<Socket> | null = null;
  #udp: UdpSocket | null = null;

  constructor(address: SyslogAddress) {
    this.#address = address;
  }

  async append(entries: readonly Entry[]): Promise<void> {
    const messages = entries.map((entry) => Buffer.from(syslogMessage(entry, hostname())));
    if (this.#address.protocol === 'udp') {
      for (const message of messages) await this.#send(message);
      return;
    }
    const framed = messages.flatMap((message) => [Buffer.from(`${message.length} `), message]);
    const socket = await this.#connected();
    await new Promise<void>((resolve, reject) => {
      const stuck = setTimeout(() => socket.destroy(new Error('the receiver takes nothing')), writeMs);
      socket.write(Buffer.concat(framed), (error) => {
        clearTimeout(stuck);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  query(): Promise<never> {
    const { protocol, host, port } = this.#address;
    return Promise.reject(
      new Refusal('NotReadable', `Entries go to syslog (${protocol} ${host}:${port}): ask there.`),
    );
  }

  async close(): Promise<void> {
    this.#udp?.close();
    const socket = await this.#tcp?.catch(() => null);
    if (!socket || socket.destroyed) return;
    const closed = once(socket, 'close');
    socket.end();
    const stuck = setTimeout(() => socket.destroy(), closeMs);
    await closed;
    clearTimeout(stuck);
  }

  #send(message: Buffer): Promise<void> {
    const { host, port } = this.#address;
    this.#udp ??= createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const socket = this.#udp;
    return new Promise((resolve, reject) => {
      socket.send(message, port, host, (error) => (error ? reject(error) : resolve()));
    });
  }

  #connected(): Promise<Socket> {
    this.#tcp ??= this.#connect().catch((error) => {
      this.#tcp = null;
      throw error;
    });
    return this.#tcp;
  }

  async #connect(): Promise<Socket> {
    const { host, port } = this.#address;
    const socket = connect({ host, port, keepAlive: true });
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectMs) }).catch((error) => {
      socket.destroy();
      throw error;
    });
    // A receiver says nothing; its end is the connection's.
    socket.resume();
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#tcp = null;
    });
    return socket;
  }
}
