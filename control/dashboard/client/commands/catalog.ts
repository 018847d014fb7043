import type { FeatureStatus } from '../../../api/contract/answers/index.ts';
import { findTransition, stages, stagesBefore, type TransitionName } from '../../../feature/stages.ts';
import { stageName } from '../pure/words.ts';

/** The commands of the page: the same words, requests and guards as on the command line. Pure. */

export type Fields = Readonly<Record<string, string | boolean>>;

export interface Field {
  readonly name: string;
  readonly label: string;
  /** `features`: others that the same command may be given for now. */
  readonly kind: 'text' | 'flag' | 'route' | 'features';
  readonly hint?: string;
}

/** What is known of the asker. */
export interface Asker {
  readonly role: 'read' | 'operate';
  readonly live: boolean;
  /** The process asked stands by. */
  readonly standby: boolean;
}

export interface Command {
  readonly title: string;
  readonly says: string;
  readonly fields: readonly Field[];
  /** A dry run comes first, and what it said is shown. */
  readonly rehearsed: boolean;
  /** The feature's name is to be typed. */
  readonly confirmed: boolean;
  /** Why it is not possible now; null: it is. */
  readonly whyNot: (one: FeatureStatus) => string | null;
  readonly body: (fields: Fields) => object;
  /** It is about no feature. */
  readonly ofAll?: true;
}

const none = { fields: [], rehearsed: false, confirmed: false, body: () => ({}) } as const;

