import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import {
  fromRelay,
  type RelayAnswer,
  type RelayBeat,
  type RelayPlace,
  seal,
  unseal,
} from './relay-message.ts';

/** A router's end of the relay: sends beats and waits for their answers, and hears of new route tables. */
export class RelayClient {
  readonly place: RelayPlace;
  readonly #socket: Socket;
  readonly #connected: Promise<void>;
  readonly #waiting = new Map<number, (answer: RelayAnswer | null) => void>();
  #beats = 0;

  /** `onNews`: told the version of a route table that was published. */
  constructor(place: RelayPlace, onNews: (version: number) => void) {
    this.place = place;
    this.#socket = createSocket(isIPv6(place.host) ? 'udp6' : 'udp4');
    // A router ends when it has stopped, whoever still might send it something.
    this.#socket.unref();
    this.#socket.on('error', () => this.#giveUp());
    this.#socket.on('message', (datagram) => {
      const message = unseal(place.key, datagram, fromRelay);
      if (message === null) return;
      if ('news' in message) onNews(message.news);
      else this.#waiting.get(message.answer)?.(message);
    });
    this.#connected = new Promise((resolve) => {
      this.#socket.connect(place.port, place.host, () => resolve());
    });
  }

  /** Null: there was no answer within `patienceMs`, or the signal aborted. */
  async beat(
    said: Omit<RelayBeat, 'beat'>,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<RelayAnswer | null> {
    const beat = ++this.#beats;
    const { promise, resolve } = Promise.withResolvers<RelayAnswer | null>();
    const nobody = () => resolve(null);
    const timer = setTimeout(nobody, patienceMs);
    signal.addEventListener('abort', nobody, { once: true });
    this.#waiting.set(beat, resolve);
    const datagram = seal(this.place.key, { beat, ...said });
    this.#connected.then(() => {
      if (!this.#waiting.has(beat)) return;
      this.#socket.send(datagram, (error) => {
        if (error !== null) nobody();
      });
    }, nobody);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', nobody);
      this.#waiting.delete(beat);
    }
  }

  close(): void {
    this.#giveUp();
    this.#socket.close();
  }

  #giveUp(): void {
    for (const answer of this.#waiting.values()) answer(null);
  }
}
