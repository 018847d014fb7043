import { MysqlStateLink } from '../../../control/store/index.ts';
import type { DatabaseEndpoint } from '../../../mover/move-spec.ts';
import { emptyRouteTable, type RouteTable, type Side } from '../../../router/table/route-table.ts';

/**
 * The least that may call itself a router replica: it decides by its last route table, parks writes under a hold, and
 * reports a hold as drained once the writes that it began before it have ended. It knows one feature.
 */
export class TinyRouter {
  readonly #link: MysqlStateLink;
  readonly #feature: string;
  readonly #replica: string;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #end = new AbortController();
  #table: RouteTable = emptyRouteTable;
  #drained: Record<string, number> = {};
  #holdVersion: number | null = null;
  #parked: (() => void)[] = [];
  #beating: Promise<void> = Promise.resolve();
  /** Tests set it to keep a replica from reporting what it has drained. */
  neverDrains = false;

  constructor(state: DatabaseEndpoint, feature: string, replica: string, leaseMs = 10_000) {
    this.#link = new MysqlStateLink({ state, leaseMs });
    this.#feature = feature;
    this.#replica = replica;
  }

  async start(): Promise<void> {
    await this.#beat();
    this.#beating = this.#keepBeating();
  }

  /** Runs `work` with the side that owns the rows, as soon as no hold is on. */
  async write<T>(work: (side: Side) => Promise<T>): Promise<T> {
    while (this.#routing()?.hold) await new Promise<void>((resolve) => this.#parked.push(resolve));
    const done = work(this.#routing()?.owner ?? 'legacy');
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#inFlight.add(settled);
    settled.then(() => this.#inFlight.delete(settled));
    return done;
  }

  get table(): RouteTable {
    return this.#table;
  }

  /** Beats no more, as a process that died or was cut off. */
  async fallSilent(): Promise<void> {
    this.#end.abort();
    await this.#beating;
    await this.#link.close();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#beating;
    await this.#link.leave(this.#replica);
    await this.#link.close();
  }

  #routing() {
    return this.#table.features.find((feature) => feature.name === this.#feature);
  }

  async #keepBeating(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.#beat().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async #beat(): Promise<void> {
    const report = {
      replica: this.#replica,
      host: 'test',
      pid: process.pid,
      version: this.#table.version,
      drained: this.neverDrains ? {} : this.#drained,
    };
    const { table } = await this.#link.beat(report, AbortSignal.timeout(10_000));
    if (table === undefined) return;
    this.#table = table;
    const hold = this.#routing()?.hold === true;
    if (hold && this.#holdVersion === null) {
      this.#holdVersion = table.version;
      const version = table.version;
      Promise.all(this.#inFlight).then(() => {
        if (this.#holdVersion === version) this.#drained = { [this.#feature]: version };
      });
    }
    if (!hold) {
      this.#holdVersion = null;
      this.#drained = {};
      for (const go of this.#parked.splice(0)) go();
    }
  }
}
