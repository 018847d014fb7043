/**
 * One feature's tables in one direction. Used by control, and by programs that move tables themselves; nothing of the mover is for
 * applications.
 *
 * preflight → claimEpoch → openMove → installCapture → startApplying → copy → verify → fence('source') → drain →
 * raiseAutoIncrement. The reverse move is the same engine with source and target swapped.
 */

export type { CaptureState } from './capture/capture.ts';
export { claimEpoch } from './claim-epoch.ts';
export { type CopyOfferedOptions, copyOffered } from './copy/offers/copy-offered.ts';
export type { LiveMover } from './copy/offers/offer-books.ts';
export type { Restored } from './counts/restored.ts';
export { type EndOptions, endMove } from './ending/end-move.ts';
export {
  type EndingKind,
  type EndingPlan,
  type EndingStep,
  planEnding,
} from './ending/ending-plan.ts';
export { FeedOutlet } from './feed/feed-outlet.ts';
export { type FeedStanding, feedCountMax } from './feed/feed-standing.ts';
export type { AskedSnapshot } from './feed/snapshot-books.ts';
export type { RefusedStatement, RefusedWrites } from './fence/refusals.ts';
export { clearSide } from './lone/clear-side.ts';
export {
  type LoneSide,
  type LoneSideOptions,
  type LoneStanding,
  openSide,
} from './lone/lone-side.ts';
export { lookAtCapture } from './look/look-at-capture.ts';
export { type LookedAtColumn, type LookedAtRow, lookAtRow } from './look/look-at-row.ts';
export { latest } from './marks/marks.ts';
export { type StoreLedger, type StoreMark, storeRestored } from './marks/store-mark.ts';
export type * from './move.ts';
export {
  type CaptureKind,
  type DatabaseEndpoint,
  type DeferIndexes,
  inverseTable,
  type MoveSpec,
  sideTables,
  type TableSpec,
} from './move-spec.ts';
export { openMove } from './open-move.ts';
export {
  type DataProgress,
  type DataReport,
  type InspectDataOptions,
  inspectData,
} from './preflight/data/inspect-data.ts';
export {
  inspectMove,
  type PreflightOptions,
  type PreflightReport,
  preflight,
} from './preflight/preflight.ts';
export { accountName, grantStatements } from './privileges/grant-statements.ts';
export { checkPrivileges, currentAccount, trustTriggers } from './privileges/missing-privileges.ts';
export { moverPrivileges, type NeededPrivilege } from './privileges/needed-privileges.ts';
export { type AppliedSchema, applySchema } from './schema/apply-schema.ts';
export { planSchema, type SchemaPlan, schemaSettings } from './schema/schema-plan.ts';
export { type FreeSpace, readFreeSpace } from './throttle/free-space.ts';
export { mostWorkers, type ThrottleSettings } from './throttle/pace.ts';
export type { MoveTuning } from './tuning.ts';
export { defaultTuning } from './tuning.ts';
