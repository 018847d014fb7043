import { isDeepStrictEqual } from 'node:util';
import { describeError } from '../../../../common/errors.ts';
import { pause } from '../../../../common/pause.ts';
import type { OnProgress, Progress } from '../../../progress.ts';
import type { StateStore } from '../../../store/index.ts';
import type { FeatureTraffic, TrafficFollower } from '../../../traffic/index.ts';
import type { FeatureStatus, StatusReport } from '../../contract/answers/index.ts';
import type { EventData, EventName, FeatureFigures } from '../../contract/events.ts';
import { troublesOf } from '../../contract/troubles.ts';
import { steadyLines } from '../steady-lines.ts';

export interface NewsroomOptions {
  readonly store: Pick<StateStore, 'auditAfter' | 'lastAuditId'>;
  readonly status: () => Promise<StatusReport>;
  readonly traffic: Pick<TrafficFollower, 'look'>;
  /** Aborts when control ends. */
  readonly signal: AbortSignal;
}

/** Who is told. `id`: of the audit log, where the event has one. */
export interface Subscriber {
  /** Figures, too: every second, what has changed of them. */
  readonly figures: boolean;
  tell<E extends EventName>(event: E, data: EventData<E>, id?: number): void;
}

interface Subscription {
  readonly subscriber: Subscriber;
  /** The last change that it was told of. */
  after: number;
}

const changesEveryMs = 250;
const statusEveryMs = 1_000;
const changesAtOnce = 500;

/**
 * Tells its subscribers what changes, as long as there are any. Changes are read from the audit log, in the order in which
 * they were committed and whichever process made them; progress comes from the commands of this process and its runners.
 */
export class Newsroom {
  readonly #options: NewsroomOptions;
  readonly #subscriptions = new Set<Subscription>();
  readonly #steady = new Map<string, ReturnType<typeof steadyLines>>();
  readonly #polled = new Map<string, Progress | null>();
  #troubles: ReadonlyMap<string | null, readonly string[]> = new Map();
  /** What was told of them last. */
  #figures: ReadonlyMap<string, FeatureFigures> = new Map();
  #replicas: unknown = null;
  #watching: Promise<void> | null = null;

  constructor(options: NewsroomOptions) {
    this.#options = options;
  }

  /**
   * Tells the whole state first, then all that changed after `lastId`: after the state where it is null, or of a log that is
   * not this one. Returns the function that ends it.
   */
  async subscribe(subscriber: Subscriber, lastId: number | null): Promise<() => void> {
    const { store, status } = this.#options;
    // Read before the state: what changes in between is told twice rather than never.
    const last = await store.lastAuditId();
    const state = await status();
    const after = lastId === null || lastId > last ? last : lastId;
    subscriber.tell('state', state, after);
    const troubles = troublesOf(state);
    for (const [feature, list] of troubles) {
      if (list.length > 0) subscriber.tell('trouble', { feature, troubles: list });
    }
    if (this.#subscriptions.size === 0) this.#troubles = troubles;
    // What was told while the state was read would be missing.
    if (subscriber.figures) {
      this.#figures = new Map();
      this.#replicas = null;
    }
    const subscription = { subscriber, after };
    this.#subscriptions.add(subscription);
    this.#keepWatching();
    return () => this.#subscriptions.delete(subscription);
  }

  /** For the progress of a command on this feature. */
  progressOf(feature: string): OnProgress {
    let steady = this.#steady.get(feature);
    if (steady === undefined) {
      steady = steadyLines((progress) => this.#tellAll('progress', { feature, ...progress }));
      this.#steady.set(feature, steady);
    }
    return steady.onProgress;
  }

  #keepWatching(): void {
    if (this.#subscriptions.size === 0 || this.#options.signal.aborted) return;
    this.#watching ??= this.#watch().finally(() => {
      this.#watching = null;
      // Somebody may have come in the moment in which the last one had left.
      this.#keepWatching();
    });
  }

  async #watch(): Promise<void> {
    const { signal } = this.#options;
    let statusDueAt = performance.now() + statusEveryMs;
    while (this.#subscriptions.size > 0 && !signal.aborted) {
      try {
        const more = await this.#tellChanges();
        if (performance.now() >= statusDueAt) {
          await this.#tellStatus();
          statusDueAt = performance.now() + statusEveryMs;
        }
        if (more) continue;
      } catch (error) {
        const what = `the state store cannot be read: ${describeError(error).message}`;
        this.#tellTroubles(new Map([...this.#troubles, [null, [what]]]));
      }
      await pause(changesEveryMs, signal);
    }
  }

  /** True if there may be more to tell at once. */
  async #tellChanges(): Promise<boolean> {
    const from = Math.min(...[...this.#subscriptions].map(({ after }) => after));
    const entries = await this.#options.store.auditAfter(from, changesAtOnce);
    for (const entry of entries) {
      for (const subscription of this.#subscriptions) {
        if (entry.id <= subscription.after) continue;
        subscription.after = entry.id;
        subscription.subscriber.tell('change', entry, entry.id);
      }
    }
    return entries.length === changesAtOnce;
  }

  async #tellStatus(): Promise<void> {
    const status = await this.#options.status();
    for (const { name, move } of status.features) {
      const progress = move?.progress ?? null;
      if (isDeepStrictEqual(progress, this.#polled.get(name) ?? null)) continue;
      this.#polled.set(name, progress);
      if (progress !== null) this.progressOf(name)(progress);
    }
    for (const steady of this.#steady.values()) steady.flush();
    this.#tellTroubles(troublesOf(status));
    await this.#tellFigures(status);
  }

  async #tellFigures({ now, features, replicas }: StatusReport): Promise<void> {
    const asking = [...this.#subscriptions].filter(({ subscriber }) => subscriber.figures);
    if (asking.length === 0) return;
    const traffic = await this.#options.traffic.look();
    const figures = new Map(features.map((one) => [one.name, figuresOf(one, traffic.get(one.name))]));
    const changed = [...figures].filter(([name, one]) => !isDeepStrictEqual(one, this.#figures.get(name)));
    const standing = replicas.map(({ beatAgoMs: _, ...replica }) => replica);
    const moved = !isDeepStrictEqual(standing, this.#replicas);
    this.#figures = figures;
    this.#replicas = standing;
    const news = { now, ...(moved ? { replicas } : {}), features: Object.fromEntries(changed) };
    for (const { subscriber } of asking) subscriber.tell('figures', news);
  }

  #tellTroubles(now: ReadonlyMap<string | null, readonly string[]>): void {
    for (const [feature, troubles] of now) {
      if (isDeepStrictEqual(troubles, this.#troubles.get(feature) ?? [])) continue;
      this.#tellAll('trouble', { feature, troubles });
    }
    this.#troubles = now;
  }

  #tellAll<E extends EventName>(event: E, data: EventData<E>): void {
    for (const { subscriber } of this.#subscriptions) subscriber.tell(event, data);
  }
}

function figuresOf(
  { finding, refused, unreachable, running, move }: FeatureStatus,
  traffic: FeatureTraffic | undefined,
): FeatureFigures {
  const all =
    traffic === undefined
      ? null
      : { seconds: traffic.seconds, legacy: traffic.legacy, service: traffic.service };
  return { finding, refused, unreachable, running, move, traffic: all };
}
