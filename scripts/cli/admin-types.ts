/** What the admin API says, as the command line reads it: where its JSON is control's own type, that type. */

import type { GateCheck, PlanDescription } from '../../control/index.ts';

export type {
  CanaryResult,
  CohortsResult,
  DiffReport,
  HandoverResult,
  PlanDescription,
  RepairResult,
  ShadowResult,
  SignOff,
} from '../../control/index.ts';

export type FeatureAction =
  | 'copy'
  | 'verify'
  | 'repair'
  | 'canary'
  | 'cohorts'
  | 'shadow'
  | 'ignore'
  | 'sign-off'
  | 'cutover'
  | 'rollback'
  | 'pause'
  | 'resume'
  | 'abandon';

/** One line of long work. */
export interface ProgressLine {
  readonly phase: string;
  /** Absent where there is nothing to count: then `about` says what happens. */
  readonly done?: number;
  readonly total?: number;
  /** Per second. */
  readonly rate?: number;
  readonly etaSeconds?: number | null;
  /** A table, or a sentence for people. */
  readonly about?: string;
}

/** `GET /v1/status`: where everything stands. */
export interface StatusReport {
  /** A standby answers, and refuses commands. */
  readonly role: 'active' | 'standby';
  /** ISO 8601, the state store's clock. */
  readonly now: string;
  /** Of the route table. */
  readonly version: number;
  readonly writtenAt: string;
  readonly control: { readonly holder: string; readonly epoch: number; readonly since: string } | null;
  /** Addresses of legacy at which nobody accepts connections, each with the reason. */
  readonly unreachable: readonly string[];
  readonly features: readonly FeatureStatus[];
  readonly replicas: readonly {
    readonly replica: string;
    readonly host: string;
    readonly pid: number;
    readonly version: number;
    readonly beatAgoMs: number;
  }[];
}

export interface FeatureStatus {
  readonly name: string;
  readonly stage: string;
  readonly owner: 'legacy' | 'service';
  readonly since: string;
  readonly paused: boolean;
  readonly failing: { readonly code: string; readonly message: string; readonly fix: string } | null;
  readonly hold: boolean;
  readonly verified: {
    readonly at: string;
    readonly rowsCompared: number;
    readonly different: number;
    readonly unsettled: number;
  } | null;
  /** What its canaries will still do by themselves. */
  readonly canaries: readonly PlanDescription[];
  /** Addresses of its service at which nobody accepts connections, each with the reason. */
  readonly unreachable: readonly string[];
  /** What is not as the stage requires, and since when. */
  readonly finding: { readonly what: string; readonly since: string } | null;
  /** The command under way. */
  readonly running: string | null;
  readonly move: {
    readonly does: string;
    readonly held: boolean;
    readonly applying: string | null;
    readonly backlog: { readonly entries: number; readonly oldestMs: number } | null;
    readonly trouble: string | null;
    readonly progress: ProgressLine | null;
  } | null;
  readonly routes: readonly {
    readonly id: string;
    readonly access: 'read' | 'write';
    readonly readPercent: number | null;
    readonly readCohorts: readonly string[];
  }[];
}

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly who: string;
  readonly why: string;
  readonly action: string;
  readonly feature: string | null;
  readonly from: Readonly<Record<string, unknown>> | null;
  readonly to: Readonly<Record<string, unknown>> | null;
  readonly version: number;
}

/** What a rehearsed one answers. */
export interface HandoverRehearsal {
  readonly dryRun: true;
  readonly wouldBegin: boolean;
  readonly gate: readonly GateCheck[];
  readonly steps: readonly string[];
}

export interface VerifyResult {
  readonly rowsCompared: number;
  readonly different: number;
  readonly tables: readonly {
    readonly table: string;
    readonly rowsCompared: number;
    readonly different: number;
    readonly unsettled?: number;
    readonly samples?: readonly unknown[];
  }[];
}
