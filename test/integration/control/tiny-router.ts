import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import { MysqlStateLink, type ReplicaConfig } from '../../../control/store/index.ts';
import { holdVersions } from '../../../router/replica/hold-versions.ts';
import { emptyRouteTable, type RouteTable, type Side } from '../../../router/table/route-table.ts';

/**
 * The least that may call itself a router replica: it decides by its last route table, parks writes under a hold, and
 * reports a hold as drained once the writes that it began before it have ended.
 */
export class TinyRouter {
  readonly #link: MysqlStateLink;
  readonly #features: readonly string[];
  readonly #replica: string;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #end = new AbortController();
  #table: RouteTable = emptyRouteTable;
  #drained: Record<string, number> = {};
  #holds: Readonly<Record<string, number>> = {};
  #parked: (() => void)[] = [];
  #beating: Promise<void> = Promise.resolve();
  /** Tests set it to keep a replica from reporting what it has drained. */
  neverDrains = false;
  /** By which config it says that it goes. */
  config: ReplicaConfig | null = null;
  /** The features whose service it says it can ask. */
  services: readonly string[];

  constructor(
    state: DatabaseEndpoint,
    features: string | readonly string[],
    replica: string,
    leaseMs = 10_000,
  ) {
    this.#link = new MysqlStateLink({ state, leaseMs, config: () => this.config });
    this.#features = typeof features === 'string' ? [features] : features;
    this.services = this.#features;
    this.#replica = replica;
  }

  async start(): Promise<void> {
    await this.#beat();
    this.#beating = this.#keepBeating();
  }

  /** Runs `work` with the side that owns the feature's rows, as soon as no hold is on. */
  async write<T>(work: (side: Side) => Promise<T>, feature = this.#features[0]!): Promise<T> {
    while (this.#routing(feature)?.hold) await new Promise<void>((resolve) => this.#parked.push(resolve));
    const done = work(this.#routing(feature)?.owner ?? 'legacy');
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

  #routing(name: string) {
    return this.#table.features.find((feature) => feature.name === name);
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
      services: this.services,
      drained: this.neverDrains ? {} : this.#drained,
    };
    const { table } = await this.#link.beat(report, AbortSignal.timeout(10_000));
    if (table === undefined) return;
    const before = this.#holds;
    this.#holds = holdVersions(before, this.#table.version, table);
    this.#table = table;
    for (const feature of this.#features) this.#follow(feature, before[feature]);
    for (const go of this.#parked.splice(0)) go();
  }

  /** `before`: the hold that was on until now. */
  #follow(feature: string, before: number | undefined): void {
    const version = this.#holds[feature];
    if (version === before) return;
    delete this.#drained[feature];
    if (version === undefined) return;
    Promise.all(this.#inFlight).then(() => {
      if (this.#holds[feature] === version) this.#drained[feature] = version;
    });
  }
}
