import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../../common/errors.ts';
import type { Side } from '../../../common/side.ts';
import type { ActionBody, FeatureAction } from '../../../control/api/index.ts';
import type { Cell } from './cells.ts';
import { againstLedger, forgetRows, judgeRows, openSides } from './judge.ts';
import type { Deed } from './points.ts';
import { settled } from './settled.ts';
import { StatusWatch } from './status-watch.ts';
import { feature, type World } from './world.ts';

export interface CellResult {
  readonly cell: Cell;
  /** One sentence for each thing that is not as it must be. */
  readonly findings: readonly string[];
  /** Requests without a good answer, by what came instead. */
  readonly failures: ReadonlyMap<string, number>;
  /** From the end of the fault until nothing was under way and nothing wrong, ms. */
  readonly healedMs: number | null;
}

/** How long banyan may take to be well again once the fault is over. */
const healWithinMs = 45_000;
/** How long the side that does not own the rows may take to have them all, once nothing is written. */
const catchUpMs = 20_000;
const deedWithinMs = 90_000;
/** A busy machine may take long for what leads there: no finding of itself. */
const reachWithinMs = 90_000;
/** A router that was cut off has asked for the table again so long after it can, at the latest. */
const askAgainMs = 2_000;
/** Once the fault is over, the traffic stays as it was for so long. */
const briskAfterMs = 3_000;
const why = 'the fault matrix';

/**
 * Control stands still at the point, the fault strikes, control goes on while it lasts; then everything must become well by
 * itself: nothing lost or doubled on either side, one side open, writes going on, and the next handover works without help.
 */
export async function runCell(world: World, cell: Cell): Promise<CellResult> {
  const { point, fault } = cell;
  await bringTo(world, point.deed);
  world.traffic.takeFailures();
  world.traffic.staleReads.length = 0;
  world.traffic.hurry();
  const reached = world.arm(point.name);
  if (point.variant === 'helped') await letCopyStand(world, true);
  const deed = begin(world, point.deed);
  if (point.variant === 'helped') await untilHelped(world);
  const first = await Promise.race([
    reached.then(() => null),
    // What goes on in the background comes past its point after the command's end.
    deed.then(async (outcome) => {
      if (outcome === null) await Promise.race([reached, wait(5_000)]);
      return `was not reached: the command ended (${outcome ?? 'done'})`;
    }),
    wait(reachWithinMs, `was not reached within ${reachWithinMs / 1_000} s`, { ref: false }),
  ]);
  const arrived = first === null || (await Promise.race([reached.then(() => true), wait(0, false)]));
  if (!arrived) {
    world.letGo();
    world.traffic.calmDown();
    await deed;
    return { cell, findings: [`the point ${first}`], failures: new Map(), healedMs: null };
  }
  await using watch = new StatusWatch(world, fault);
  watch.struck();
  const striking = fault.strike(world).finally(() => watch.over());
  await Promise.race([striking, wait(250)]);
  world.letGo();
  await striking;
  const overAt = performance.now();
  world.traffic.calmDown(briskAfterMs);
  const findings: string[] = [];
  // Nothing waits for it where the deed has ended: it must not keep the run from ending.
  const tooLate = `did not end within ${deedWithinMs / 1_000} s`;
  const late = wait(deedWithinMs + fault.afterMs, tooLate, { ref: false });
  const outcome = point.deed === 'apply' ? null : await Promise.race([deed, late]);
  if (outcome !== null && /BANYAN_UNEXPECTED|defect in banyan|did not end/.test(outcome)) {
    findings.push(`the command said: ${outcome}`);
  }
  if (point.deed === 'finish' || point.deed === 'abandon') {
    // What was not done yet is done by the same command.
    const again = await untilDone(world, point.deed, healWithinMs + fault.afterMs);
    if (again !== null) findings.push(`${point.deed} once more: ${again}`);
  }
  const now = await settled(world, healWithinMs + fault.afterMs);
  const healedMs = 'why' in now ? null : Math.round(performance.now() - overAt);
  await watch[Symbol.asyncDispose]();
  findings.push(...watch.untrue);
  if ('why' in now) {
    findings.push(`not well ${healWithinMs / 1_000} s after the fault: ${now.why}`);
    return { cell, findings, failures: world.traffic.takeFailures(), healedMs };
  }
  const { owner, stage } = now.status;
  const mayWrite: readonly Side[] = stage === 'legacy' ? ['legacy', 'service'] : [owner];
  const open = await openSides(world);
  if (open.join() !== mayWrite.join()) {
    findings.push(
      `open for writes: ${open.join(', ') || 'nobody'}; it should be ${mayWrite.join(', ')} in ${stage}`,
    );
  }
  findings.push(...(await writesGoOn(world)));
  const failures = world.traffic.takeFailures();
  const bad = [...failures].filter(
    ([what]) =>
      what !== '503' && !fault.clientsMayFail && !(fault.routersMayBeOutdated && what.startsWith('409 ')),
  );
  if (bad.length > 0)
    findings.push(`clients got ${bad.map(([what, times]) => `${times} × ${what}`).join(', ')}`);
  const outdatedUntil = fault.routersMayBeOutdated ? overAt + askAgainMs : 0;
  const stale = world.traffic.staleReads.filter(({ at }) => at > outdatedUntil);
  if (!fault.clientsMayFail) findings.push(...stale.slice(0, 3).map(({ what }) => what));
  await world.traffic.stop();
  const moved = stage !== 'legacy' && stage !== 'finished';
  const rows = moved ? judgeRows(world, owner, catchUpMs + fault.afterMs) : againstLedger(world, owner);
  findings.push(...(await rows).slice(0, 5));
  if (findings.length === 0) await forgetRows(world, owner);
  world.traffic.start();
  findings.push(...(await goOn(world, stage)));
  return { cell, findings, failures, healedMs };
}

