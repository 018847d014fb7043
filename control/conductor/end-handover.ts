import { describeError } from '../../common/errors.ts';
import { within } from '../../common/within.ts';
import type { MoveSide } from '../../mover/index.ts';
import type { HandoverState } from '../feature/feature-state.ts';
import { isUnreachable } from '../loss/index.ts';
import type { Actor, ChangeResult } from '../store/index.ts';
import { everyRouterFollows } from './barrier.ts';
import { giveUp, release } from './handover-changes.ts';
import type { HandoverContext } from './handover-context.ts';
import { HandoverGroup } from './handover-group.ts';
import { StepClock, type StepTime } from './step-clock.ts';

/**
 * Ends what another process left under way: undecided is taken back, decided is finished. Of a handover of several features
 * this is one: the decision was taken for all of them or for none, and giving one up forbids it for all.
 */
export async function endHandover(
  at: HandoverContext,
  handover: HandoverState,
  actor: Actor,
): Promise<'taken back' | 'finished'> {
  if (handover.phase !== 'decided') {
    const reason = new Error('the control process that conducted it ended');
    const taken = await takeBack(new HandoverGroup([at]), handover.id, actor, reason);
    if (taken === 'taken back') return taken;
  }
  await finishForward(at, handover.id, actor);
  return 'finished';
}

/** Steps 9 to 11. Every part may be repeated; nothing but ending the process stops it. */
export async function finishForward(
  at: HandoverContext,
  id: string,
  actor: Actor,
  clock = new StepClock('open'),
): Promise<ChangeResult & { readonly holdMs: number }> {
  // While T is opened, routers take the table of the decision: writes come with the release, which waits for both.
  const routers = liveRouters(at);
  const following = untilReadsFollow(at);
  following.catch(() => undefined);
  await at.untilDone('open the new owner’s fence', async () => {
    await Promise.all([at.assertStill(id, 'decided'), at.subject.runner.stopApplying()]);
    await openOwner(at, 'target', id, 'decided');
  });
  await at.reach('after-open');
  clock.next('routers');
  await following;
  const live = await routers;
  clock.next('release');
  const released = await at.untilDone('release', async () => {
    const holdMs = clock.totalMs;
    const about = { handover: id, steps: clock.times, holdMs, ...live };
    // One figure for the audit log and for whoever asked for the handover.
    return { ...(await at.change(actor, 'release', release(id, at.rules), about)), holdMs };
  });
  await at.reach('after-release');
  return released;
}

const countRoutersMs = 500;

/** How many routers may report what the hold cost. Writes are held meanwhile: where it is not told at once it is left out. */
async function liveRouters({ options }: HandoverContext): Promise<{ readonly routers?: number }> {
  return within(countRoutersMs, options.store.fleet.liveReplicas()).then(
    (routers) => ({ routers }),
    () => ({}),
  );
}

/**
 * No write may be acknowledged while a router still reads from the old owner: the next read through it would miss that
 * write. So the release waits until every live router decides by the table of the decision, or lost its lease.
 */
export async function untilReadsFollow(at: HandoverContext): Promise<void> {
  const { store, cutover, logger, signal } = at.options;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(cutover.deadlineMs)]);
  const follow = await at.untilDone('wait for the routers', async () =>
    everyRouterFollows(store, (await store.routeTable()).version, patience),
  );
  if (follow || signal.aborted) return;
  logger.warn(
    { feature: at.feature, waitedMs: cutover.deadlineMs },
    'a router does not take the decided route table: writes are released, and its reads are stale until it does',
  );
}

/** Gives the rows of all members back to the old owner, unless the decision was taken: then only its answer was lost. */
export async function takeBack(
  group: HandoverGroup,
  id: string,
  actor: Actor,
  reason: unknown,
  steps: readonly StepTime[] = [],
): Promise<'taken back' | 'decided'> {
  const because = { who: actor.who, why: describeError(reason).message };
  const first = group.members[0]!;
  const { states } = await first.untilDone('give up', () =>
    group.change(
      because,
      'abort',
      () => giveUp(id),
      () => ({ handover: id, steps }),
    ),
  );
  if (states.some(({ handover }) => handover?.id === id && handover.phase === 'decided')) return 'decided';
  // Where not even the hold was published there is nothing to take back.
  const held = group.members.filter((_, index) => states[index]?.handover?.id === id);
  if (held.length === 0) return 'taken back';
  await group.reach('after-give-up');
  await Promise.all(held.map((at) => openAgain(at, id, because)));
  return 'taken back';
}

async function openAgain(at: HandoverContext, id: string, because: Actor): Promise<void> {
  const { rules } = at;
  const routers = liveRouters(at);
  await at.untilDone('open the old owner’s fence', async () => {
    await at.assertStill(id, 'aborting');
    await openOwner(at, 'source', id, 'aborting');
  });
  await at.reach('after-reopen');
  const details = { handover: id, ...(await routers) };
  await at.untilDone('release', () =>
    at.change(because, `release to ${rules.oldOwner}`, release(id, rules), details),
  );
}

const movePatienceMs = 5_000;
const openPatienceMs = 10_000;

/** The other side's server may be lost by now: its owner's tables are opened without it then. */
async function openOwner(
  at: HandoverContext,
  which: MoveSide,
  id: string,
  phase: HandoverState['phase'],
): Promise<void> {
  const side = which === 'source' ? at.rules.oldOwner : at.rules.newOwner;
  try {
    const move = await within(movePatienceMs, at.move());
    await move.openFence(which);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const lone = await at.lone(side, id, phase);
    try {
      await lone?.openFence({ lockTimeoutMs: openPatienceMs, signal: at.options.signal });
    } finally {
      lone?.close();
    }
  }
}