export const commands = {
  copy: {
    ...none,
    title: 'Copy',
    says: 'Copies the tables to the service’s database and keeps them current from then on. Clients notice nothing.',
    whyNot: fromStage('copy'),
  },
  verify: {
    ...none,
    title: 'Verify',
    says: 'Compares every row of both sides.',
    fields: [
      { name: 'afresh', label: 'From the beginning, also what was compared before', kind: 'flag' },
      { name: 'sample', label: 'Only a sample, percent', kind: 'text', hint: 'Left empty: every row.' },
    ],
    whyNot: whileMoving,
    body: ({ afresh, sample }) => ({ afresh: afresh === true, ...numberOf('sample', sample) }),
  },
  repair: {
    ...none,
    title: 'Repair',
    says: 'Makes the side that does not own the rows equal to the owner again, and verifies.',
    fields: [{ name: 'table', label: 'Only this table', kind: 'text', hint: 'Left empty: all of them.' }],
    rehearsed: true,
    whyNot: whileMoving,
    body: ({ table }) => ({ ...textOf('table', table) }),
  },
  canary: {
    ...none,
    title: 'Canary',
    says: 'Sends a share of the reads to the service, now and, with a ramp, step by step.',
    fields: [
      { name: 'percent', label: 'Percent', kind: 'text', hint: '0 to 100. Left empty with a ramp.' },
      { name: 'ramp', label: 'Ramp', kind: 'text', hint: 'Percents one after the other: 1, 5, 25, 100' },
      { name: 'every', label: 'A step every', kind: 'text', hint: '10m, 1h' },
      { name: 'until', label: 'Back to what it was after', kind: 'text', hint: '3h. Left empty: it stays.' },
      { name: 'route', label: 'Route', kind: 'route' },
      { name: 'guard', label: 'Guarded: it stops where the service proves worse', kind: 'flag' },
    ],
    rehearsed: true,
    whyNot: whileReadable,
    body: ({ percent, ramp, every, until, route, guard }) => ({
      ...numberOf('percent', percent),
      ...(isText(ramp)
        ? {
            ramp: ramp
              .split(/[\s,]+/)
              .filter(Boolean)
              .map(Number),
          }
        : {}),
      ...textOf('every', every),
      ...textOf('until', until),
      ...(isText(route) ? { routes: [route] } : {}),
      ...(guard === true ? { guard: {} } : {}),
    }),
  },
  cohorts: {
    ...none,
    title: 'Cohorts',
    says: 'Names the cohorts whose reads go to the service whatever the share. These and no others.',
    fields: [
      { name: 'cohorts', label: 'Cohorts', kind: 'text', hint: 'As the config names them. Empty: none.' },
    ],
    rehearsed: true,
    whyNot: whileReadable,
    body: ({ cohorts }) => ({ cohorts: isText(cohorts) ? cohorts.split(/[\s,]+/).filter(Boolean) : [] }),
  },
  shadow: {
    ...none,
    title: 'Shadow',
    says: 'Asks both sides for a share of the clients’ reads and compares the answers. Clients get the one that they would get anyway.',
    fields: [
      { name: 'percent', label: 'Percent', kind: 'text', hint: '0 ends it.' },
      {
        name: 'repeatPercent',
        label: 'Of these asked twice, percent',
        kind: 'text',
        hint: 'Tells noise from differences.',
      },
    ],
    rehearsed: true,
    whyNot: whileReadable,
    body: ({ percent, repeatPercent }) => ({
      ...numberOf('percent', percent),
      ...numberOf('repeatPercent', repeatPercent),
    }),
  },
  'sign-off': {
    ...none,
    title: 'Sign off',
    says: 'Takes the differences that shadowing found as they are.',
    whyNot: whileReadable,
  },
  throttle: {
    ...none,
    title: 'Throttle',
    says: 'Says how fast the copy may go.',
    fields: [
      { name: 'workers', label: 'Chunks at a time', kind: 'text' },
      { name: 'share', label: 'Share of its speed, percent', kind: 'text' },
    ],
    rehearsed: true,
    whyNot: ({ stage }) => (stage === 'copying' ? null : notIn(stage, 'A throttle is of a copy')),
    body: ({ workers, share }) => ({ ...numberOf('workers', workers), ...numberOf('share', share) }),
  },
  cutover: handover(
    'cutover',
    'Cut over',
    'Makes the service the owner of the rows. Writes are held for a moment, not failed; legacy’s tables are kept current.',
  ),
  rollback: handover(
    'rollback',
    'Roll back',
    'Makes legacy the owner of the rows again. Writes are held for a moment, not failed; nothing is lost.',
  ),
  abort: {
    ...none,
    title: 'Abort',
    says: 'Takes back the handover that is under way, as long as it is not decided.',
    whyNot: ({ handover }) =>
      handover === null
        ? 'No handover is under way.'
        : handover.phase === 'undecided'
          ? null
          : `It is ${handover.phase}: there is nothing to take back.`,
  },
  pause: {
    ...none,
    title: 'Pause',
    says: 'Stops the work of the mover. Changes gather in its log meanwhile; nothing is lost.',
    whyNot: (one) => (one.paused ? 'It is paused.' : whileMoving(one)),
  },
  resume: {
    ...none,
    title: 'Resume',
    says: 'Goes on after a pause, or after a failure whose cause was put right.',
    whyNot: (one) =>
      one.paused || one.failing !== null || one.otherSide === 'left behind'
        ? null
        : 'It is neither paused nor failed.',
  },
  freeze: {
    ...none,
    title: 'Freeze',
    says: 'Allows no copy, canary, cutover, rollback or finish until it is unfrozen; reads go to the owner.',
    whyNot: ({ frozen }) => (frozen === null ? null : 'It is frozen.'),
  },
  unfreeze: {
    ...none,
    title: 'Unfreeze',
    says: 'Allows again what the freeze does not.',
    whyNot: ({ frozen }) => (frozen === null ? 'It is not frozen.' : null),
  },
  abandon: {
    ...none,
    title: 'Abandon',
    says: 'Gives the copy up: reads go back to legacy, capture is dropped, the service’s tables are opened.',
    fields: [{ name: 'clean', label: 'Delete the copied rows, too', kind: 'flag' }],
    rehearsed: true,
    confirmed: true,
    whyNot: toEnd('abandon'),
    body: ({ clean }) => ({ clean: clean === true }),
  },
  finish: {
    ...none,
    title: 'Finish',
    says: 'Ends the move for good: legacy is kept current no more, and its tables get another name. There is no way back.',
    rehearsed: true,
    confirmed: true,
    whyNot: toEnd('finish'),
  },
  reload: {
    ...none,
    title: 'Reload the config',
    says: 'Has control and all routers read the config again. What takes effect only when a process is started again is told.',
    rehearsed: true,
    ofAll: true,
    whyNot: () => null,
  },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof commands;

/** As the page shows them, most used first. */
export const shown: readonly { readonly title: string; readonly names: readonly CommandName[] }[] = [
  { title: 'Rows', names: ['copy', 'verify', 'cutover', 'rollback', 'abort', 'finish'] },
  { title: 'Reads', names: ['canary', 'cohorts', 'shadow', 'sign-off'] },
  { title: 'The work', names: ['pause', 'resume', 'throttle', 'repair', 'freeze', 'unfreeze', 'abandon'] },
];

/** The features that one command is given for: the one whose page it is, and those that were chosen besides. */
export function featuresOf(feature: string, { together }: Fields): readonly string[] {
  return [feature, ...(isText(together) ? together.split(',') : [])];
}

/** Where it is asked, with what besides its own body. */
export function requestOf(name: CommandName, feature: string, fields: Fields) {
  const command: Command = commands[name];
  const features = featuresOf(feature, fields);
  if (command.ofAll) return { path: `/v1/${name}`, body: command.body(fields) };
  if (features.length > 1) {
    return { path: '/v1/handover', body: { ...command.body(fields), direction: name, features } };
  }
  return { path: `/v1/features/${encodeURIComponent(feature)}/${name}`, body: command.body(fields) };
}

/** What keeps the command from being given now; null: nothing. `one`: undefined for what is about no feature. */
export function whyNot(name: CommandName, one: FeatureStatus | undefined, asker: Asker): string | null {
  if (!asker.live) return 'Control does not answer at this moment.';
  if (asker.standby) return 'The control process asked stands by: another one conducts.';
  const command: Command = commands[name];
  if (command.ofAll) {
    if (one !== undefined) return 'It is about no feature.';
    return asker.role === 'read' && !command.rehearsed ? 'Your token may look, and change nothing.' : null;
  }
  if (one === undefined) return 'There is no such feature any more.';
  const because = command.whyNot(one);
  if (because !== null) return because;
  if (asker.role === 'read' && !command.rehearsed) return 'Your token may look, and change nothing.';
  if (one.frozen !== null && /^(copy|canary|cohorts|cutover|rollback|finish)$/.test(name)) {
    return `${one.frozen.who} froze it: ${one.frozen.why}`;
  }
  const busy = one.running;
  return busy !== null &&
    !/^(abort|throttle|freeze|unfreeze|pause|canary|cohorts|shadow|sign-off)$/.test(name)
    ? `${busy} is under way.`
    : null;
}

function handover(name: 'cutover' | 'rollback', title: string, says: string): Command {
  return {
    title,
    says,
    fields: [
      {
        name: 'together',
        label: 'Together with',
        kind: 'features',
        hint: 'All of them at one instant, or none.',
      },
      {
        name: 'maxHold',
        label: 'Hold writes no longer than',
        kind: 'text',
        hint: '2s. Else it goes back by itself.',
      },
      { name: 'retry', label: 'Begin again so often when it was taken back', kind: 'text', hint: '0 to 20' },
      ...(name === 'cutover'
        ? [{ name: 'guard', label: 'Watch the service for 30 minutes afterwards', kind: 'flag' } as const]
        : []),
    ],
    rehearsed: true,
    confirmed: true,
    whyNot: (one) => {
      const because = fromStage(name)(one);
      if (because !== null) return because;
      if (one.failing !== null) return 'Its move has failed: put that right and resume first.';
      if (one.paused) return 'It is paused: resume first.';
      return name === 'rollback' && !one.rollback ? 'Rollback is off for it: there is no way back.' : null;
    },
    body: ({ maxHold, retry, guard, force }) => ({
      ...textOf('maxHold', maxHold),
      ...numberOf('retry', retry),
      ...(guard === true ? { guard: {} } : {}),
      ...(isText(force) ? { force: force.split(',') } : {}),
    }),
  };
}

function fromStage(name: TransitionName): (one: FeatureStatus) => string | null {
  return ({ stage }) => {
    if (findTransition(name, stage) !== undefined) return null;
    const from = stagesBefore(name).map(stageName).join(' or ');
    return `Its stage is ${stageName(stage)}; this begins at ${from}.`;
  };
}

/** One that was begun and is not done is given again, whatever the stage is by now. */
function toEnd(name: 'abandon' | 'finish'): (one: FeatureStatus) => string | null {
  return (one) => (one.ending?.command.startsWith(name) ? null : fromStage(name)(one));
}

function whileMoving({ stage }: FeatureStatus): string | null {
  const { mover } = stages[stage];
  if (mover === 'conducted') return 'A handover is under way.';
  return mover === 'nothing' ? notIn(stage, 'No rows are carried') : null;
}

function whileReadable({ stage, handover }: FeatureStatus): string | null {
  if (handover !== null) return 'A handover is under way.';
  return stages[stage].reads === 'canary' ? null : notIn(stage, 'Only one side can be asked');
}

function notIn(stage: string, what: string): string {
  return `${what}: its stage is ${stageName(stage)}.`;
}

function isText(value: string | boolean | undefined): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function textOf(name: string, value: string | boolean | undefined): object {
  return isText(value) ? { [name]: value.trim() } : {};
}

/** What is no number goes as it is: control says what is wrong with it. */
function numberOf(name: string, value: string | boolean | undefined): object {
  if (!isText(value)) return {};
  const number = Number(value.replace(/\s*%$/, '').replace(',', '.'));
  return { [name]: Number.isNaN(number) ? value : number };
}
