import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type JetStreamClient, jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type PrivateNats, startPrivateNats } from '../../scripts/servers/index.ts';

/** Says what the toolkit's change feed says (docs/feed.md), when the test wants it, and its watermarks all the time. */
export class ToldFeed {
  #broker: PrivateNats | undefined;
  #connection: NatsConnection | undefined;
  #client: JetStreamClient | undefined;
  #seq = 0;
  #last: Promise<unknown> = Promise.resolve();
  #beat: NodeJS.Timeout | undefined;
  #place = { name: '', created: '', seq: 0 };
  readonly folder: string;
  readonly port: number;
  /** The sender stands still: nothing is told, and the broker cannot know it. */
  silent = false;

  constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.#broker = await startPrivateNats({ dataDir: this.folder, port: this.port });
    this.#connection = await connect({ servers: this.url });
    const { streams } = await jetstreamManager(this.#connection);
    const stream = { name: 'BANYAN_CHANGES', subjects: ['changes.>'], storage: StorageType.File };
    const { created, state } = await streams.info(stream.name).catch(() => streams.add(stream));
    this.#place = { name: stream.name, created: String(created), seq: state.last_seq };
    this.#client = jetstream(this.#connection);
    this.#beat = setInterval(() => {
      if (!this.silent) this.watermark();
    }, 300);
  }

  async stop(): Promise<void> {
    clearInterval(this.#beat);
    await this.#last.catch(() => undefined);
    await this.#connection?.close();
    await this.#broker?.stop('SIGKILL');
  }

  async loseDisk(): Promise<void> {
    await this.stop();
    await rm(join(this.folder, 'jetstream'), { recursive: true });
    await this.start();
  }

  /** As where the feed was turned on: first its rows, which this one leaves out. */
  endSnapshot(table: string): Promise<void> {
    return this.#send(`${table}.%end`, (seq) => ({ op: 'm', source: { table, seq, snapshot: 'last' } }));
  }

  /** Of what was told before: one that waits to be sent is not in the stream yet. */
  watermark(): void {
    const until = Date.now();
    this.#last = this.#last
      .catch(() => undefined)
      .then(() => {
        const told = { feature: 'shop', side: 'legacy', epoch: 1, seq: this.#seq, told_until: until };
        const text = JSON.stringify({ ...told, tables: ['products', 'shops'], stream: this.#place });
        this.#connection?.publish('watermarks.changes.shop', text);
      });
  }

  /** `seq`: the same once more, or one that was before. */
  say(
    table: string,
    id: number,
    after: object | null,
    op = after === null ? 'd' : 'u',
    again?: number,
  ): Promise<void> {
    return this.#send(`${table}.${id}`, (seq) => ({ key: { id }, after, op, source: { table, seq } }), again);
  }

  get seq(): number {
    return this.#seq;
  }

  /** One after the other: a watermark counts what was sent before it. */
  #send(
    to: string,
    message: (seq: number) => { readonly source: object; readonly op: string },
    again?: number,
  ): Promise<void> {
    const sent = this.#last
      .catch(() => undefined)
      .then(async () => {
        const { source, ...rest } = message(again ?? ++this.#seq);
        const of = { connector: 'banyan', feature: 'shop', side: 'legacy', epoch: 1, snapshot: 'false' };
        const body = { key: null, before: null, after: null, ...rest, source: { ...of, ...source } };
        const text = JSON.stringify({ ...body, ts_ms: Date.now() });
        const { seq } = await this.#client!.publish(`changes.shop.${to}`, text);
        this.#place = { ...this.#place, seq };
      });
    this.#last = sent;
    return sent;
  }
}
