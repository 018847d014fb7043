import type { VerifyResult } from '../../../control/api/index.ts';
import type { Audit } from '../audit-databases.ts';
import type { RowsCompared } from '../compare-rows.ts';
import type { FailedRequest } from '../crowd.ts';
import type { RouteCount } from '../requests-by-route.ts';
import type { Failure } from '../traffic.ts';
import type { LogVerdict } from './audit-logs.ts';
import type { PlacedVerdict } from './audit-registers.ts';
import type { SearchVerdict } from './audit-search.ts';
import type { EventVerdict } from './event-audience.ts';
import type { FaceLatency } from './face-latencies.ts';
import type { FeatureHandover } from './feature-steps.ts';
import { attribute, type Kill } from './kills.ts';
import type { PeakMemory } from './memory-watch.ts';
import type { FailedJob, JobRuns } from './nightly-jobs.ts';

/** What `demo --all` prints, and with `--json` the last line of stdout. */
export interface AllReport {
  /** Nothing failed that no kill explains, nothing is lost or doubled, and everything is equal. */
  readonly ok: boolean;
  readonly engine: string;
  /** Products that the database was filled with. */
  readonly rows: number;
  /** How long traffic ran, and how long all of it took. */
  readonly seconds: number;
  readonly secondsInAll: number;
  readonly requests: {
    readonly total: number;
    /** That no kill explains. */
    readonly failed: number;
    readonly failedByKills: number;
    readonly byFeature: readonly RouteCount[];
    /** As clients measured them, milliseconds. */
    readonly byFace: readonly FaceLatency[];
    /** The first of those that no kill explains, word by word. */
    readonly failures: readonly Failure[];
  };
  readonly kills: readonly {
    readonly kind: string;
    readonly process: string;
    /** Until all was as before, milliseconds. */
    readonly backMs: number;
    /** Requests, and runs of jobs, that it cost. */
    readonly failed: number;
    readonly failedJobs: number;
  }[];
  readonly handovers: readonly FeatureHandover[];
  readonly writes: { readonly acknowledged: number; readonly lost: number; readonly doubled: number };
  /** Each table that two databases have, compared byte by byte with nothing of banyan in between. */
  readonly pairs: readonly TablePair[];
  /** banyan's own comparison, at the end. */
  readonly verify: { readonly rowsCompared: number; readonly different: number };
  readonly events: { readonly promised: number; readonly taken: number; readonly wrong: number };
  /** Rows of the monolith's table, the log service's entries, and requests answered since the monolith appends there. */
  readonly logs: {
    readonly rows: number;
    readonly entries: number;
    readonly answered: number;
    readonly wrong: number;
  };
  /** Products that can be bought, those in the index, and how many were searched for. */
  readonly search: {
    readonly live: number;
    readonly indexed: number;
    readonly searched: number;
    readonly wrong: number;
  };
  readonly jobs: readonly JobRuns[];
  /** Of all processes together (PSS); null where the system does not tell. */
  readonly peakMemory: PeakMemory | null;
  /** How often a process had to be started again. */
  readonly restarts: number;
  /** What is wrong, in words. Empty when ok. */
  readonly findings: readonly string[];
}

export interface TablePair extends Omit<RowsCompared, 'samples'> {
  readonly feature: string;
  readonly table: string;
}

export interface AllFacts {
  readonly engine: string;
  readonly rows: number;
  readonly seconds: number;
  readonly secondsInAll: number;
  readonly total: number;
  readonly acknowledged: number;
  readonly failures: readonly FailedRequest[];
  readonly kills: readonly Kill[];
  readonly byFeature: readonly RouteCount[];
  readonly byFace: readonly FaceLatency[];
  readonly handovers: readonly FeatureHandover[];
  readonly verifies: Readonly<Record<string, VerifyResult>>;
  readonly products: Audit;
  readonly registers: readonly PlacedVerdict[];
  readonly pairs: readonly (TablePair & { readonly samples: readonly string[] })[];
  /** Sentences of other audits; empty when all is well. */
  readonly others: readonly string[];
  readonly events: EventVerdict;
  readonly logs: LogVerdict;
  readonly search: SearchVerdict;
  readonly jobs: readonly JobRuns[];
  readonly jobFailures: readonly FailedJob[];
  readonly peakMemory: PeakMemory | null;
  readonly restarts: number;
}

