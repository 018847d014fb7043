import { setTimeout as wait } from 'node:timers/promises';
import { FeedOutlet, type MoveSpec } from '../../mover/index.ts';

export interface FeedMessage {
  readonly key: Readonly<Record<string, unknown>> | null;
  readonly before: null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly op: 'c' | 'u' | 'd' | 'r' | 'm';
  readonly source: {
    readonly side: 'legacy' | 'service';
    readonly db: string;
    readonly table: string;
    readonly epoch: number;
    readonly seq: number;
    readonly snapshot: string;
  };
  readonly ts_ms: number;
}

type Place = readonly [epoch: number, seq: number];

/** A consumer as docs/feed.md wants it: it applies messages in the stream's order, each once, and knows nothing of moves. */
export class FeedConsumer {
  readonly messages: FeedMessage[] = [];
  readonly #rows = new Map<string, { readonly after: FeedMessage['after']; readonly at: Place }>();
  readonly #begun = new Map<string, Place>();
  /** Messages that came before: a broker may give one twice. */
  again = 0;

  apply(text: string): void {
    const message: FeedMessage = JSON.parse(text);
    const { key, op, after, source } = message;
    const at: Place = [source.epoch, source.seq];
    if (op === 'm') {
      if (source.snapshot === 'first') this.#begun.set(source.table, at);
      if (source.snapshot === 'last') this.#sweep(source.table);
      this.messages.push(message);
      return;
    }
    const name = `${source.table} ${JSON.stringify(key)}`;
    const known = this.#rows.get(name);
    if (known !== undefined && !isLater(at, known.at)) {
      this.again += 1;
      return;
    }
    this.messages.push(message);
    this.#rows.set(name, { after, at });
  }

  /** Rows of a table, those that are there. */
  rows(table: string): Readonly<Record<string, unknown>>[] {
    return [...this.#rows]
      .filter(([name]) => name.startsWith(`${table} `))
      .flatMap(([, { after }]) => (after === null ? [] : [after]));
  }

  /** What a snapshot did not name, and nothing has told since, is gone. */
  #sweep(table: string): void {
    const begun = this.#begun.get(table);
    if (begun === undefined) return;
    for (const [name, { at }] of this.#rows) {
      if (name.startsWith(`${table} `) && !isLater(at, begun)) this.#rows.delete(name);
    }
  }
}

function isLater([epoch, seq]: Place, [otherEpoch, otherSeq]: Place): boolean {
  return epoch > otherEpoch || (epoch === otherEpoch && seq > otherSeq);
}

/** A stream without a broker: what `FeedOutlet` gives out, in that order; a relay that dies before it marks gives a batch twice. */
export class FeedReader implements Disposable {
  readonly outlet: FeedOutlet;
  readonly consumer: FeedConsumer;
  readonly #batch: number;
  #streamSeq = 0;
  #rounds = 0;

  constructor(spec: MoveSpec, consumer = new FeedConsumer(), batch = 7) {
    this.outlet = new FeedOutlet(spec);
    this.consumer = consumer;
    this.#batch = batch;
  }

  /** Until nothing waits. Every third batch is given twice. */
  async drain(): Promise<void> {
    while (await this.#step()) {}
  }

  /** Beside whatever goes on, until the signal. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) if (!(await this.#step())) await wait(5);
  }

  /** Until no snapshot is asked for that is not told whole. */
  async snapshotsDone(): Promise<void> {
    while ((await this.outlet.snapshots()).some(({ done }) => !done)) await wait(20);
  }

  /** The watermark that a relay may send now. */
  async watermark(): Promise<{
    readonly epoch: number;
    readonly seq: number;
    readonly until: number;
  } | null> {
    const found = await this.outlet.watermark();
    if (found === null) return null;
    const {
      epoch,
      seq,
      told_until: until,
    } = found.body as {
      readonly epoch: number;
      readonly seq: number;
      readonly told_until: number;
    };
    return { epoch, seq, until };
  }

  async #step(): Promise<boolean> {
    const messages = await this.outlet.pending(this.#batch);
    for (const { body } of messages) this.consumer.apply(body);
    this.#rounds += 1;
    if (messages.length === 0) return false;
    if (this.#rounds % 3 === 0) return true;
    const published = messages.map(({ row }) => ({ row, streamSeq: ++this.#streamSeq }));
    await this.outlet.mark(published, new Date());
    return true;
  }

  [Symbol.dispose](): void {
    this.outlet.close();
  }
}
