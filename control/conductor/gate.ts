import { BanyanError, describeError, type Fault } from '../../common/errors.ts';
import type { Move } from '../../mover/index.ts';
import { reach, type SidePlace } from '../../router/index.ts';
import type { CutoverConfig } from '../config/index.ts';
import { type HandoverRules, stagesBefore } from '../feature/stages.ts';
import type { FeatureState, Replica } from '../store/index.ts';
import { longTransactions } from './long-transactions.ts';
import { silentRouters } from './silent-routers.ts';

/** Conditions that a person may know better about than banyan can. All others hold the rows together. */
export const forcible = ['routers', 'transactions', 'listening'] as const;
export type Forcible = (typeof forcible)[number];

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
  readonly cutover: CutoverConfig;
  readonly replicas: readonly Replica[];
  /** Conditions that need not be met this once. */
  readonly force: readonly Forcible[];
  /** Where the new owner's side answers requests. */
  readonly newOwner: SidePlace;
  /** False: an outdated or missing verify is no fault, since the caller verifies next. */
  readonly verifyCounts: boolean;
  /** Whether somebody has signed off how the answers differ; null: nobody need. */
  readonly signedOff: (() => Promise<readonly [ok: boolean, detail: string]>) | null;
}

/** Refuses a handover that the stage does not allow, before anything is looked at. */
export function assertHandoverAllowed(rules: HandoverRules, state: FeatureState): void {
  if (state.stage !== rules.from) {
    throw new BanyanError(
      'BANYAN_STAGE_REFUSED',
      `${state.feature} is in stage ${state.stage}: a ${rules.direction} begins in ${stagesBefore(rules.direction).join(' or ')}.`,
      { fix: fixFor(rules, state) },
    );
  }
}

/** Everything that stands against a handover at this moment. Changes nothing. */
export async function inspectGate(options: GateOptions): Promise<GateCheck[]> {
  const checks = await inspectAll(options);
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
    check('prepared', 'Commit or roll back the prepared XA transactions.', async () => {
      await move.checkPrepared();
      return [true, 'no XA transaction is prepared'];
    }),
    check('backlog', 'Wait until the log is smaller; see `banyan status`.', async () => {
      const { entries, oldestMs } = await move.backlog();
      return [
        entries <= cutover.maxBacklog,
        `${entries} dirty keys, the oldest ${Math.round(oldestMs)} ms old; at most ${cutover.maxBacklog}`,
      ];
    }),
    check('transactions', 'Wait for them or end them (KILL), then try again.', async () => {
      if (source.host === '') return [true, 'no tables'];
      const open = await longTransactions(source, cutover.maxTransactionMs);
      const list = open.map((one) => `connection ${one.connection} for ${one.openMs} ms`).join(', ');
      return [open.length === 0, open.length === 0 ? 'none is open for long' : `open: ${list}`];
    }),
    check('listening', `Start the ${rules.newOwner} side.`, async () => {
      const reached = await reach(options.newOwner, 1_000);
      const ok = reached.some(({ refused }) => refused === null);
      const addresses = reached.map(({ address }) => address).join(', ');
      return [ok, `${addresses} ${ok ? 'accepts connections' : 'accepts no connection'}`];
    }),
    check(
      'routers',
      'Bring it back to the state store or end it. If you know that it has ended: `--force routers`.',
      async () => {
        const silent = silentRouters(options.replicas);
        const live = options.replicas.filter((replica) => replica.live).length;
        if (silent.length === 0) return [true, `${live} alive, none cut off`];
        const list = silent.map(
          ({ host, pid, beatAgoMs }) =>
            `${host} (${pid}), last heard of ${Math.round(beatAgoMs / 1_000)} s ago`,
        );
        return [false, `nobody knows whether these still send requests: ${list.join('; ')}`];
      },
    ),
    check('verified', 'Run `banyan verify` and look at what differs.', async () => {
      const stand = verifyStanding(state, cutover.verifiedWithinMs, Date.now());
      if (stand === 'outdated' && !options.verifyCounts) return [true, 'will be verified first'];
      return [stand === 'equal', verifyDetail(state, stand)];
    }),
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

/** `outdated`: not verified in this direction, or too long ago; a handover verifies again then. */
export function verifyStanding(
  state: FeatureState,
  withinMs: number,
  nowMs: number,
): 'equal' | 'different' | 'outdated' {
  const { verified } = state;
  if (verified === null) return 'outdated';
  if (verified.different > 0) return 'different';
  if (verified.unsettled > 0) return 'outdated';
  return nowMs - Date.parse(verified.at) > withinMs ? 'outdated' : 'equal';
}

/** Throws `BANYAN_GATE_CLOSED` with every unmet condition. */
export function assertGateOpen(feature: string, rules: HandoverRules, checks: readonly GateCheck[]): void {
  const faults: Fault[] = checks
    .filter((one) => !one.ok)
    .map((one) => ({
      code: 'BANYAN_GATE_CLOSED',
      what: `${one.check}: ${one.detail}`,
      fix: one.fix ?? '',
    }));
  if (faults.length === 0) return;
  throw new BanyanError(
    'BANYAN_GATE_CLOSED',
    `The ${rules.direction} of ${feature} did not begin: ${faults.map((fault) => fault.what).join('; ')}.`,
    { fix: faults.map((fault) => fault.fix).join(' '), faults },
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

function verifyDetail(state: FeatureState, standing: 'equal' | 'different' | 'outdated'): string {
  const { verified } = state;
  if (verified === null) return 'nothing was verified in this direction yet';
  const facts = `${verified.rowsCompared} rows compared, ${verified.different} different, at ${verified.at}`;
  return standing === 'outdated' ? `${facts}: too long ago or not settled` : facts;
}

function fixFor(rules: HandoverRules, state: FeatureState): string {
  if (state.handover !== null) return 'Wait until the handover under way is over; see `banyan status`.';
  if (state.stage === rules.to) return `Nothing: the rows belong to ${rules.newOwner} already.`;
  if (rules.direction === 'rollback') return 'Nothing to roll back: the rows belong to legacy.';
  return 'Run `banyan copy` and wait until it is done.';
}
