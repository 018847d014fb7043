import { LastApplied } from './apply/last-applied.ts';
import { SetAside } from './apply/set-aside.ts';
import type { Capture } from './capture/capture.ts';
import type { ChangeLog } from './capture/change-log.ts';
import { makeCapture } from './capture/make-capture.ts';
import { DeferredIndexes } from './copy/deferred-indexes.ts';
import { RangesInFlight } from './copy/ranges-in-flight.ts';
import { Fence } from './fence/fence.ts';
import type { Marks } from './marks/marks.ts';
import type { MoveSide } from './move.ts';
import type { MoveContext } from './move-context.ts';
import type { MovePart } from './move-part.ts';
import type { TablePlan } from './plan/table-plan.ts';
import type { ForeignKey } from './shape/foreign-key.ts';
import type { Link } from './sql/link.ts';
import type { AloneLinks } from './sql/run-alone.ts';
import { PairWatch } from './watch/pair-watch.ts';
import { TargetRecord } from './watch/target-record.ts';

/** What the steps of one open move work with. */
export interface MoveWorks {
  readonly context: MoveContext;
  readonly plans: readonly TablePlan[];
  /** In the order of the capture's logs. */
  readonly parts: readonly MovePart[];
  /** For short statements, one at a time. */
  readonly admin: Readonly<Record<MoveSide, Link>>;
  readonly targetAlone: AloneLinks;
  readonly capture: Capture;
  /** Null where nobody asks how far the state store is. */
  readonly marks: Marks | null;
  readonly pair: PairWatch;
  readonly targetRecord: TargetRecord;
  readonly deferred: DeferredIndexes;
  readonly fences: Readonly<Record<MoveSide, Fence>>;
  /** Throws BANYAN_MOVE_SUPERSEDED once a later epoch was claimed. */
  assertEpoch(): Promise<void>;
}

export interface MakeMoveWorks {
  readonly context: MoveContext;
  readonly plans: readonly TablePlan[];
  readonly admin: Readonly<Record<MoveSide, Link>>;
  readonly foreignKeys: readonly ForeignKey[];
  readonly marks: Marks | null;
}

/** Puts them together. Nothing is asked of a server. */
export function makeMoveWorks({ context, plans, admin, foreignKeys, marks }: MakeMoveWorks): MoveWorks {
  const bySource = [...Map.groupBy(plans, (plan) => plan.source.table).values()];
  const captured = bySource.flatMap(([plan]) => (plan ? [plan.source] : []));
  const capture = makeCapture(context, captured, foreignKeys);
  const parts = bySource.map((group, index) => {
    const ranges = new RangesInFlight();
    return {
      plans: group,
      log: capture.logs[index] as ChangeLog,
      ranges,
      last: new LastApplied(context.tuning.verifyLastApplied),
      aside: new SetAside(group, ranges),
    };
  });
  const assertEpoch = async () => context.books.guard(await admin.target.session(), context.epoch);
  const sourceAlone = { work: context.sourceLink(), kill: context.sourceLink() };
  const targetAlone = { work: context.targetLink(), kill: context.targetLink() };
  return {
    context,
    plans,
    parts,
    admin,
    targetAlone,
    capture,
    marks,
    pair: new PairWatch(context.spec, plans),
    targetRecord: new TargetRecord(context),
    deferred: new DeferredIndexes(context),
    fences: {
      source: new Fence(context, 'source', { ...sourceAlone, look: admin.source }, assertEpoch),
      target: new Fence(context, 'target', { ...targetAlone, look: admin.target }, assertEpoch),
    },
    assertEpoch,
  };
}
