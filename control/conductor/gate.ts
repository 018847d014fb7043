import { BanyanError, describeError, type Fault } from '../../common/errors.ts';
import { withFeature } from '../../common/name-feature.ts';
import { counted, formatBytes, formatCount, formatMs } from '../../common/numbers.ts';
import {
  type CaptureState,
  type FreeSpace,
  type Move,
  readFreeSpace,
  sideTables,
} from '../../mover/index.ts';
import type { CutoverConfig } from '../config/index.ts';
import { assertNotFrozen } from '../feature/assert-not-frozen.ts';
import { stageRefused } from '../feature/stage-refused.ts';
import { type HandoverRules, stagesBefore } from '../feature/stages.ts';
import { describeLoss, type LossFigures } from '../loss/index.ts';
import type { FeatureState, Replica, StateStore } from '../store/index.ts';
import { listTransactions, longTransactions } from '../waits/index.ts';
import { type AskedSide, askSide } from './ask-side.ts';
import type { Forcible } from './forcible.ts';
import { isStuckAtService } from './handover-changes.ts';
import { describeRouters, type OwnConfig, otherwiseRouters } from './router-versions.ts';
import { seenRoutes } from './seen-routes.ts';
import { seenUsage } from './seen-usage.ts';
import { silentRouters } from './silent-routers.ts';
import { verifyDetail, verifyStanding } from './verify-standing.ts';

/** One condition of the gate. `fix` is there when it is not met. */
export interface GateCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix?: string;
  /** It is not met, and somebody said that it need not be. */
  readonly forced?: true;
}

export interface GateOptions {
  readonly rules: HandoverRules;
  readonly state: FeatureState;
  readonly move: Move;
  /** What stands of the capture of the way back; rejects where its move could not be opened. */
  readonly wayBack: () => Promise<CaptureState>;
  readonly cutover: CutoverConfig;
  readonly replicas: readonly Replica[];
  /** Which routes and jobs of the monolith were seen on tables. */
  readonly callers: StateStore['callers'];
  readonly routeTable: StateStore['routeTable'];
  /** Every feature, as control's config has it. */
  readonly configured: StateStore['configured'];
  /** Live routers that could not ask the feature's service, each with the reason. */
  readonly unserved: readonly string[];
  /** What the routers are compared with. */
  readonly own: OwnConfig;
  /** Conditions that need not be met this once. */
  readonly force: readonly Forcible[];
  /** Where the new owner's side answers requests. */
  readonly newOwner: AskedSide;
  /** False: an outdated or missing verify is no fault, since the caller verifies next. */
  readonly verifyCounts: boolean;
  /** How long ago the handover was begun. */
  readonly sinceMs: number;
  /** Whether somebody has signed off how the answers differ; null: nobody need. */
  readonly signedOff: (() => Promise<readonly [ok: boolean, detail: string]>) | null;
}

/** Refuses a handover that the stage does not allow, before anything is looked at. */
export function assertHandoverAllowed(rules: HandoverRules, state: FeatureState): void {
  assertNotFrozen(state, `a ${rules.direction}`);
  if (state.stage !== rules.from) {
    throw new BanyanError(
      'BANYAN_STAGE_REFUSED',
      `${state.feature} is in stage ${state.stage}: a ${rules.direction} begins in ${stagesBefore(rules.direction).join(' or ')}.`,
      { fix: fixFor(rules, state) },
    );
  }
}

/** The same of a rollback with a loss, which also ends what cannot be ended otherwise. */
export function assertLossyAllowed(state: FeatureState): void {
  assertNotFrozen(state, 'a rollback');
  if (isStuckAtService(state) || (state.stage === 'extracted' && state.handover === null)) return;
  const { feature, stage } = state;
  const fix =
    state.handover === null
      ? 'Nothing to roll back: the rows belong to legacy.'
      : 'Wait until the handover under way is over, or `banyan abort` it; see `banyan status`.';
  throw stageRefused(feature, stage, 'a rollback with a loss', fix);
}

/** Where the service's database is away nothing else can be looked at. */
export function unreachedCheck(feature: string, loss: LossFigures): GateCheck {
  return {
    ...{ check: 'service', ok: false, detail: describeLoss(loss) },
    fix: `Bring the service’s database back. If it is lost for good: \`banyan rollback ${feature} --accept-loss unknown --dry-run\`.`,
  };
}

/** Everything that stands against a handover at this moment. Changes nothing. */
export async function inspectGate(options: GateOptions): Promise<GateCheck[]> {
  const checks = (await inspectAll(options)).map((one) => withFeature(one, options.state.feature));
  return checks.map((one) =>
    one.ok || !options.force.some((name) => name === one.check) ? one : { ...one, ok: true, forced: true },
  );
}

