import { BanyanError, type Fault } from '../common/errors.ts';
import type { StopPoints } from '../common/stop-points.ts';
import type { CanaryKeeper } from './canary/index.ts';
import type {
  Conducted,
  Conductor,
  Forcible,
  HandoverRehearsal,
  HandoverRequest,
  HandoverResult,
  LossyRequest,
  Subjects,
} from './conductor/index.ts';
import { isStuckAtService } from './conductor/index.ts';
import type { CurrentConfig } from './config/current-config.ts';
import type { FeatureConfig } from './config/index.ts';
import { type AcceptedLoss, type Direction, stageRefused } from './feature/index.ts';
import type { FeatureJobs } from './feature-jobs.ts';
import { type CutoverGuard, type CutoverGuardInput, readCutoverGuard } from './guard/cutover-guard.ts';
import { type FeatureRunner, moveSpecs } from './runner/index.ts';
import type { Actor, StateStore } from './store/index.ts';

export interface AbortResult {
  readonly feature: string;
  /** `decided`: it was too late. */
  readonly outcome: 'taken back' | 'decided';
  readonly stage: string;
}

export interface HandoverCommandsOptions {
  readonly config: Pick<CurrentConfig, 'value'>;
  readonly store: StateStore;
  readonly conductor: Conductor;
  readonly canaries: Pick<CanaryKeeper, 'wake'>;
  readonly points: StopPoints;
}

/** A feature that is configured, and who moves it. */
export interface Subject {
  readonly feature: FeatureConfig;
  readonly runner: FeatureRunner;
}

/** What ops can ask of handovers: to begin one, to rehearse it, to take one back. */
export class HandoverCommands {
  readonly #options: HandoverCommandsOptions;
  readonly #jobs: FeatureJobs;
  /** Throws `BANYAN_FEATURE_UNKNOWN`. */
  readonly #subjectOf: (name: string) => Subject;
  /** Those that may be taken back by hand. */
  readonly #handovers = new Map<string, AbortController>();

  constructor(options: HandoverCommandsOptions, jobs: FeatureJobs, subjectOf: (name: string) => Subject) {
    this.#options = options;
    this.#jobs = jobs;
    this.#subjectOf = subjectOf;
  }

