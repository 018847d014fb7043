import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Knex } from 'knex';
import { fromRouter, type RelayBeat, type RelayPlace, seal, unseal } from './relay-message.ts';
import { readFleetNews, renewTogether } from './relay-rows.ts';

export interface BeatRelayOptions {
  readonly knex: Knex;
  /** The address that routers reach this process by. */
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  readonly leaseMs: number;
  /** How many routers are live, as was counted last. */
  readonly replicas: () => number;
  /** Told what went wrong; the routers then ask the store by themselves. */
  readonly onFailure: (error: unknown) => void;
}

/** A router as it was heard last. */
interface Heard {
  readonly beat: number;
  readonly version: number;
  readonly at: RemoteInfo;
  readonly atMs: number;
}

/** Between two writes: what comes meanwhile is written together, milliseconds. */
const gatherMs = 10;
/** News that a router has not followed is told again, so often at most, after so many milliseconds. */
const tellAgainMs = 150;
const tellTimes = 6;

/**
 * Takes the beats of a large fleet together: routers send them here, in datagrams, and one statement renews the leases of all that say
 * the same. A thousand commits a lease become a few, and whoever waits for the routers need not wait until each looks by itself,
 * since new route tables are told to all that were heard.
 *
 * The law stays in the store: an answer is sent when the store has the lease, a barrier reads the rows, and a router that gets
 * no answer beats by itself in the same moment. A relay that is dead, cut off or outdated costs only time.
 */
export class BeatRelay {
  readonly place: RelayPlace;
  readonly #options: BeatRelayOptions;
  readonly #socket: Socket;
  /** Of all that ever were: whoever recorded a datagram of one that is gone may send it again. */
  readonly #heard = new Map<string, Heard>();
  #waiting = new Map<string, RelayBeat>();
  #timer: NodeJS.Timeout | null = null;
  #telling: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: BeatRelayOptions, socket: Socket, place: RelayPlace) {
    this.#options = options;
    this.#socket = socket;
    this.place = place;
    socket.on('message', (datagram, from) => this.#take(datagram, from));
    socket.on('error', options.onFailure);
  }

  static async open(options: BeatRelayOptions): Promise<BeatRelay> {
    const { host } = options;
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      recvBufferSize: 4 * 1024 * 1024,
    });
    socket.bind(options.port, host);
    try {
      await once(socket, 'listening');
    } catch (error) {
      socket.close();
      throw error;
    }
    const place = { host, port: socket.address().port, key: randomBytes(32).toString('hex') };
    return new BeatRelay(options, socket, place);
  }

  /** A route table of this version was committed: all routers that were heard look at once. */
  tell(version: number, times = tellTimes): void {
    if (this.#telling !== null) clearTimeout(this.#telling);
    this.#telling = null;
    if (this.#closed) return;
    const heardSince = performance.now() - this.#options.leaseMs;
    const datagram = seal(this.place.key, { news: version });
    let told = 0;
    for (const { at, version: has, atMs } of this.#heard.values()) {
      if (atMs < heardSince || has >= version) continue;
      told++;
      this.#send(datagram, at);
    }
    if (told === 0 || times <= 1) return;
    this.#telling = setTimeout(() => this.tell(version, times - 1), tellAgainMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#telling !== null) clearTimeout(this.#telling);
    this.#socket.close();
    await this.#writing;
  }

  #take(datagram: Buffer, from: RemoteInfo): void {
    const beat = unseal(this.place.key, datagram, fromRouter);
    if (beat === null) return;
    // One that was recorded and is sent again, or was overtaken, must not keep a lease alive.
    if ((this.#heard.get(beat.replica)?.beat ?? 0) >= beat.beat) return;
    this.#heard.set(beat.replica, {
      ...{ beat: beat.beat, version: beat.version, at: from, atMs: performance.now() },
    });
    this.#waiting.set(beat.replica, beat);
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#write();
    }, gatherMs);
  }

  async #write(): Promise<void> {
    const beats = [...this.#waiting.values()];
    this.#waiting = new Map();
    try {
      await this.#renew(beats);
    } catch (error) {
      this.#options.onFailure(error);
    }
    this.#timer = null;
    if (this.#closed || this.#waiting.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#writing = this.#write();
    }, gatherMs);
  }

  async #renew(beats: readonly RelayBeat[]): Promise<void> {
    const { knex, leaseMs, replicas } = this.#options;
    const groups = Map.groupBy(beats, ({ version, drained }) => `${version} ${drained}`);
    const renewed = new Set<RelayBeat>();
    for (const group of groups.values()) {
      const [first] = group as [RelayBeat];
      const names = group.map(({ replica }) => replica);
      // Which of them is missing nobody knows then: each asks the store by itself.
      if ((await renewTogether(knex, names, first, leaseMs)) !== names.length) continue;
      for (const beat of group) renewed.add(beat);
    }
    // Read after the reports are written: a barrier that sees a replica at a version knows what it decides by.
    const news = await readFleetNews(knex);
    for (const beat of beats) {
      const answer = { answer: beat.beat, renewed: renewed.has(beat), ...news, replicas: replicas() };
      const at = this.#heard.get(beat.replica)?.at;
      if (at !== undefined) this.#send(seal(this.place.key, answer), at);
    }
  }

  #send(datagram: Buffer, { port, address }: RemoteInfo): void {
    if (this.#closed) return;
    // One that is lost is made up for by the router's own patience.
    this.#socket.send(datagram, port, address, () => undefined);
  }
}
