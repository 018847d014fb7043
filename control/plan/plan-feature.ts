import type { Fault } from '../../common/errors.ts';
import { counted } from '../../common/numbers.ts';
import type { FeatureStatus } from '../api/contract/answers/index.ts';
import { moverWords, readsAtService, verifiedWords } from '../api/words/feature-words.ts';
import { endingCommand } from '../feature/index.ts';

/** One step of a feature's way. */
export interface PlannedStep {
  /** What can be pasted; null: there is nothing to do but wait. */
  readonly command: string | null;
  /** `now`: it can be done next; there may be several, of which all but the last may be left out. */
  readonly standing: 'done' | 'now' | 'later';
  readonly about: string;
}

/** Something that stands in a step's way, and what puts it right. */
export interface PlanFault {
  readonly check: string;
  readonly detail: string;
  readonly code: string;
  readonly fix: string;
}

export interface FeaturePlan {
  readonly feature: string;
  readonly stage: FeatureStatus['stage'];
  /** What control knows to stand between the feature and its next step. */
  readonly faults: readonly PlanFault[];
  readonly steps: readonly PlannedStep[];
}

export interface PlanFacts {
  readonly status: FeatureStatus;
  /** False: routes are all that moves. */
  readonly hasTables: boolean;
  /** What a dry run of `finish` found, where that comes next. */
  readonly finish: readonly Fault[];
  /** Answers of both sides that were compared, and differences among them; null: none was ever asked for. */
  readonly diff: { readonly compared: number; readonly different: number } | null;
  /** A cutover begins only once somebody has signed off how answers differ. */
  readonly needsSignOff: boolean;
}

/** Where a feature is on its way out of the monolith, what stands before its next step, and the commands from there on. Pure. */
export function planFeature({ status, hasTables, finish, diff, needsSignOff }: PlanFacts): FeaturePlan {
  const { name: feature, stage } = status;
  const { failing } = status;
  const faults = [
    ...(failing === null
      ? []
      : [{ check: 'move', detail: failing.message, code: failing.code, fix: failing.fix }]),
    ...finish.map(({ what, code, fix }) => ({ check: 'finish', detail: what, code, fix })),
  ];
  return { feature, stage, faults, steps: stepsOf(status, hasTables, diff, needsSignOff) };
}

const order = ['legacy', 'copying', 'syncing', 'extracted', 'finished'];

interface Step extends Omit<PlannedStep, 'standing'> {
  readonly done: boolean;
  /** The way goes on without it. */
  readonly optional?: boolean;
}

function stepsOf(
  status: FeatureStatus,
  hasTables: boolean,
  diff: PlanFacts['diff'],
  needsSignOff: boolean,
): PlannedStep[] {
  const steps = [
    ...(status.paused ? [resumeStep(status)] : []),
    ...abandonStep(status),
    copyStep(status, hasTables),
    ...(hasTables ? [verifyStep(status)] : []),
    ...readSteps(status, diff, needsSignOff),
    cutoverStep(status),
    finishStep(status),
  ];
  const next = steps.findIndex(({ done, optional }) => !done && !optional);
  return steps.map(({ done, optional: _, ...step }, index) => ({
    ...step,
    standing: done ? 'done' : index <= next ? 'now' : 'later',
  }));
}

/** How many stages lie behind; those of a handover are counted as what they began from. */
function passed({ stage, handover }: FeatureStatus): number {
  return order.indexOf(handover === null ? stage : 'syncing');
}

/** Before anything else: nothing of a paused feature goes on by itself. */
function resumeStep({ name }: FeatureStatus): Step {
  return { command: `banyan resume ${name}`, about: 'it is paused; changes gather in its log', done: false };
}

function copyStep(status: FeatureStatus, hasTables: boolean): Step {
  const { name, stage } = status;
  if (stage === 'copying') {
    const about = `the copy is under way: ${moverWords(status).text}`;
    return { command: `banyan status ${name} --watch`, about, done: false };
  }
  const about = hasTables
    ? 'copies its tables and keeps them current; reads and writes stay with legacy'
    : 'it has no tables: its routes may go to the service from here on';
  return { command: `banyan copy ${name} --why …`, about, done: passed(status) >= 2 };
}

function verifyStep(status: FeatureStatus): Step {
  const { name, verified, move } = status;
  const compared = verified !== null || (move?.verified?.rows ?? 0) > 0;
  const known = compared && passed(status) >= 2;
  const words = verifiedWords(status);
  return {
    command: `banyan verify ${name}`,
    about: known && words !== 'not yet' ? words : 'compares every row on both servers',
    done: passed(status) > 2 || known,
  };
}

function readSteps(status: FeatureStatus, diff: PlanFacts['diff'], needsSignOff: boolean): Step[] {
  const { name, routes } = status;
  if (!routes.some(({ access }) => access === 'read')) return [];
  const over = passed(status) > 2;
  const shadowed = diff !== null && diff.compared > 0;
  const canaried = routes.some(
    ({ readPercent, readCohorts }) => (readPercent ?? 0) > 0 || readCohorts.length > 0,
  );
  const steps: Step[] = [
    {
      command: shadowed ? `banyan diff ${name}` : `banyan shadow ${name} --percent 10 --why …`,
      about: shadowed
        ? `${counted(diff.compared, 'answer')} compared, ${counted(diff.different, 'difference')}`
        : "compares the service's answers with legacy's; clients notice nothing",
      done: shadowed,
      optional: !needsSignOff,
    },
    ...(needsSignOff
      ? [
          {
            command: `banyan diff ${name} --sign-off --why …`,
            about: 'says that somebody has looked at the differences: without it no cutover begins',
            done: over,
            // Whether it was done, the gate of the cutover knows.
            optional: true,
          },
        ]
      : []),
    {
      command: `banyan canary ${name} --percent 5 --why …`,
      about: canaried
        ? `reads at the service: ${readsAtService(status)}`
        : 'sends a share of the readers to the service',
      done: canaried,
      optional: true,
    },
  ];
  // What might have been done before the cutover, and was not, is no step any more.
  return over ? steps.filter(({ done }) => done) : steps;
}

function cutoverStep(status: FeatureStatus): Step {
  const { name, stage, handover } = status;
  if (handover !== null) {
    const about = `a handover is under way (${stage}): banyan abort ${name} takes it back while it is not decided`;
    return { command: null, about, done: false };
  }
  return {
    command: `banyan cutover ${name} --dry-run && banyan cutover ${name} --why …`,
    about: 'the service owns the rows; writes are held for a moment',
    done: passed(status) > 2,
  };
}

/** Before anything else: what an abandoned copy has left is taken away first. */
function abandonStep({ name, ending }: FeatureStatus): Step[] {
  if (ending === null || ending.command === 'finish') return [];
  const command = `${endingCommand(name, ending)} --why …`;
  return [{ command, about: `${ending.who} began it, and it is not done`, done: false, optional: true }];
}

function finishStep({ name, stage, rollback, ending }: FeatureStatus): Step {
  return {
    command: `banyan finish ${name} --dry-run && banyan finish ${name} --why …`,
    about:
      ending !== null
        ? `${ending.who} began it, and it is not done: this does the rest`
        : rollback && stage === 'extracted'
          ? `when you need banyan rollback ${name} no more`
          : 'ends it for good',
    done: stage === 'finished' && ending === null,
  };
}
