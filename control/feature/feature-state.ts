import type { ThrottleSettings } from '../../mover/index.ts';
import type { CanaryPlan } from '../canary/canary-plan.ts';
import type { CutoverGuard } from '../guard/cutover-guard.ts';
import type { ShadowState } from '../shadow/shadow-state.ts';
import { type Direction, type Stage, stages } from './stages.ts';

/** A cutover or rollback under way: what a restarted control needs to take it back or finish it. */
export interface HandoverState {
  readonly id: string;
  readonly direction: Direction;
  /** `undecided` → `decided`, or `undecided` → `aborting`; never back and never from one to the other. */
  readonly phase: 'undecided' | 'aborting' | 'decided';
  /** Version of the route table that began the hold. */
  readonly holdVersion: number;
  /** ISO 8601, the state store's clock. */
  readonly heldAt: string;
  readonly who: string;
  readonly why: string;
  /** Watches the time after it. */
  readonly guard?: CutoverGuard;
  /** The other features that it takes over, all of them or none. */
  readonly together?: readonly string[];
  /** Of a rollback: how many keys legacy may lack after it. */
  readonly loss?: { readonly accepted: AcceptedLoss };
}

/** A number of keys; or that nobody knows how many. */
export type AcceptedLoss = number | 'unknown';

/** The service that a rollback with a loss has left. Kept until a copy begins again, or its rows are taken away. */
export interface LostService {
  /** Of the rollback; the keys lie under it in the state store's `state_lost_keys`. */
  readonly id: string;
  /** ISO 8601, the state store's clock. */
  readonly at: string;
  readonly who: string;
  readonly why: string;
  readonly accepted: AcceptedLoss;
  /** Keys under which legacy lacks a write, at most; null: not known. */
  readonly keys: number | null;
  /** Legacy has every write from before this moment, ISO 8601; null: not known. */
  readonly currentAt: string | null;
  /** The service's database: `host:port/database`. */
  readonly place: string;
  /** Whether its tables are known to refuse writes. */
  readonly closed: boolean;
  /** Whether what moves had put on legacy's tables is gone. */
  readonly cleared: boolean;
}