const kept = 20;

/** Judges the facts. What a kill cost is told and is no finding; a kill that was not made good by itself ended the story. */
export function makeAllReport(facts: AllFacts): AllReport {
  const { requests, jobs, unexplained, unexplainedJobs } = attribute(
    facts.failures,
    facts.jobFailures,
    facts.kills,
  );
  const { products, registers } = facts;
  const lost = [
    ...(['legacy', 'service'] as const).flatMap((side) =>
      products[side].lost.map((text) => `${side}: ${text}`),
    ),
    ...registers.flatMap(({ where, lost }) => lost.map((text) => `${where}: ${text}`)),
  ];
  const doubled = [
    ...(['legacy', 'service'] as const).flatMap((side) =>
      products[side].duplicated.map((text) => `${side}: ${text}`),
    ),
    ...registers.flatMap(({ where, doubled }) => doubled.map((text) => `${where}: ${text}`)),
  ];
  const verified = Object.values(facts.verifies);
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  const different = sum(verified.map((one) => one.different));
  const failures = unexplained.map(({ at, method, path, what }) => ({
    at,
    request: `${method} ${path}`,
    what,
  }));
  const pairs = facts.pairs.map(({ samples: _, ...pair }) => pair);
  const findings = [
    ...failures.slice(0, kept).map(({ at, request, what }) => `${at} ${request}: ${what}`),
    ...lost.slice(0, kept),
    ...doubled.slice(0, kept),
    ...facts.pairs.flatMap(({ table, samples }) => samples.map((text) => `${table}: ${text}`)),
    ...(different > 0 ? [`banyan verify finds ${different} different rows`] : []),
    ...facts.others,
    ...facts.logs.findings.slice(0, kept),
    ...facts.search.findings.slice(0, kept),
    ...facts.events.findings.slice(0, kept),
    ...unexplainedJobs.slice(0, kept).map(({ what }) => what),
    ...(facts.acknowledged === 0 ? ['no write was acknowledged: nothing was shown'] : []),
    ...(facts.events.promised === 0 ? ['no event was promised: nothing was shown'] : []),
  ];
  return {
    ok: findings.length === 0,
    engine: facts.engine,
    rows: facts.rows,
    seconds: facts.seconds,
    secondsInAll: facts.secondsInAll,
    requests: {
      total: facts.total,
      failed: unexplained.length,
      failedByKills: facts.failures.length - unexplained.length,
      byFeature: facts.byFeature,
      byFace: facts.byFace,
      failures: failures.slice(0, kept),
    },
    kills: facts.kills.map((kill) => ({
      ...{ kind: kill.kind, process: kill.process, backMs: Math.round(kill.to - kill.from) },
      failed: requests.get(kill) ?? 0,
      failedJobs: jobs.get(kill) ?? 0,
    })),
    handovers: facts.handovers,
    writes: { acknowledged: facts.acknowledged, lost: lost.length, doubled: doubled.length },
    pairs,
    verify: { rowsCompared: sum(verified.map((one) => one.rowsCompared)), different },
    events: {
      promised: facts.events.promised,
      taken: facts.events.taken,
      wrong: facts.events.findings.length,
    },
    logs: {
      ...{ rows: facts.logs.rows, entries: facts.logs.entries, answered: facts.logs.answered },
      wrong: facts.logs.findings.length,
    },
    search: {
      ...{ live: facts.search.live, indexed: facts.search.indexed, searched: facts.search.searched },
      wrong: facts.search.findings.length,
    },
    jobs: facts.jobs,
    peakMemory: facts.peakMemory,
    restarts: facts.restarts,
    findings,
  };
}
