/** One thing that was looked at. */
export interface CheckLine {
  /** A feature's name, or null for what all share. */
  readonly feature: string | null;
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** There when it is not ok, and with what is ok but worth a look: a warning. */
  readonly code?: string;
  readonly fix?: string;
}

export interface CheckReport {
  readonly ok: boolean;
  readonly checks: readonly CheckLine[];
}

/** Codes of what cannot be reached, as opposed to what is not right. */
export const unreachableChecks: ReadonlySet<string> = new Set([
  'BANYAN_DATABASE_UNREACHABLE',
  'BANYAN_SIDE_UNREACHABLE',
]);
