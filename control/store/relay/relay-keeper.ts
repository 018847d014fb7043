import type { Socket } from 'node:net';
import type { Knex } from 'knex';
import { pause } from '../../../common/pause.ts';
import { within } from '../../../common/within.ts';
import { countLive } from '../replicas.ts';
import { BeatRelay } from './beat-relay.ts';
import { smallFleet } from './fleet.ts';
import { publishRelay, withdrawRelay } from './relay-rows.ts';

export interface RelayKeeperOptions {
  /** Of its own: nothing else may keep its connections busy. Destroyed at the end. */
  readonly knex: Knex;
  /** Left out: the address by which this process reaches the state store. */
  readonly host?: string | undefined;
  /** 0: any. */
  readonly port: number;
  readonly leaseMs: number;
  /** There is a relay where more routers than this are live. Default 50. */
  readonly above?: number | undefined;
  /** Between two counts of them, milliseconds. Default 2,000. */
  readonly everyMs?: number | undefined;
  readonly logger: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
  };
  readonly signal: AbortSignal;
}

/** To take the relay back at the end, milliseconds. */
const endPatienceMs = 5_000;

/** Has a relay as long as the fleet is large, and says in the state store where it is. */
export class RelayKeeper {
  readonly #options: RelayKeeperOptions;
  #relay: BeatRelay | null = null;
  #replicas = 0;
  #failing = false;
  readonly ended: Promise<void>;

  constructor(options: RelayKeeperOptions) {
    this.#options = options;
    this.ended = this.#keep();
  }

  /** A route table of this version was committed. */
  tell(version: number): void {
    this.#relay?.tell(version);
  }

  async #keep(): Promise<void> {
    const { knex, signal, everyMs = 2_000, above = smallFleet } = this.#options;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    // What an earlier process left: nobody answers there.
    await Promise.race([this.#trying(() => publishRelay(knex, null)), ended]);
    while (!signal.aborted) {
      const look = this.#trying(async () => {
        this.#replicas = await countLive(knex);
        if (this.#replicas > above && this.#relay === null) await this.#open();
        // Of half as many, so that it does not come and go.
        else if (this.#replicas <= above / 2) await this.#close();
      });
      await Promise.race([look, ended]);
      await pause(everyMs, signal);
    }
    await this.#trying(() => within(endPatienceMs, this.#close()));
    // A server that went silent keeps a query for as long as it likes: nobody waits for that.
    void knex.destroy().catch(() => undefined);
  }

  async #open(): Promise<void> {
    const { knex, port, leaseMs, logger, signal, host = await ownAddress(knex) } = this.#options;
    const relay = await BeatRelay.open({
      ...{ knex, host, port, leaseMs },
      replicas: () => this.#replicas,
      onFailure: (error) => this.#failed(error),
    });
    try {
      await publishRelay(knex, relay.place);
    } catch (error) {
      await relay.close();
      throw error;
    }
    this.#relay = relay;
    if (signal.aborted) return this.#close();
    logger.info({ host, port: relay.place.port }, 'routers’ beats are taken together');
  }

  async #close(): Promise<void> {
    const relay = this.#relay;
    if (relay === null) return;
    this.#relay = null;
    await relay.close();
    await withdrawRelay(this.#options.knex, relay.place);
  }

  async #trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Told once: the routers beat by themselves meanwhile. */
  #failed(error: unknown): void {
    if (!this.#failing) this.#options.logger.warn({ err: error }, 'routers’ beats cannot be taken together');
    this.#failing = true;
  }
}

/** The address that this process has towards the state store: routers reach the store, so they are likely to reach it. */
async function ownAddress(knex: Knex): Promise<string> {
  const connection: { readonly stream: Socket } = await knex.client.acquireConnection();
  try {
    return connection.stream.localAddress ?? '127.0.0.1';
  } finally {
    await knex.client.releaseConnection(connection);
  }
}
