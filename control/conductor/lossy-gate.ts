import { describeError } from '../../common/errors.ts';
import type { AcceptedLoss } from '../feature/index.ts';
import { describeLoss, isAccepted, type LossFigures, reachSide } from '../loss/index.ts';
import { askSide } from './ask-side.ts';
import type { Forcible } from './forcible.ts';
import type { GateCheck } from './gate.ts';
import type { HandoverContext } from './handover-context.ts';
import { silentRouters } from './silent-routers.ts';

/** What stands against a rollback with a loss: less than against one without. Changes nothing. */
export async function inspectLossyGate(
  at: HandoverContext,
  figures: LossFigures,
  accepted: AcceptedLoss,
  force: readonly Forcible[],
): Promise<GateCheck[]> {
  const checks = [
    lossCheck(at.feature, figures, accepted),
    await legacyCheck(at),
    await routersCheck(at),
    await listeningCheck(at),
  ];
  return checks.map((one) =>
    one.ok || !force.some((name) => name === one.check) ? one : { ...one, ok: true, forced: true },
  );
}

function lossCheck(feature: string, figures: LossFigures, accepted: AcceptedLoss): GateCheck {
  const ok = isAccepted(accepted, figures);
  const detail = `${describeLoss(figures)}; accepted: ${accepted}`;
  if (ok) return { check: 'loss', ok, detail };
  const enough = figures.keys ?? 'unknown';
  return {
    check: 'loss',
    ok,
    detail,
    fix: `Accept that: \`banyan rollback ${feature} --accept-loss ${enough}\`.`,
  };
}

/** Legacy is to own the rows: its database must be there. */
async function legacyCheck(at: HandoverContext): Promise<GateCheck> {
  const { specs } = at.subject;
  const check = 'legacy';
  if (specs === null) return { check, ok: true, detail: 'no tables' };
  const fix = 'Bring legacy’s database back, with its tables: it is to own the rows.';
  try {
    const side = await reachSide(at.options.door, at.options.store.ledger(at.feature), specs.reverse);
    try {
      const standing = await side.standing();
      const ok = standing !== 'absent';
      return ok
        ? { check, ok, detail: `its tables are ${standing}` }
        : { check, ok, detail: 'it has none of the tables', fix };
    } finally {
      side.close();
    }
  } catch (error) {
    return { check, ok: false, detail: describeError(error).message, fix };
  }
}

/** A router that is cut off may go on sending writes to a service whose tables nobody can close. */
export async function routersCheck(at: HandoverContext): Promise<GateCheck> {
  const silent = silentRouters(await at.options.store.fleet.replicas());
  const check = 'routers';
  if (silent.length === 0) return { check, ok: true, detail: 'none is cut off' };
  const list = silent.map(({ host, pid }) => `${host} (${pid})`).join(', ');
  return {
    ...{ check, ok: false, detail: `nobody knows whether these still send writes to the service: ${list}` },
    fix: 'Bring it back to the state store or end it. If you know that it has ended: `--force routers`.',
  };
}

async function listeningCheck(at: HandoverContext): Promise<GateCheck> {
  const asked = await askSide(at.subject.places.legacy, 3_000);
  const ok = asked.some(({ refused }) => refused === null);
  const detail = asked.map(({ address, refused }) => `${address} ${refused ?? 'answers'}`).join(', ');
  const check = 'listening';
  return ok
    ? { check, ok, detail }
    : { check, ok, detail, fix: 'Start legacy, or find out why it does not answer.' };
}
