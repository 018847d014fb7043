import { agreesAt, type Difference, differenceKey } from '../compare/index.ts';
import { freshSamples, keptSamples, mostSamples } from './kept-samples.ts';
import type { Observation, Repeat } from './observation.ts';
import { redactTarget, redactValue } from './redact.ts';
import type { DifferenceSample, Omission, PathCounts, RouteTally, ShadowTally } from './shadow-tally.ts';

/** Places counted apart for each route: a side that makes up names must not fill memory or the state store. */
const mostPaths = 400;
/** Further looks at one place in a while: more tell little, and a guard that begins later sees them all the same. */
const enoughLooks = 200;
const whileMs = 60_000;

type Counts = { -readonly [K in keyof PathCounts]: number };

/** Further looks since `since`, milliseconds. */
interface Looks {
  since: number;
  count: number;
}

interface RouteCounts {
  compared: number;
  differing: number;
  repeated: number;
  crowded: number;
  readonly omitted: Partial<Record<Omission, number>>;
  readonly paths: Map<string, Counts>;
  /** By difference key. */
  readonly looks: Map<string, Looks>;
  readonly samples: Map<string, readonly DifferenceSample[]>;
}

export interface RouteTotals extends Pick<RouteTally, 'compared' | 'differing' | 'omitted'> {
  readonly route: string;
}

/** One router's tally of one run of a feature's shadow. */
export class TallyKeeper {
  readonly #routes = new Map<string, RouteCounts>();
  readonly #sampleLifeMs: number;
  readonly #now: () => number;
  /** Grows with every count: tells whether there is anything new. */
  changes = 0;

  constructor(sampleLifeMs: number, now: () => number = Date.now) {
    this.#sampleLifeMs = sampleLifeMs;
    this.#now = now;
  }

  omit(route: string, why: Omission): void {
    const { omitted } = this.#route(route);
    omitted[why] = (omitted[why] ?? 0) + 1;
  }

  record(observation: Observation): void {
    const { differences, repeat } = observation;
    const route = this.#route(observation.route);
    route.compared += 1;
    if (differences.length > 0) route.differing += 1;
    for (const difference of differences) {
      const key = differenceKey(difference);
      this.#count(route, key, 'differed');
      const verdict = repeat === null ? null : verdictOn(difference, repeat);
      if (verdict !== null) {
        this.#count(route, key, verdict);
        this.#look(route, key);
      }
      if (verdict !== 'settled') this.#sample(route, key, observation, difference, verdict === 'persisted');
    }
    if (repeat?.why !== 'sampled') return;
    route.repeated += 1;
    for (const difference of repeat.legacy) {
      const key = differenceKey(difference);
      this.#count(route, key, 'noise');
      if (agreesAt(differences, difference)) this.#count(route, key, 'wavered');
    }
  }

  /** Whether another look at these differences would tell something. */
  isDoubtful(route: string, differences: readonly Difference[]): boolean {
    const known = this.#routes.get(route)?.looks;
    return differences.some((difference) => {
      const looks = known?.get(differenceKey(difference));
      return looks === undefined || looks.count < enoughLooks || this.#now() - looks.since >= whileMs;
    });
  }

  /** What of each route was compared and what not: without the places. */
  totals(): readonly RouteTotals[] {
    return [...this.#routes].map(([route, { compared, differing, omitted }]) => ({
      route,
      compared,
      differing,
      omitted: { ...omitted },
    }));
  }

  tally(): ShadowTally {
    const now = this.#now();
    return Object.fromEntries(
      [...this.#routes].map(([id, route]): [string, RouteTally] => {
        const samples = freshSamples(Object.fromEntries(route.samples), now, this.#sampleLifeMs);
        for (const key of route.samples.keys()) if (!Object.hasOwn(samples, key)) route.samples.delete(key);
        const { compared, differing, repeated, crowded } = route;
        const paths = Object.fromEntries([...route.paths].map(([key, counts]) => [key, { ...counts }]));
        return [
          id,
          { compared, differing, repeated, crowded, omitted: { ...route.omitted }, paths, samples },
        ];
      }),
    );
  }

  #route(id: string): RouteCounts {
    this.changes += 1;
    let route = this.#routes.get(id);
    if (route === undefined) {
      route = {
        compared: 0,
        differing: 0,
        repeated: 0,
        crowded: 0,
        omitted: {},
        paths: new Map(),
        looks: new Map(),
        samples: new Map(),
      };
      this.#routes.set(id, route);
    }
    return route;
  }

  #count(route: RouteCounts, key: string, what: keyof PathCounts): void {
    let counts = route.paths.get(key);
    if (counts === undefined) {
      if (route.paths.size >= mostPaths) {
        route.crowded += 1;
        return;
      }
      counts = { differed: 0, persisted: 0, wavered: 0, settled: 0, noise: 0 };
      route.paths.set(key, counts);
    }
    counts[what] += 1;
  }

  #look({ paths, looks }: RouteCounts, key: string): void {
    if (!paths.has(key)) return;
    const now = this.#now();
    const before = looks.get(key);
    if (before === undefined || now - before.since >= whileMs) looks.set(key, { since: now, count: 1 });
    else before.count += 1;
  }

  #sample(
    route: RouteCounts,
    key: string,
    { requestId, request }: Observation,
    { path, first, second }: Difference,
    persisted: boolean,
  ): void {
    if (!route.paths.has(key)) return;
    const before = route.samples.get(key) ?? [];
    if (before.length >= mostSamples && (!persisted || before.every((sample) => sample.persisted))) return;
    const [method = '', target = ''] = request.split(' ', 2);
    const sample: DifferenceSample = {
      at: new Date(this.#now()).toISOString(),
      requestId,
      request: `${method} ${redactTarget(target)}`,
      legacy: redactValue(path, first),
      service: redactValue(path, second),
      persisted,
    };
    route.samples.set(key, keptSamples([...before, sample]));
  }
}

/** What a second look says of a difference; null: legacy's own answers differ there, which tells nothing of the service. */
function verdictOn(difference: Difference, repeat: Repeat): 'persisted' | 'wavered' | 'settled' | null {
  if (!agreesAt(repeat.legacy, difference)) return repeat.why === 'doubted' ? 'wavered' : null;
  if (repeat.settled === null) return 'persisted';
  if (!agreesAt(repeat.settled.legacy, difference)) return null;
  return agreesAt(repeat.settled.service, difference) ? 'settled' : 'persisted';
}
