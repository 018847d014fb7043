import { randomUUID } from 'node:crypto';
import { whyEnded } from '../../common/errors.ts';
import type { Applier, Move } from '../../mover/index.ts';
import { orFailure } from '../runner/copy-rows.ts';
import { awaitBarrier } from './barrier.ts';
import { finishForward, takeBack } from './end-handover.ts';
import { failedHandover } from './failed-handover.ts';
import { decide, hold } from './handover-changes.ts';
import type { Gates, HandoverGroup } from './handover-group.ts';
import type { HandoverRequest, HandoverResult } from './handover-request.ts';
import { StepClock } from './step-clock.ts';
import { verifyRest } from './verify-rest.ts';

/**
 * Steps 2 to 11 of a handover that was prepared: from the hold to its release, with the decision or without it. Throws
 * `BANYAN_HANDOVER_TAKEN_BACK` when the old owner has kept the rows, of all features of the group.
 */
export async function handOver(
  group: HandoverGroup,
  request: HandoverRequest,
  gates: Gates,
): Promise<HandoverResult[]> {
  const { rules, features } = group;
  const { store, cutover } = group.options;
  const say = (phase: string, about: string) => request.onProgress({ phase, about });
  const moves = new Map<string, Move>();
  for (const at of group.members) moves.set(at.feature, await at.move());
  const releaseTables = () => {
    for (const move of moves.values()) move.releaseTables();
  };
  const why = `${request.why}${forcedOf(gates)}`;
  const id = randomUUID();
  const budgetMs = decisionBudget(cutover.deadlineMs, request.maxHoldMs);
  const clock = new StepClock('hold');
  const until = group.members[0]!.until(request);
  try {
    const othersOf = (feature: string) => features.filter((other) => other !== feature);
    const { states } = await group.change(
      { ...request, why },
      'hold',
      (feature) =>
        hold({
          ...{ id, rules, who: request.who, why },
          guard: request.guards?.[feature],
          together: othersOf(feature),
        }),
      (feature) => ({ handover: id, gate: gates.get(feature), budgetMs }),
    );
    const holdVersion = states[0]!.handover!.holdVersion;
    say('hold', `routers park writes (route table ${holdVersion})`);
    const leftMs = Math.max(1, budgetMs - clock.totalMs);
    const inTime = AbortSignal.any([until, AbortSignal.timeout(Math.ceil(leftMs))]);
    clock.next('barrier');
    await group.reach('after-hold');
    await awaitBarrier(store, features, holdVersion, inTime);
    await group.reach('after-barrier');
    await carryTheRest(group, moves, request, inTime, clock, budgetMs);
    await group.reach('before-decision');
    inTime.throwIfAborted();
    clock.next('decide');
    await group.change(
      request,
      'decide',
      (feature) => decide(id, rules, !moves.get(feature)!.spec.oneWay),
      () => ({ handover: id, steps: clock.times }),
    );
  } catch (met) {
    const error = whyEnded(until, met);
    releaseTables();
    const steps = clock.times;
    const outcome = await takeBack(group, id, request, error, steps);
    if (outcome === 'taken back') {
      await group.settle();
      throw failedHandover(rules, group.name, error, { budgetMs, steps, heldMs: clock.totalMs });
    }
    // The decision had been taken and only its answer was lost.
  }
  say('decide', `${rules.newOwner} owns the rows`);
  clock.next('open');
  await group.reach('after-decision');
  const results = await group.each(group.options.signal, async (at): Promise<HandoverResult> => {
    const own = clock.fork();
    const released = await finishForward(at, id, request, own);
    moves.get(at.feature)!.releaseTables();
    return {
      ...{ direction: rules.direction, feature: at.feature, stage: rules.to, owner: rules.newOwner },
      ...{ holdMs: released.holdMs, version: released.version, retries: 0, steps: own.times },
      barrierMs: round(own.msOf('hold') + own.msOf('barrier')),
      fenceToDrainedMs: round(own.msOf('fence') + own.msOf('drain')),
    };
  });
  say('release', `writes go to ${rules.newOwner}`);
  await group.settle();
  return results;
}

/** Kept with the reason: which guards said no, and that somebody knew better. */
function forcedOf(gates: Gates): string {
  const forced = [...gates].flatMap(([feature, gate]) =>
    gate
      .filter((one) => one.forced)
      .map(({ check, detail }) => `${gates.size === 1 ? '' : `${feature}: `}${check}: ${detail}`),
  );
  return forced.length === 0 ? '' : ` [forced: ${forced.join('; ')}]`;
}

/** What comes after the decision has to fit into the promised time, too: opening a fence, and a beat of every router. */
const afterDecisionMs = 200;

/** So long after the hold it must be decided. */
export function decisionBudget(deadlineMs: number, maxHoldMs: number | undefined): number {
  if (maxHoldMs === undefined) return deadlineMs;
  return Math.min(deadlineMs, Math.max(maxHoldMs / 2, maxHoldMs - afterDecisionMs));
}

/** Steps 4 to 7: under the fences, everything of the old owner is carried over, and looked at once more. */
async function carryTheRest(
  group: HandoverGroup,
  moves: ReadonlyMap<string, Move>,
  request: HandoverRequest,
  inTime: AbortSignal,
  clock: StepClock,
  budgetMs: number,
): Promise<void> {
  const { lockTimeoutMs } = group.options.cutover;
  const appliers = new Map<string, Applier>();
  for (const at of group.members) appliers.set(at.feature, await at.subject.runner.apply(at.direction));
  clock.next('fence');
  await group.each(inTime, ({ feature }, signal) =>
    moves.get(feature)!.fence('source', { lockTimeoutMs, signal }),
  );
  request.onProgress({ phase: 'fence', about: `${group.rules.oldOwner}’s tables refuse writes` });
  clock.next('drain');
  await group.reach('after-fence');

  const deadlineMs = Math.max(1, budgetMs - clock.totalMs);
  await group.each(inTime, ({ feature }, signal) => {
    const applier = appliers.get(feature)!;
    return orFailure(applier, applier.drain({ deadlineMs, signal, guarded: true }));
  });
  request.onProgress({ phase: 'drain', about: 'every change is on both sides' });
  clock.next('look');
  await group.reach('after-drain');
  // None of the three changes anything, and none needs what another finds.
  await group.each(inTime, async (at, signal) => {
    const move = moves.get(at.feature)!;
    await allOf([
      verifyRest(move, signal).then(() => at.reach('after-verify')),
      move.checkAutoIncrement().then(() => at.reach('after-auto-increment')),
      move.assertGuarded(),
    ]);
  });
}

/** Rejects with the first failure, but only after all have ended. */
async function allOf(works: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
