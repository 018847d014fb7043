import type { Fault } from '../../common/errors.ts';
import type { MoveSpec } from '../move-spec.ts';
import { Session } from '../sql/session.ts';
import { feedFaults, feedNotes } from './feed-ending.ts';
import { asideSteps, finishFaults, finishNotes } from './finish.ts';
import { isOneServer, Remains } from './remains.ts';
import { rowsFaults, rowsSteps } from './target-rows.ts';

/** `clean`: the copy is given up, its rows and all of banyan's go. `finish`: the service keeps the rows for good. */
export type EndingKind = 'clean' | 'finish';

/** One statement of an ending. */
export interface EndingStep {
  /** Of the forward move. */
  readonly side: 'source' | 'target';
  readonly sql: string;
  /** What it is for. */
  readonly about: string;
  /** It needs a table of the application for itself. */
  readonly alone?: boolean;
  /** It stands for as many statements as there are pieces: the name of the table whose copied rows are deleted. */
  readonly rowsOf?: string;
  /**
   * `rename`: legacy's tables. `capture`: triggers and logs. `rows`: what was copied. `books`: the feature's rows in banyan's tables.
   * `shared`: what all features share, dropped only if none has been entered meanwhile.
   */
  readonly part: 'rename' | 'capture' | 'rows' | 'books' | 'shared';
}

export interface EndingPlan {
  /** What is left to do, in this order; each is done by itself, and what is done is not in the next plan. */
  readonly steps: readonly EndingStep[];
  /** What stands in the way; then nothing is begun. */
  readonly faults: readonly Fault[];
  /** What will be otherwise for the application. */
  readonly notes: readonly Fault[];
}

/** Reads both servers. Changes nothing. `spec`: the forward move. */
export async function planEnding(spec: MoveSpec, kind: EndingKind): Promise<EndingPlan> {
  const source = await Session.open({ endpoint: spec.source, lockWaitSeconds: 5 });
  try {
    const target = await Session.open({ endpoint: spec.target, lockWaitSeconds: 5 });
    try {
      return await readEnding(spec, kind, source, target);
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

async function readEnding(
  spec: MoveSpec,
  kind: EndingKind,
  source: Session,
  target: Session,
): Promise<EndingPlan> {
  const here = await Remains.read(source, spec, 'source');
  const there = await Remains.read(target, spec, 'target');
  const finishes = kind === 'finish';
  const filled = !finishes && (await there.claimed());
  const steps = [
    // Legacy's tables are closed until they have another name: a write that nobody would carry over is refused all the time.
    ...(finishes ? await asideSteps(source, spec) : []),
    ...(await here.capturesAndFences()),
    ...(filled ? await rowsSteps(source, target, spec) : []),
    ...(await there.capturesAndFences()),
    ...(await here.rows()),
    ...(isOneServer(spec) ? [] : await here.shared()),
    ...(await there.rows()),
    ...(await there.shared()),
  ];
  return {
    steps: steps.filter((step, index) => steps.findIndex((one) => isSame(one, step)) === index),
    faults: finishes
      ? [...(await finishFaults(source, spec)), ...(await feedFaults(source, target, spec))]
      : filled
        ? await rowsFaults(target, spec)
        : [],
    notes: [...(finishes ? await finishNotes(source, spec) : []), ...feedNotes(spec)],
  };
}

/** Where both sides lie on one server, some of banyan's rows are both sides' rows. */
function isSame(one: EndingStep, other: EndingStep): boolean {
  return one.sql === other.sql && one.side === other.side;
}
