import type { Side } from '../../router/table/route-table.ts';

/**
 * The state machine of a feature. Everything that depends on a stage (what the mover runs, what ops may ask for, what a
 * restarted control does first) is looked up here, so that this file is the one to read.
 */
export type Stage =
  | 'legacy'
  | 'copying'
  | 'syncing'
  | 'cutting_over'
  | 'extracted'
  | 'rolling_back'
  | 'finished';

export type TransitionName =
  | 'copy'
  | 'copied'
  | 'abandon'
  | 'cutover'
  | 'rollback'
  | 'decide'
  | 'lose'
  | 'abort'
  | 'finish';

export interface StageRules {
  /** The side that owns the rows: the only one whose tables may be open to client writes. */
  readonly owner: Side;
  /**
   * The side whose tables the database keeps closed for the whole stage. In a transition it is the side that is about
   * to become the owner; the owner's own fence is put up during the transition, so for a moment both are closed.
   */
  readonly fenced: Side | 'none';
  /** What the move runner does. `conducted`: the conductor has the move in its hands, the runner keeps off. */
  readonly mover: 'nothing' | 'forward: copy and apply' | 'forward: apply' | 'reverse: apply' | 'conducted';
  /** `canary`: each read route's percentage decides. Only where the other side is kept current. */
  readonly reads: 'owner' | 'canary';
  /** `held`: routers park them until the transition is over. */
  readonly writes: 'owner' | 'held';
}

// biome-ignore format: it is to be read as a table
export const stages: Readonly<Record<Stage, StageRules>> = {
  //             rows belong to     closed by the database  the mover does                     reads             writes
  legacy:       { owner: 'legacy',  fenced: 'none',         mover: 'nothing',                  reads: 'owner',   writes: 'owner' },
  copying:      { owner: 'legacy',  fenced: 'service',      mover: 'forward: copy and apply',  reads: 'owner',   writes: 'owner' },
  syncing:      { owner: 'legacy',  fenced: 'service',      mover: 'forward: apply',           reads: 'canary',  writes: 'owner' },
  cutting_over: { owner: 'legacy',  fenced: 'service',      mover: 'conducted',                reads: 'canary',  writes: 'held'  },
  extracted:    { owner: 'service', fenced: 'legacy',       mover: 'reverse: apply',           reads: 'canary',  writes: 'owner' },
  rolling_back: { owner: 'service', fenced: 'legacy',       mover: 'conducted',                reads: 'canary',  writes: 'held'  },
  finished:     { owner: 'service', fenced: 'none',         mover: 'nothing',                  reads: 'owner',   writes: 'owner' },
};

export interface Transition {
  readonly name: TransitionName;
  readonly from: Stage;
  readonly to: Stage;
  /** Who asks for it. `mover` and `conductor`: it follows from work done. */
  readonly by: 'ops' | 'mover' | 'conductor';
  /** The transition that undoes it, to be taken from `to`. Null: there is no way back. */
  readonly undo: TransitionName | null;
}

// biome-ignore format: it is to be read as a table
export const transitions: readonly Transition[] = [
  { name: 'copy',     from: 'legacy',       to: 'copying',      by: 'ops',       undo: 'abandon'  },
  { name: 'copied',   from: 'copying',      to: 'syncing',      by: 'mover',     undo: 'abandon'  },
  { name: 'abandon',  from: 'copying',      to: 'legacy',       by: 'ops',       undo: 'copy'     },
  { name: 'abandon',  from: 'syncing',      to: 'legacy',       by: 'ops',       undo: 'copy'     },
  { name: 'cutover',  from: 'syncing',      to: 'cutting_over', by: 'ops',       undo: 'abort'    },
  { name: 'abort',    from: 'cutting_over', to: 'syncing',      by: 'conductor', undo: 'cutover'  },
  { name: 'decide',   from: 'cutting_over', to: 'extracted',    by: 'conductor', undo: 'rollback' },
  { name: 'rollback', from: 'extracted',    to: 'rolling_back', by: 'ops',       undo: 'abort'    },
  { name: 'abort',    from: 'rolling_back', to: 'extracted',    by: 'conductor', undo: 'rollback' },
  { name: 'decide',   from: 'rolling_back', to: 'syncing',      by: 'conductor', undo: 'cutover'  },
  { name: 'lose',     from: 'rolling_back', to: 'legacy',       by: 'conductor', undo: 'copy'     },
  { name: 'finish',   from: 'extracted',    to: 'finished',     by: 'ops',       undo: null       },
];

export type Direction = 'cutover' | 'rollback';

/** A cutover, and the rollback that mirrors it: the conductor's code reads its stages and sides from here. */
export interface HandoverRules {
  readonly direction: Direction;
  readonly from: Stage;
  readonly during: Stage;
  readonly to: Stage;
  /** Owner before, and the side whose tables are the move's source. */
  readonly oldOwner: Side;
  readonly newOwner: Side;
  /** Percentage of reads at the service once it is decided. */
  readonly readPercent: 0 | 100;
}

// biome-ignore format: it is to be read as a table
export const handovers: Readonly<Record<Direction, HandoverRules>> = {
  cutover:  { direction: 'cutover',  from: 'syncing',   during: 'cutting_over', to: 'extracted', oldOwner: 'legacy',  newOwner: 'service', readPercent: 100 },
  rollback: { direction: 'rollback', from: 'extracted', during: 'rolling_back', to: 'syncing',   oldOwner: 'service', newOwner: 'legacy',  readPercent: 0   },
};

/**
 * A rollback for which somebody has accepted that legacy lacks writes: the service is given up, not kept current. Its tables stay closed,
 * though the stage asks for no fence: `FeatureState.lost` says so.
 */
export const lossyRollback: HandoverRules = { ...handovers.rollback, to: 'legacy' };

/** The transition of that name from `from`; undefined where the table has none. */
export function findTransition(name: TransitionName, from: Stage): Transition | undefined {
  return transitions.find((transition) => transition.name === name && transition.from === from);
}

/** The stages from which `name` may be asked for. */
export function stagesBefore(name: TransitionName): readonly Stage[] {
  return transitions.filter((transition) => transition.name === name).map((transition) => transition.from);
}

/** The handover that a stage in transition is on; undefined for all other stages. */
export function handoverDuring(stage: Stage): HandoverRules | undefined {
  return Object.values(handovers).find((handover) => handover.during === stage);
}