/** Why a move stopped. It blocks a cutover until the move runs again. */
export interface Failing {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface VerifiedState {
  /** ISO 8601, the state store's clock. */
  readonly at: string;
  readonly rowsCompared: number;
  readonly different: number;
  /** Rows of which nothing is known, because they kept changing. */
  readonly unsettled: number;
}

/**
 * Whether the side that does not own the rows can be read. `catching up`: the mover stood still and works off its log.
 * `copying again`: a capture was lost and begun anew, so rows are compared, or copied, once more; until then there is no
 * handover. `left behind`: rollback is off, and nothing keeps that side current any more.
 */
export type OtherSide = 'current' | 'catching up' | 'copying again' | 'left behind';

/** As the column `recopy` keeps it: it was a boolean once. */
const otherSides: readonly OtherSide[] = ['current', 'copying again', 'catching up', 'left behind'];

/** An `abandon` or a `finish` that was begun and is not done: the same command does the rest. */
export interface Ending {
  readonly command: 'finish' | 'abandon' | 'abandon --clean';
  readonly who: string;
  readonly why: string;
  /** ISO 8601, the state store's clock. */
  readonly since: string;
}

/** All that is kept of one feature. */
export interface FeatureState {
  readonly feature: string;
  readonly stage: Stage;
  /** When it came into this stage: ISO 8601, the state store's clock. */
  readonly since: string;
  readonly paused: boolean;
  readonly otherSide: OtherSide;
  readonly failing: Failing | null;
  /** A feature is in a handover from its hold to its release: exactly while this is not null. */
  readonly handover: HandoverState | null;
  /** Of the move under way; forgotten when the rows change hands. */
  readonly verified: VerifiedState | null;
  /** Route id → percent of reads at the service, where it is not the stage's default. */
  readonly readPercents: Readonly<Record<string, number>>;
  /** Route id → names of cohorts whose reads go to the service whatever the percentage. */
  readonly readCohorts: Readonly<Record<string, readonly string[]>>;
  /** What canaries will still do by themselves. The store adapts them to every change: see canary/follow-plans.ts. */
  readonly canaries: readonly CanaryPlan[];
  /** null: none of its requests was ever compared. */
  readonly shadow: ShadowState | null;
  /** How fast its copy may go; null: as the config says. */
  readonly throttle: ThrottleSettings | null;
  /** Nobody may ask for a transition or a canary, and reads go to the owner; null: it is not frozen. */
  readonly frozen: Frozen | null;
  /** A service that is not to take writes again; null: there is none. */
  readonly lost: LostService | null;
  /** null: nothing of an `abandon` or `finish` is left to do. */
  readonly ending: Ending | null;
}

/** Who froze a feature. */
export interface Frozen {
  readonly who: string;
  readonly why: string;
  /** ISO 8601, the state store's clock. */
  readonly since: string;
}

export function newFeatureState(feature: string, now: string): FeatureState {
  return {
    feature,
    stage: 'legacy',
    since: now,
    paused: false,
    otherSide: 'current',
    failing: null,
    handover: null,
    verified: null,
    readPercents: {},
    readCohorts: {},
    canaries: [],
    shadow: null,
    throttle: null,
    frozen: null,
    lost: null,
    ending: null,
  };
}

/** A row of `state_features`, as mysql2 returns it. */
export interface FeatureRow {
  readonly feature: string;
  readonly stage: string;
  readonly since: Date;
  readonly paused: number;
  readonly recopy: number;
  readonly failing: string | null;
  readonly transition: string | null;
  readonly verified: string | null;
  readonly read_percents: string;
  readonly read_cohorts: string | null;
  readonly canaries: string | null;
  readonly shadow: string | null;
  readonly throttle: string | null;
  readonly frozen: string | null;
  readonly lost: string | null;
  readonly ending: string | null;
}

export function fromRow(row: FeatureRow): FeatureState {
  return {
    feature: row.feature,
    stage: row.stage as Stage,
    since: row.since.toISOString(),
    paused: row.paused === 1,
    otherSide: otherSides[row.recopy] ?? 'copying again',
    failing: parse<Failing>(row.failing),
    handover: parse<HandoverState>(row.transition),
    verified: parse<VerifiedState>(row.verified),
    readPercents: JSON.parse(row.read_percents) as Record<string, number>,
    readCohorts: parse<Record<string, string[]>>(row.read_cohorts) ?? {},
    canaries: parse<CanaryPlan[]>(row.canaries) ?? [],
    shadow: parse<ShadowState>(row.shadow),
    throttle: parse<ThrottleSettings>(row.throttle),
    frozen: parse<Frozen>(row.frozen),
    lost: parse<LostService>(row.lost),
    ending: parse<Ending>(row.ending),
  };
}

export function toRow(state: FeatureState) {
  return {
    feature: state.feature,
    stage: state.stage,
    since: new Date(state.since),
    paused: state.paused,
    hold: state.handover !== null,
    recopy: otherSides.indexOf(state.otherSide),
    failing: print(state.failing),
    transition: print(state.handover),
    verified: print(state.verified),
    read_percents: JSON.stringify(state.readPercents),
    read_cohorts: print(Object.keys(state.readCohorts).length === 0 ? null : state.readCohorts),
    canaries: print(state.canaries.length === 0 ? null : state.canaries),
    shadow: print(state.shadow),
    throttle: print(state.throttle),
    frozen: print(state.frozen),
    lost: print(state.lost),
    ending: print(state.ending),
  };
}

function parse<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}

function print(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/**
 * Reads may be sent to the side that does not own the rows only while the mover keeps it current: a paused or failed move
 * leaves it in the past. Of a frozen feature they stay with the owner.
 */
export function isOtherSideReadable(state: FeatureState): boolean {
  return (
    stages[state.stage].reads === 'canary' &&
    !state.paused &&
    state.frozen === null &&
    state.failing === null &&
    state.otherSide === 'current'
  );
}
