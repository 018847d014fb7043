import { BanyanError } from '../../common/errors.ts';
import { type LoneSide, latest, type MoveSpec } from '../../mover/index.ts';
import type { Side } from '../../router/table/route-table.ts';
import { type FeatureState, type Stage, stages } from '../feature/index.ts';
import { isUnreachable, reachSide } from '../loss/read-loss.ts';
import type { Actor, LeaseGrant } from '../store/index.ts';
import { judgeOwner, type SidesSeen } from './judge-owner.ts';
import type { StoreCheckSources } from './store-check.ts';

export interface AdoptRequest extends Actor {
  readonly lease: LeaseGrant;
  /** Where both sides take writes: whose rows are right, as a person says. */
  readonly owner?: Side | undefined;
  /** Do so only if the feature is in that stage already. */
  readonly unlessChanged?: boolean;
}

/**
 * After the state store alone was restored from a backup: the feature's stage becomes what the databases say. Nothing is opened by it. All rows are compared
 * once more then, since nobody knows what else was known. Both servers must answer, unless a person says who owns the rows. Null: it would be another stage, and that was not asked for.
 *
 * @throws BanyanError BANYAN_OWNER_UNCLEAR
 */
export async function adoptDatabases(
  sources: StoreCheckSources,
  request: AdoptRequest,
): Promise<FeatureState | null> {
  const { feature, specs, door, store } = sources;
  const { who, why, lease, owner, unlessChanged = false } = request;
  if (specs === null) return store.feature(feature);
  const sides: LoneSide[] = [];
  const open = async (spec: MoveSpec): Promise<LoneSide | null> => {
    try {
      const side = await reachSide(door, store.ledger(feature), spec);
      sides.push(side);
      return side;
    } catch (error) {
      // It may be lost for good; then a person says who owns the rows.
      if (owner === undefined || !isUnreachable(error)) throw error;
      return null;
    }
  };
  try {
    const [legacy, service] = [await open(specs.reverse), await open(specs.forward)];
    const marks = [await legacy?.mark(), await service?.mark()];
    const seen: SidesSeen = {
      standing: {
        legacy: (await legacy?.standing()) ?? 'absent',
        service: (await service?.standing()) ?? 'absent',
      },
      mark: latest(marks.filter((mark) => mark != null)),
    };
    const stage =
      judgeOwner(seen) ?? (owner === undefined ? null : owner === 'legacy' ? 'syncing' : 'extracted');
    if (unlessChanged && stage !== (await store.feature(feature)).stage) return null;
    if (stage === null) throw ownerUnclear(feature);
    const { oneWay = false } = specs.forward;
    const { state } = await store.change({
      ...{ feature, who, why, lease, adopts: true },
      action: 'took what the databases say',
      details: { ...seen },
      change: ({ state: before }) => adopted(before, stage, oneWay),
    });
    // Once it is written down. A crash before it has the same done again.
    for (const side of sides) await side.tellStore();
    return state;
  } finally {
    for (const side of sides) side.close();
  }
}

function adopted(before: FeatureState, stage: Stage, oneWay: boolean): FeatureState {
  const kept = stages[stage].reads === 'canary';
  const otherSide = !kept ? 'current' : oneWay && stage === 'extracted' ? 'left behind' : 'copying again';
  return {
    ...before,
    ...{ stage, otherSide, paused: false, failing: null, handover: null, verified: null },
    ...{ readPercents: {}, readCohorts: {} },
  };
}

function ownerUnclear(feature: string): BanyanError {
  return new BanyanError(
    'BANYAN_OWNER_UNCLEAR',
    `the databases of ${feature} do not tell who owns its rows: the tables of both sides take writes, or neither says`,
    {
      fix: `Find out where its clients wrote last, then say it: \`banyan resume ${feature} --owner legacy\`, or service. The other side is closed and made equal to it.`,
      details: { feature },
    },
  );
}
