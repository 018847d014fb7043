import { BanyanError } from '../../common/errors.ts';
import type { Side } from '../../common/side.ts';
import type { StopPoints } from '../../common/stop-points.ts';
import type { CaptureState, LoneSide, Move, MoveLogger, MoveSpec } from '../../mover/index.ts';
import type { CutoverConfig } from '../config/index.ts';
import type { HandoverState } from '../feature/feature-state.ts';
import type { HandoverRules } from '../feature/stages.ts';
import { reachSide } from '../loss/index.ts';
import type { FeatureRunner, MoveDirection, MoverDoor } from '../runner/index.ts';
import type { Actor, ChangeRequest, ChangeResult, LeaseGrant, StateStore } from '../store/index.ts';
import type { AskedSide } from './ask-side.ts';
import type { HandoverRequest } from './handover-request.ts';
import { untilDone } from './until-done.ts';

export interface ConductorOptions {
  readonly store: StateStore;
  /** The control lease: every change of state fails once another control has it. */
  readonly lease: LeaseGrant;
  readonly door: MoverDoor;
  /** Of the state store, for people. */
  readonly stateSchema: string;
  readonly cutover: CutoverConfig;
  readonly points: StopPoints;
  readonly logger: MoveLogger;
  /** Aborts when this process ends or loses the control lease. */
  readonly signal: AbortSignal;
}

/** What the conductor needs of a feature. */
export interface Conducted {
  readonly feature: string;
  readonly runner: FeatureRunner;
  /** Where each side answers requests. */
  readonly places: Readonly<Record<Side, AskedSide>>;
  /** Of its moves; null: it has no tables. */
  readonly specs: Readonly<Record<MoveDirection, MoveSpec>> | null;
}

/** One feature in one direction: what every step of its handover works with. */
export class HandoverContext {
  readonly options: ConductorOptions;
  readonly subject: Conducted;
  readonly rules: HandoverRules;
  readonly #began = performance.now();

  constructor(options: ConductorOptions, subject: Conducted, rules: HandoverRules) {
    this.options = options;
    this.subject = subject;
    this.rules = rules;
  }

  get feature(): string {
    return this.subject.feature;
  }

  /** How long ago it was begun. */
  get sinceMs(): number {
    return performance.now() - this.#began;
  }

  /** The move whose source is the old owner. */
  get direction(): MoveDirection {
    return this.rules.direction === 'cutover' ? 'forward' : 'reverse';
  }

  move(): Promise<Move> {
    return this.subject.runner.move(this.direction);
  }

  /** The move of the way back: its source is the new owner. */
  wayBack(): Promise<Move> {
    return this.subject.runner.move(this.#back);
  }

  /** What stands of its capture. Does not open it: that takes the fences over from whoever knows them, and a look must not. */
  async wayBackCapture(): Promise<CaptureState> {
    const { specs } = this.subject;
    return specs === null ? 'complete' : this.options.door.lookAtCapture(specs[this.#back]);
  }

  get #back(): MoveDirection {
    return this.direction === 'forward' ? 'reverse' : 'forward';
  }

  /** One side without the other, for as long as this handover is in that phase; null: the feature has no tables. */
  async lone(side: Side, id: string, phase: HandoverState['phase']): Promise<LoneSide | null> {
    const { specs } = this.subject;
    if (specs === null) return null;
    const spec = side === 'legacy' ? specs.reverse : specs.forward;
    return reachSide(this.options.door, this.options.store.ledger(this.feature), spec, () =>
      this.assertStill(id, phase),
    );
  }

  /** Aborts when this process ends, and when somebody takes the handover back: of all that comes before the decision. */
  until({ abort }: Pick<HandoverRequest, 'abort'>): AbortSignal {
    const { signal } = this.options;
    return abort === undefined ? signal : AbortSignal.any([signal, abort]);
  }

  /** Reaches the stop point of that name in this direction. */
  async reach(step: string): Promise<void> {
    await this.options.points.reach(`${this.rules.direction}:${step}`);
  }

  /** Changes the feature's state; the audit log calls it by the direction and `step`. */
  change(
    actor: Actor,
    step: string,
    change: ChangeRequest['change'],
    details?: ChangeRequest['details'],
  ): Promise<ChangeResult> {
    const { who, why } = actor;
    const { store, lease } = this.options;
    const action = `${this.rules.direction}: ${step}`;
    return store.change({ feature: this.feature, who, why, action, lease, change, details });
  }

  untilDone<T>(step: string, work: () => Promise<T>): Promise<T> {
    const { signal, logger } = this.options;
    return untilDone(step, work, {
      signal,
      onTrouble: (at, error) => logger.warn({ feature: this.feature, step: at, err: error }, 'trying again'),
    });
  }

  /**
   * Asked right before a fence is opened: a process that was stopped for long may wake up when another one has long
   * finished the handover, and even handed it back. Its fence must stay where that one left it.
   */
  async assertStill(id: string, phase: HandoverState['phase']): Promise<void> {
    await this.change({ who: 'banyan', why: 'about to open a fence' }, 'check', ({ state }) => {
      if (state.handover?.id === id && state.handover.phase === phase) return state;
      throw new BanyanError(
        'BANYAN_LEASE_LOST',
        `The handover of ${this.feature} went on without this process.`,
        { fix: 'Nothing: another control process has finished it.' },
      );
    });
  }

  /** The handover is over whether or not the runner heard of it at once: the supervisor has it begin what the stage requires. */
  async settle(): Promise<void> {
    await this.subject.runner.settle().catch((error) => {
      this.options.logger.warn(
        { feature: this.feature, err: error },
        'the move will be begun by the supervisor',
      );
    });
  }
}