async function inspectAll(options: GateOptions): Promise<GateCheck[]> {
  const { rules, state, move, cutover } = options;
  const source = move.spec.source;
  return Promise.all([
    check('running', 'Run `banyan resume` first.', async () => {
      if (state.failing !== null) return [false, `the move failed: ${state.failing.message}`];
      return state.paused ? [false, 'the move is paused'] : [true, 'the move runs'];
    }),
    check('copied', 'Wait until `banyan copy` is done.', async () => {
      // Legacy's rows were there first: the reverse move has nothing to copy, but after its capture was lost.
      const done =
        state.otherSide !== 'copying again' && (rules.direction === 'rollback' || (await move.copied()));
      return [done, done ? 'every row is on the other side' : 'the copy is not complete'];
    }),
    check(
      'capture',
      'Find out who changed the triggers or tables, then `banyan resume`: it copies once more.',
      async () => {
        const captured = await move.captureState();
        if (captured === 'complete') await move.checkFingerprint();
        return [captured === 'complete', `capture is ${captured}`];
      },
    ),
    check('fences', 'Find out who changed them, then `banyan resume`.', async () => {
      const fences = await move.fenceState();
      const ok = fences.source === 'open' && fences.target === 'fenced';
      return [ok, `${rules.oldOwner} is ${fences.source}, ${rules.newOwner} is ${fences.target}`];
    }),
    check('tables', 'Find out who changed them, then `banyan resume`.', async () => {
      await move.checkTarget();
      return [true, `${rules.newOwner}’s tables are the ones that were filled`];
    }),
    check('rights', '', async () => {
      const lacking = [...(await move.lackingRights('source')), ...(await move.lackingRights('target'))];
      const [first] = lacking;
      if (first === undefined)
        return [true, 'banyan’s accounts have the rights that they need on both servers'];
      const more = lacking.length > 1 ? `; and ${counted(lacking.length - 1, 'more such fault')}` : '';
      throw new BanyanError('BANYAN_PRIVILEGE_MISSING', `${first.what}${more}`, {
        fix: [...new Set(lacking.map(({ fix }) => fix))].join(' '),
      });
    }),
    check('restored', 'See `banyan status`.', async () => {
      await move.checkRestored();
      await move.checkStore();
      return [true, 'neither database is older than it was, nor is the state store'];
    }),
    check('prepared', 'Commit or roll back the prepared XA transactions.', async () => {
      await move.checkPrepared();
      return [true, 'no XA transaction is prepared'];
    }),
    check('backlog', 'Wait until the log is smaller; see `banyan status`.', async () => {
      const { entries, oldestMs } = await move.backlog();
      // The drain would wait for them, and clients with it.
      const { lockedKeys } = move;
      const locked = `; ${counted(lockedKeys, 'row')} of them locked by somebody else on ${rules.newOwner}’s server`;
      return [
        entries <= cutover.maxBacklog && lockedKeys === 0,
        `${counted(entries, 'dirty key')}${entries === 0 ? '' : `, the oldest ${formatMs(oldestMs)} old`}; at most ${formatCount(cutover.maxBacklog)}${lockedKeys === 0 ? '' : locked}`,
      ];
    }),
    check('transactions', 'Wait for them or end them (KILL), then try again.', async () => {
      if (source.host === '') return [true, 'no tables'];
      const found = await longTransactions(source, sideTables(move.spec, 'source'), cutover.maxTransactionMs);
      const where = found.of === 'tables' ? 'on these tables' : `on ${rules.oldOwner}’s server`;
      const none = `none ${where} is open for more than ${cutover.maxTransactionMs} ms`;
      return [
        found.open.length === 0,
        found.open.length === 0 ? none : `open ${where}: ${listTransactions(found.open)}`,
      ];
    }),
    check('disk', 'Make room: a server whose disk is full waits in silence.', async () => {
      if (source.host === '') return [true, 'no tables'];
      const { target } = move.spec;
      const sides = [
        [rules.oldOwner, await readFreeSpace(source)],
        [rules.newOwner, await readFreeSpace(target)],
      ] as const;
      const list = sides.map(([side, space]) => `${side} ${space === null ? 'not known' : roomOf(space)}`);
      return [
        sides.every(([, space]) => space === null || space.freeBytes >= leastFreeBytes),
        list.join(', '),
      ];
    }),
    check('listening', `Start the ${rules.newOwner} side, or find out why it does not answer.`, async () => {
      const asked = await askSide(options.newOwner, 3_000);
      const ok = asked.some(({ refused }) => refused === null);
      const list = asked.map(({ address, refused }) => `${address} ${refused ?? 'answers'}`).join(', ');
      return [ok, list];
    }),
    check(
      'routers',
      'Bring it back to the state store or end it. If you know that it has ended: `--force routers`.',
      async () => {
        const silent = silentRouters(options.replicas);
        if (silent.length === 0) return [true, `${describeRouters(options.replicas)}, none cut off`];
        const list = silent.map(
          ({ host, pid, beatAgoMs }) =>
            `${host} (${pid}), last heard of ${Math.round(beatAgoMs / 1_000)} s ago`,
        );
        return [false, `nobody knows whether these still send requests: ${list.join('; ')}`];
      },
    ),
    check(
      'routes',
      'Move those routes with the feature, or put their writes behind a seam (docs/seam.md): the fence refuses them after the cutover. If that is as it should be: `--force routes`.',
      async () => {
        if (rules.newOwner === 'legacy') return [true, 'legacy gets its rows back'];
        const { replicas, callers, routeTable, configured } = options;
        const store = { callers, routeTable, configured };
        return seenRoutes({ feature: state.feature, move, replicas, store });
      },
    ),
    check(
      'versions',
      'Run `banyan reload`, or start those routers again as control was. If it does not matter here: `--force versions`.',
      async () => {
        const other = otherwiseRouters(options.replicas, options.own);
        if (other.length === 0)
          return [true, 'every live router goes by the version and config that control has'];
        // A way back must not wait until all routers are renewed.
        return [rules.direction === 'rollback', other.join('; ')];
      },
    ),
    check(
      'served',
      'Run `banyan reload`; or start that router again with the config that has the feature.',
      async () => {
        // Legacy's addresses every router has.
        if (rules.newOwner === 'legacy') return [true, 'every router can ask legacy'];
        const without = options.unserved;
        const ok = without.length === 0;
        return [
          ok,
          ok ? 'every live router can ask the service' : `of this feature's service, ${without.join('; ')}`,
        ];
      },
    ),
    check('verified', 'Run `banyan verify` and look at what differs.', async () => {
      const verified = await move.verified();
      // Looked at while the handover was prepared, or within the time that is allowed before.
      const stand = verifyStanding(verified, cutover.verifiedWithinMs + options.sinceMs);
      if (stand === 'outdated' && !options.verifyCounts) {
        return [true, 'what was not verified for long will be verified first'];
      }
      return [stand === 'equal', verifyDetail(verified)];
    }),
    check('way back', `Put right what is said of ${rules.newOwner}’s tables.`, async () => {
      if (move.spec.oneWay) {
        const off = 'rollback is off: legacy is kept current no more once the service owns the rows';
        return [rules.direction === 'cutover', off];
      }
      const capture = await options.wayBack();
      const made = capture === 'complete' ? 'stands' : 'is made before anybody is held';
      return [true, `the capture of ${rules.newOwner}’s tables ${made}`];
    }),
    // Looked at once, before anything begins.
    ...(options.verifyCounts
      ? []
      : (['write', 'read'] as const).map((access) =>
          check(access === 'write' ? 'writers' : 'readers', '', async () => [
            true,
            await seenUsage(move, access, options.callers),
          ]),
        )),
    ...(options.signedOff === null
      ? []
      : [
          check(
            'signed off',
            `Look at \`banyan diff ${state.feature}\`, then sign it off.`,
            options.signedOff,
          ),
        ]),
  ]);
}