  /** Hands the features over, all at one instant or none. One is the usual number. */
  handover(names: readonly string[], request: HandoverRequest): Promise<HandoverResult[]> {
    const taking = new AbortController();
    const subjects = this.#subjects(names);
    return this.#jobs.runJointly(names, request.direction, async (cutOff) => {
      const { conductor, canaries } = this.#options;
      for (const name of names) this.#handovers.set(name, taking);
      try {
        const results = await conductor.handover(subjects, { ...request, abort: taking.signal }, cutOff);
        // There may be something to watch now.
        canaries.wake();
        return results;
      } finally {
        for (const name of names) this.#handovers.delete(name);
      }
    });
  }

  /**
   * A rollback after which legacy may lack writes. One that takes over a handover which cannot be ended, since a database is lost,
   * begins while that one's job still tries: the first thing that it does makes that job end.
   */
  async rollBackWithLoss(name: string, request: LossyRequest): Promise<HandoverResult> {
    const { conductor, store } = this.#options;
    const subject = this.conducted(name);
    const taking = new AbortController();
    const work = async () => {
      this.#handovers.set(name, taking);
      try {
        return await conductor.rollBackWithLoss(subject, { ...request, abort: taking.signal });
      } finally {
        this.#handovers.delete(name);
      }
    };
    if (isStuckAtService(await store.feature(name))) await this.#jobs.cutOff(name, takenOver(name));
    return this.#jobs.run(name, 'rollback', work);
  }

  /** Takes back a handover that this process conducts, or a try that waits for its turn, unless it is decided by then. */
  async abort(name: string, { who, why }: Actor): Promise<AbortResult> {
    const { store } = this.#options;
    const { stage: before, handover } = await store.feature(name);
    const taking = this.#handovers.get(name);
    if (taking === undefined) {
      throw stageRefused(
        name,
        before,
        'an abort',
        'No handover is under way; after a cutover there is `banyan rollback`.',
      );
    }
    const fix = 'Nothing: the old owner has the rows, and takes writes again.';
    taking.abort(new BanyanError('BANYAN_HANDOVER_ABORTED', `${who} took it back by hand: ${why}`, { fix }));
    await this.#options.points.reach('abort:after-asked');
    await this.#jobs.ended(name);
    const { stage } = await store.feature(name);
    const from = before === 'cutting_over' ? 'syncing' : before === 'rolling_back' ? 'extracted' : before;
    const isBack = stage === from && handover?.phase !== 'decided';
    return { feature: name, outcome: isBack ? 'taken back' : 'decided', stage };
  }

  /** Reads what is to watch the time after a cutover, for each feature. Throws `BANYAN_REQUEST_INVALID` with all faults. */
  cutoverGuards(
    names: readonly string[],
    direction: Direction,
    guard: CutoverGuardInput | undefined,
  ): Readonly<Record<string, CutoverGuard>> | undefined {
    const features = names.map((name) => this.#subjectOf(name).feature);
    if (guard === undefined) return undefined;
    const faults: Fault[] = [];
    const fault = (at: string, what: string, fix: string) =>
      faults.push({ code: 'BANYAN_REQUEST_INVALID', at, what, fix });
    if (direction === 'rollback') fault('guard', 'it watches the time after a cutover', 'Leave it out.');
    const oneWay = features.filter(({ rollback }) => !rollback);
    if (oneWay.length > 0 && guard.action === 'rollback') {
      const list = oneWay.map(({ name }) => name).join(', ');
      fault(
        'guard.action',
        `cannot be rollback: the config says \`rollback: false\` (${list})`,
        'Use freeze.',
      );
    }
    const read = features.map(({ name, routes }, index) => {
      // What is wrong with it is told once, not once for each feature.
      const tell = index === 0 ? fault : () => undefined;
      return [name, readCutoverGuard(guard, routes, tell)] as const;
    });
    if (faults.length === 0) return Object.fromEntries(read);
    const list = faults.map(({ at, what }) => `${at}: ${what}`).join('\n  - ');
    throw new BanyanError(
      'BANYAN_REQUEST_INVALID',
      `That ${direction} of ${names.join(', ')} makes no sense:\n  - ${list}`,
      { fix: 'Correct it; nothing was changed.', faults },
    );
  }

  rehearseLossy(
    name: string,
    accepted: AcceptedLoss,
    force: readonly Forcible[],
  ): Promise<HandoverRehearsal> {
    return this.#options.conductor.rehearseLossy(this.conducted(name), accepted, force);
  }

  rehearse(
    names: readonly string[],
    direction: Direction,
    force: readonly Forcible[],
  ): Promise<HandoverRehearsal> {
    return this.#options.conductor.rehearse(this.#subjects(names), direction, force);
  }

  #subjects(names: readonly string[]): Subjects {
    const [first, ...others] = names.map((name) => this.conducted(name));
    if (first !== undefined) return [first, ...others];
    throw new BanyanError('BANYAN_REQUEST_INVALID', 'No feature is named.', { fix: 'Name one.' });
  }

  /** A feature as the conductor needs it. */
  conducted(name: string): Conducted {
    const { feature, runner } = this.#subjectOf(name);
    return {
      feature: name,
      runner,
      specs: moveSpecs(this.#options.config.value, feature),
      places: {
        legacy: { kind: 'http', ...this.#options.config.value.legacy },
        service: feature.service,
      },
    };
  }
}

function takenOver(feature: string): BanyanError {
  return new BanyanError(
    'BANYAN_HANDOVER_ABORTED',
    `The handover of ${feature} could not be ended, and a rollback that accepts a loss took it over.`,
    { fix: 'See `banyan status`.' },
  );
}
