import type { Fault } from '../../common/errors.ts';
import type {
  CaptureState,
  DataReport,
  EndingKind,
  EndingPlan,
  EndOptions,
  InspectDataOptions,
  LoneSide,
  LoneSideOptions,
  Move,
  MoveSide,
  MoveSpec,
  OpenMoveOptions,
} from '../../mover/index.ts';

/** What control needs of the mover. */
export interface MoverDoor {
  /** Everything that stands against the move, all at once; empty when nothing does. */
  preflight(spec: MoveSpec): Promise<readonly Fault[]>;
  /** What can only be seen in the source's rows: one look through each table. */
  inspectData(spec: MoveSpec, options: InspectDataOptions): Promise<DataReport>;
  /** What stands of the move's capture, where it could be opened. Changes nothing. */
  lookAtCapture(spec: MoveSpec): Promise<CaptureState>;
  /** Every commit of an earlier claimant's move is refused from here on. */
  claimEpoch(spec: MoveSpec): Promise<number>;
  openMove(spec: MoveSpec, options: OpenMoveOptions): Promise<Move>;
  /** The side that is `spec`'s target, without the other side's server. */
  openSide(spec: MoveSpec, options: LoneSideOptions): Promise<LoneSide>;
  /** Takes captures and fence triggers of one side away, whose tables are open. `spec`: the forward move. */
  clearSide(
    spec: MoveSpec,
    side: MoveSide,
    options: { readonly patienceMs: number; readonly signal: AbortSignal },
  ): Promise<void>;
  /** The statements that take away what a feature's moves have left. `spec`: the forward move. */
  planEnding(spec: MoveSpec, kind: EndingKind): Promise<EndingPlan>;
  /** Runs them; nothing of the moves may run. */
  endMove(spec: MoveSpec, kind: EndingKind, options: EndOptions): Promise<EndingPlan>;
}