/** Throws `BANYAN_GATE_CLOSED` with every unmet condition, of every feature. */
export function assertGatesOpen(
  rules: HandoverRules,
  gates: ReadonlyMap<string, readonly GateCheck[]>,
): void {
  const features = [...gates.keys()];
  const faults = [...gates].flatMap(([feature, checks]) =>
    checks
      .filter((one) => !one.ok)
      .map((one): Fault => {
        const what = `${one.check}: ${one.detail}`;
        const fix = one.fix ?? '';
        return {
          code: 'BANYAN_GATE_CLOSED',
          what: features.length === 1 ? what : `${feature}: ${what}`,
          fix,
        };
      }),
  );
  if (faults.length === 0) return;
  throw new BanyanError(
    'BANYAN_GATE_CLOSED',
    `The ${rules.direction} of ${features.join(' and ')} did not begin: ${faults.map((fault) => fault.what).join('; ')}.`,
    { fix: [...new Set(faults.map((fault) => fault.fix))].join(' '), faults },
  );
}

async function check(
  name: string,
  fix: string,
  look: () => Promise<readonly [ok: boolean, detail: string]>,
): Promise<GateCheck> {
  try {
    const [ok, detail] = await look();
    return ok ? { check: name, ok, detail } : { check: name, ok, detail, fix };
  } catch (error) {
    // What cannot be looked at is not met.
    const described = describeError(error);
    const own = error instanceof BanyanError ? described.fix : fix;
    return { check: name, ok: false, detail: described.message, fix: own };
  }
}

/** Less than this on either side closes the gate: the logs of both directions grow, and so does the binary log. */
const leastFreeBytes = 256 * 1024 * 1024;

function roomOf({ freeBytes, totalBytes }: FreeSpace): string {
  return `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free`;
}

function fixFor(rules: HandoverRules, state: FeatureState): string {
  if (state.handover !== null) return 'Wait until the handover under way is over; see `banyan status`.';
  if (state.stage === rules.to) return `Nothing: the rows belong to ${rules.newOwner} already.`;
  if (rules.direction === 'rollback') return 'Nothing to roll back: the rows belong to legacy.';
  return 'Run `banyan copy` and wait until it is done.';
}
