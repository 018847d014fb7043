/** What the admin API says, as the command line reads it. */

export type FeatureAction = 'copy' | 'verify' | 'canary' | 'cutover' | 'rollback' | 'pause' | 'resume';

/** One line of long work. */
export interface ProgressLine {
  readonly phase: string;
  readonly done: number;
  readonly total?: number | null;
  readonly rate?: number | null;
  readonly etaSeconds?: number | null;
  readonly message?: string;
}

export interface StatusReport {
  readonly [key: string]: unknown;
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

/** What a cutover or rollback answers. Times in milliseconds. */
export interface FlipResult {
  readonly direction: 'cutover' | 'rollback';
  /** From the hold's publication to its release: how long a client's write could have waited. */
  readonly holdMs: number;
  readonly fenceToDrainedMs: number;
  readonly version: number;
  readonly [key: string]: unknown;
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
