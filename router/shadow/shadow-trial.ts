import type { Side } from '../sides/side.ts';
import type { BufferedAnswer } from '../sides/sinks/buffer-sink.ts';
import type { Side as SideName } from '../table/route-table.ts';
import { type AskLimits, askOnce } from './ask-once.ts';
import { type Answer, type CompareSettings, compareAnswers, type Difference } from './compare/index.ts';
import { decodeBody } from './decode-body.ts';
import type { ShadowAsk } from './shadow-ask.ts';
import type { Omission, Repeat, TallyKeeper } from './tally/index.ts';

/** One request that is compared, from the moment its client was answered. */
export interface Trial {
  readonly feature: string;
  readonly route: string;
  readonly ask: ShadowAsk;
  /** Who answered the client. */
  readonly answeredBy: SideName;
  readonly sides: Readonly<Record<SideName, Side>>;
  /** Legacy is asked a second time, whatever the answers are. */
  readonly sampled: boolean;
  /** False: a write that the side which answered the client may not be asked again. */
  readonly repeatable: boolean;
  readonly compare: CompareSettings;
  readonly keeper: TallyKeeper;
  /** Nothing has to be carried over from one side to the other. */
  readonly alwaysCurrent: boolean;
  /** Whether the route table that decided this request is still in force. */
  readonly tableHolds: () => boolean;
}

export interface TrialContext extends AskLimits {
  /** True once all that was written to the feature before is on both sides. */
  readonly untilCurrent: (feature: string) => Promise<boolean>;
  readonly random: () => number;
}

type Compared = { readonly legacy: Answer; readonly service: Answer };

/**
 * Asks the other side, compares, looks again where the answers differ, and counts. A difference may come from data that had not
 * been carried over yet: so the second look comes once the data of both sides is known to be the same.
 */
export async function runTrial(trial: Trial, primary: BufferedAnswer, context: TrialContext): Promise<void> {
  const outcome = await compareSides(trial, primary, context);
  const { keeper, route } = trial;
  if (typeof outcome === 'string') keeper.omit(route, outcome);
  else if (!trial.tableHolds()) keeper.omit(route, 'table-changed');
  else {
    const { method, target, context: about } = trial.ask;
    keeper.record({ route, requestId: about.requestId, request: `${method} ${target.url}`, ...outcome });
  }
}

async function compareSides(
  trial: Trial,
  primary: BufferedAnswer,
  context: TrialContext,
): Promise<Omission | { differences: readonly Difference[]; repeat: Repeat | null }> {
  const { answeredBy, sampled, repeatable, compare, keeper, route, feature } = trial;
  const answered = await readable(primary, context.bodyBytes);
  if (answered === null) return 'body-too-large';
  const otherSide = answeredBy === 'legacy' ? 'service' : 'legacy';
  const [other, again] = await askBoth(trial, otherSide, sampled && repeatable, context);
  if (typeof other === 'string') return other;
  const { legacy, service }: Compared =
    answeredBy === 'legacy' ? { legacy: answered, service: other } : { legacy: other, service: answered };
  const differences = compareAnswers(legacy, service, compare);
  const noise = again === null || typeof again === 'string' ? null : compareAnswers(legacy, again, compare);
  const plain: Repeat | null = noise === null ? null : { why: 'sampled', legacy: noise, settled: null };
  if (differences.length === 0 || !repeatable || !keeper.isDoubtful(route, differences)) {
    return { differences, repeat: differences.length === 0 ? plain : null };
  }
  if (!trial.alwaysCurrent && !(await context.untilCurrent(feature))) return 'data-behind';
  const [serviceAgain, legacyAgain] = await askBoth(trial, 'service', true, context);
  // What could not be looked at again counts as seen once.
  if (typeof serviceAgain === 'string' || legacyAgain === null || typeof legacyAgain === 'string') {
    return { differences, repeat: null };
  }
  const settled = {
    legacy: compareAnswers(legacy, legacyAgain, compare),
    service: compareAnswers(legacy, serviceAgain, compare),
  };
  const repeat: Repeat =
    noise === null
      ? { why: 'doubted', legacy: settled.legacy, settled }
      : { why: 'sampled', legacy: noise, settled };
  return { differences, repeat };
}

/** One side, and legacy too if asked for, at the same time and in either order: then neither has the better chance to be like the first. */
async function askBoth(
  trial: Trial,
  side: SideName,
  legacyToo: boolean,
  context: TrialContext,
): Promise<[Answer | Omission, Answer | Omission | null]> {
  const ask = async (name: SideName): Promise<Answer | Omission> => {
    const answer = await askOnce(trial.sides[name], trial.ask, context);
    if (answer === null) return 'no-answer';
    return (await readable(answer, context.bodyBytes)) ?? 'body-too-large';
  };
  if (!legacyToo) return [await ask(side), null];
  if (context.random() < 0.5) return Promise.all([ask(side), ask('legacy')]);
  const [second, first] = await Promise.all([ask('legacy'), ask(side)]);
  return [first, second];
}

async function readable(answer: BufferedAnswer, bodyBytes: number): Promise<Answer | null> {
  if (answer.bodyBytes > answer.body.length) return null;
  const body = await decodeBody(answer.body, answer.fields, bodyBytes);
  return body === null ? null : { status: answer.status, rawHeaders: answer.fields, body };
}