/** What people would do next works without help. */
async function goOn(world: World, stage: string): Promise<string[]> {
  // There is no way on from there.
  if (stage === 'finished') return (await legacyIsRenamed(world)) ? [] : ["legacy's tables kept their names"];
  if (stage === 'legacy') await emptyService(world);
  const next: readonly Deed[] =
    stage === 'legacy' ? ['copy', 'cutover'] : [stage === 'extracted' ? 'rollback' : 'cutover'];
  for (const deed of next) {
    const handed = await act(world, deed);
    if (handed !== null) return [`the next ${deed} failed: ${handed}`];
  }
  return [];
}

async function legacyIsRenamed({ databases }: World): Promise<boolean> {
  const tables = await databases.legacy.query("SHOW TABLES LIKE 'banyan\\_finished\\_%'", [], 'legacy');
  return tables.length === 2;
}

async function writesGoOn({ traffic }: World): Promise<string[]> {
  const { acknowledged } = traffic;
  const end = performance.now() + 15_000;
  while (traffic.acknowledged < acknowledged + 10) {
    if (performance.now() > end) return ['no ten writes were acknowledged in 15 s'];
    await wait(20);
  }
  return [];
}

/** Takes the feature to where the deed can begin. */
async function bringTo(world: World, deed: Deed): Promise<void> {
  const must = async (next: Deed) => {
    const failed = await act(world, next);
    if (failed !== null) throw new Error(`${next} before the fault: ${failed}`);
  };
  const now = await settled(world, healWithinMs);
  if ('why' in now) throw new Error(`not well before the fault: ${now.why}`);
  const { stage } = now.status;
  const wanted = deed.startsWith('rollback') || deed === 'finish' ? 'extracted' : 'syncing';
  if (deed === 'copy') {
    if (stage === 'extracted') await must('rollback');
    if (stage !== 'legacy') await must('abandon');
    await emptyService(world);
    return;
  }
  if (stage === 'legacy') await must('copy');
  if (deed === 'apply' || deed === 'verify' || deed === 'repair') return;
  if (wanted === 'extracted' && stage !== 'extracted') await must('cutover');
  if (wanted === 'syncing' && stage === 'extracted') await must('rollback');
}

async function emptyService({ databases }: World): Promise<void> {
  for (const table of ['parcels', 'parcel_events']) {
    await databases.service.query(`DELETE FROM ${table}`, [], 'service');
  }
}

/** While it stands no chunk is copied, here or by a mover. */
async function letCopyStand(world: World, stands: boolean): Promise<void> {
  const admin = await world.admin();
  try {
    await admin.act(feature, 'throttle', { why, ...(stands ? { share: 0 } : { reset: true }) });
  } finally {
    await admin.close();
  }
}

/** A mover of its own hears of a copy within a second: the copy must not be over by then. */
async function untilHelped(world: World): Promise<void> {
  const admin = await world.admin();
  const end = performance.now() + reachWithinMs;
  try {
    for (;;) {
      const { features } = await admin.status();
      if ((features[0]?.move?.pace?.movers.length ?? 0) > 0) break;
      if (performance.now() > end) throw new Error('the mover did not come to the copy');
      await wait(50);
    }
  } finally {
    await admin.close();
  }
  await letCopyStand(world, false);
}

/** What came of the deed: null, or what it said. `apply` is done by writes alone. */
function begin(world: World, deed: Deed): Promise<string | null> {
  return deed === 'apply' ? new Promise(() => undefined) : act(world, deed);
}

const orders: { readonly [D in Exclude<Deed, 'apply'>]: readonly [FeatureAction, object] } = {
  copy: ['copy', {}],
  verify: ['verify', {}],
  repair: ['repair', {}],
  cutover: ['cutover', {}],
  rollback: ['rollback', {}],
  'cutover taken back': ['cutover', { maxHold: '100ms' }],
  'rollback taken back': ['rollback', { maxHold: '100ms' }],
  abandon: ['abandon', { clean: true }],
  finish: ['finish', {}],
};

async function act(world: World, deed: Deed): Promise<string | null> {
  if (deed === 'apply') return null;
  const [action, more] = orders[deed];
  try {
    const admin = await world.admin();
    try {
      const body = { why, ...more } as ActionBody<FeatureAction>;
      await admin.act(feature, action, body, { signal: AbortSignal.timeout(deedWithinMs) });
      return null;
    } finally {
      await admin.close();
    }
  } catch (error) {
    if (error instanceof BanyanError) return `${error.code}: ${error.message} ${error.fix}`;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Gives the order until there is nothing left to do; null, or what was said last. */
async function untilDone(world: World, deed: 'abandon' | 'finish', withinMs: number): Promise<string | null> {
  const end = performance.now() + withinMs;
  for (;;) {
    const said = await act(world, deed);
    if (said === null || /Nothing to do/.test(said)) return null;
    if (performance.now() > end) return said;
    await wait(500);
  }
}
