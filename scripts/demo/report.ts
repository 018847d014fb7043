import type { Audit } from './audit-databases.ts';
import type { LatencySummary, Period } from './latencies.ts';
import type { RouteCount } from './requests-by-route.ts';
import type { Failure } from './traffic.ts';

/** One change of ownership, with its times in milliseconds. */
export interface Handover {
  readonly direction: 'cutover' | 'rollback';
  /** How long writes were parked at most. */
  readonly holdMs: number;
  readonly fenceToDrainedMs: number | null;
}

/** What the demo prints, and with `--json` the last line of stdout. */
export interface DemoReport {
  /** Nothing failed, nothing is lost or duplicated, and both tables are equal. */
  readonly ok: boolean;
  readonly engine: string;
  /** Products that the database was filled with. */
  readonly rows: number;
  /** How long traffic ran. */
  readonly seconds: number;
  readonly requests: {
    readonly total: number;
    readonly failed: number;
    readonly byRoute: readonly RouteCount[];
    /** The first ones, word by word. */
    readonly failures: readonly Failure[];
  };
  /** Milliseconds, as clients measured them. */
  readonly latency: Readonly<Record<Period, LatencySummary>>;
  readonly writes: { readonly acknowledged: number; readonly lost: number; readonly duplicated: number };
  readonly cutovers: readonly Handover[];
  /** banyan's own comparison, at the end. */
  readonly verify: { readonly rowsCompared: number; readonly different: number };
  /** The demo's comparison of every byte, with nothing of banyan in between. */
  readonly tables: { readonly legacy: number; readonly service: number; readonly different: number };
  /** How often a process had to be started again. */
  readonly restarts: number;
  /** What is wrong, in words. Empty when ok. */
  readonly findings: readonly string[];
}

export interface ReportFacts extends Omit<DemoReport, 'ok' | 'writes' | 'tables' | 'findings'> {
  readonly acknowledged: number;
  readonly audit: Audit;
}

/** Judges the facts. The writes lost are those of the database that lost most: both must have all. */
export function makeReport({ acknowledged, audit, ...facts }: ReportFacts): DemoReport {
  const { tables } = audit;
  const lost = Math.max(audit.legacy.lost.length, audit.service.lost.length);
  const duplicated = Math.max(audit.legacy.duplicated.length, audit.service.duplicated.length);
  const findings = [
    ...facts.requests.failures.map(({ at, request, what }) => `${at} ${request}: ${what}`),
    ...(['legacy', 'service'] as const).flatMap((side) =>
      [...audit[side].lost, ...audit[side].duplicated].slice(0, 10).map((text) => `${side}: ${text}`),
    ),
    ...tables.samples.map((text) => `tables: ${text}`),
    ...(acknowledged === 0 ? ['no write was acknowledged: nothing was shown'] : []),
  ];
  const ok =
    facts.requests.failed === 0 &&
    facts.requests.total > 0 &&
    acknowledged > 0 &&
    lost === 0 &&
    duplicated === 0 &&
    facts.verify.different === 0 &&
    tables.different === 0;
  return {
    ok,
    ...facts,
    writes: { acknowledged, lost, duplicated },
    tables: { legacy: tables.legacy, service: tables.service, different: tables.different },
    findings,
  };
}
