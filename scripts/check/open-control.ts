import type { AdminClient, StatusReport } from '../../control/api/index.ts';

/** A control process that answers. */
export interface OpenControl {
  readonly admin: AdminClient;
  /** What it said of itself. */
  readonly status: StatusReport;
}
