import { setTimeout as delay } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import type { Restored, TakeBackReport } from '../../mover/index.ts';
import { type FeatureState, stages } from '../feature/index.ts';
import type { RepairRequest, RepairResult } from './repair-feature.ts';
import type { RunContext } from './run-context.ts';
import { verifyFeature } from './verify-feature.ts';

/**
 * The owner's server was restored from a backup, or one of its tables was emptied, and a person says whose rows are right. From the owner: what it
 * has, as it is. From the other side: the owner takes back what it lacks, but for rows that were written there since. Either way both
 * sides are compared as a whole then, and the other side is made equal to the owner.
 *
 * A dry run tells what the owner lacks, whatever the answer will be.
 */
export async function decideRestored(
  context: RunContext,
  request: RepairRequest,
  state: FeatureState,
  restored: Restored | null,
  goOn: () => Promise<void>,
  signal: AbortSignal,
): Promise<RepairResult> {
  const { feature, store, specs, points } = context.options;
  const { from, dryRun, onProgress, who, why } = request;
  const { owner } = stages[state.stage];
  const move = await context.move(owner === 'legacy' ? 'forward' : 'reverse');
  if (from === undefined && !dryRun) await move.checkRestored();
  const older = restored?.side === 'source' ? restored : null;
  const emptied = older === null ? await move.emptied() : [];
  if ((older === null && emptied.length === 0) || specs === null) throw notRestored(feature, owner);
  const takes = from !== owner;
  let takenBack: TakeBackReport | null = null;
  if (takes || dryRun) {
    takenBack = await move.takeBack({
      inverse: specs[owner === 'legacy' ? 'reverse' : 'forward'],
      ...{ dryRun, signal },
      ...(older === null ? { emptied: emptied.map(({ table }) => table) } : {}),
      onProgress: (at) =>
        onProgress({
          ...{ phase: 'take back', about: at.table },
          ...{ done: at.rowsCompared, total: at.rowsTotalEstimate },
        }),
    });
  }
  const tables = (takenBack?.tables ?? []).map(({ table, rowsCompared, missing, extra, changed, kept }) => ({
    ...{ table, rowsCompared, different: missing + extra + changed + kept },
  }));
  const report = {
    tables,
    rowsCompared: tables.reduce((sum, table) => sum + table.rowsCompared, 0),
    different: tables.reduce((sum, table) => sum + table.different, 0),
    ...{ dryRun, takenBack },
  };
  if (dryRun) return { ...report, verified: null };
  await store.change({
    ...{ feature, who, why },
    action: takes
      ? 'took rows back'
      : older === null
        ? 'took the rows that are left'
        : 'took the restored rows',
    details: {
      side: owner,
      ...(older === null ? { emptied } : { restoredTo: older.restoredTo, lost: older.lost }),
      from,
      tables: takenBack?.tables ?? [],
    },
    lease: context.held.grant,
    change: ({ state: now }) =>
      now.stage === state.stage ? { ...now, otherSide: 'copying again', verified: null } : now,
  });
  await points.reach('restored:decided');
  // Only now is everything that is to be done written down.
  await move.restartCopy();
  if (older !== null) {
    // The state may have gone back with the owner's rows: from here on it is the one to go by.
    await move.adoptStore();
    await move.acceptRestored('source');
  }
  await goOn();
  await untilCopied(context, signal);
  const verified = await verifyFeature(context, { who, why, afresh: true, onProgress }, signal);
  return { ...report, verified };
}

async function untilCopied(context: RunContext, signal: AbortSignal): Promise<void> {
  const { feature, store } = context.options;
  for (;;) {
    const { failing, paused, otherSide } = await store.feature(feature);
    if (failing !== null) throw new BanyanError(failing.code, failing.message, { fix: failing.fix });
    if (otherSide === 'current') return;
    if (paused) {
      throw new BanyanError('BANYAN_PAUSED', `The move of ${feature} is paused.`, {
        fix: 'Run `banyan resume`.',
      });
    }
    await delay(50, undefined, { signal });
  }
}

function notRestored(feature: string, owner: string): BanyanError {
  return new BanyanError(
    'BANYAN_REQUEST_INVALID',
    `The database of ${owner}, which owns the rows of ${feature}, was not restored from a backup, and none of its tables was emptied: there is nothing to choose.`,
    { fix: `Without --from, \`banyan repair ${feature}\` makes the other side equal to ${owner}.` },
  );
}
