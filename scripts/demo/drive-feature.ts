import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import type {
  ActionAnswer,
  ActionBody,
  AdminClient,
  FeatureAction,
  FeatureStatus,
  ProgressLine,
} from '../../control/api/index.ts';
import type { Handover } from './report.ts';

export interface DriveOptions {
  /** A new client each time: a control that was started again may have a new token. */
  readonly connect: () => Promise<AdminClient>;
  readonly feature: string;
  readonly why: string;
  readonly onProgress: (line: ProgressLine) => void;
  readonly signal: AbortSignal;
  /** Something went wrong that will be tried again. */
  readonly note: (text: string) => void;
}

/** Where a feature is once an action that changes its stage is done. */
const goals: Partial<Record<FeatureAction, string>> = {
  copy: 'syncing',
  cutover: 'extracted',
  rollback: 'syncing',
};
/** How long a control process that went away may take to come back: a busy machine may need tens of seconds to start one. */
const patienceMs = 60_000;

/**
 * Has control do one thing, whatever happens to the control process meanwhile. When it goes away, this waits for the next
 * one, lets it settle what was under way, and asks again only if the goal was not reached. `null` means just that: it was
 * reached, but nobody could say how.
 */
export async function driveFeature<A extends FeatureAction>(
  options: DriveOptions,
  action: A,
  body: Partial<ActionBody<A>> = {},
): Promise<ActionAnswer<A> | null> {
  for (;;) {
    const admin = await options.connect();
    try {
      return await admin.act(options.feature, action, { why: options.why, ...body } as ActionBody<A>, {
        signal: options.signal,
        onProgress: options.onProgress,
      });
    } catch (error) {
      if (!isAway(error)) throw error;
      options.note(`control went away during ${action}; waiting for it`);
    } finally {
      await admin.close();
    }
    const status = await settledStatus(options);
    if (goals[action] !== undefined && status.stage === goals[action]) return null;
  }
}

/** A cutover or rollback with its times, from the audit log if nobody else can tell them any more. */
export async function driveHandover(
  options: DriveOptions,
  direction: 'cutover' | 'rollback',
): Promise<Handover> {
  const result = await driveFeature(options, direction);
  if (result !== null && !('dryRun' in result)) {
    return { direction, holdMs: result.holdMs, fenceToDrainedMs: result.fenceToDrainedMs };
  }
  const admin = await options.connect();
  try {
    const entries = await admin.audit({ feature: options.feature, limit: 50 }, options.signal);
    const [last, ...earlier] = entries.filter((entry) => entry.action.startsWith(direction));
    const hold = earlier.find((entry) => entry.action === `${direction}: hold`);
    const holdMs = last && hold ? Date.parse(last.at) - Date.parse(hold.at) : 0;
    return { direction, holdMs, fenceToDrainedMs: null };
  } finally {
    await admin.close();
  }
}

/** Waits until nothing more is to be carried over from one side to the other. Traffic must have stopped. */
export async function untilDrained(options: DriveOptions): Promise<void> {
  const deadline = performance.now() + 60_000;
  // Twice in a row: one look may fall between a batch's read and its deletion.
  for (let empty = 0; empty < 2; ) {
    const status = await settledStatus(options);
    empty = status.move?.backlog?.entries === 0 ? empty + 1 : 0;
    if (performance.now() > deadline) {
      throw new BanyanError(
        'BANYAN_DEMO_NOT_DRAINED',
        'The log of changes did not become empty within a minute.',
        {
          fix: 'Look at `banyan status` and at .banyan/logs/control.log.',
          details: { backlog: status.move?.backlog?.entries },
        },
      );
    }
    await wait(100, undefined, { signal: options.signal });
  }
}

/** The feature's status once control answers and nothing is in transition. */
async function settledStatus(options: DriveOptions): Promise<FeatureStatus> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      const status = await statusOf(options);
      if (status.stage !== 'cutting_over' && status.stage !== 'rolling_back' && status.running === null)
        return status;
    } catch (error) {
      if (!isAway(error) || performance.now() > deadline) throw error;
    }
    await wait(200, undefined, { signal: options.signal });
  }
}

async function statusOf({ connect, feature, signal }: DriveOptions): Promise<FeatureStatus> {
  const admin = await connect();
  try {
    const { features, role } = await admin.status(signal);
    const found = features.find((one) => one.name === feature);
    if (found === undefined || role === 'standby') {
      throw new BanyanError('BANYAN_CONTROL_UNREACHABLE', 'The control process does not conduct yet.', {
        fix: 'Wait a moment.',
      });
    }
    return found;
  } finally {
    await admin.close();
  }
}

const away: ReadonlySet<string> = new Set([
  'BANYAN_CONTROL_UNREACHABLE',
  'BANYAN_CONTROL_LOST',
  'BANYAN_CONTROL_STANDBY',
  // Its state store was away for longer than a lease: it takes it again, and settles what was under way.
  'BANYAN_LEASE_LOST',
  'BANYAN_ADMIN_TOKEN_MISSING',
]);

function isAway(error: unknown): boolean {
  return error instanceof BanyanError && away.has(error.code);
}
