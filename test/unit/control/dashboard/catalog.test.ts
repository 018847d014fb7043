import { describe, expect, test } from 'vitest';
import { actions, type FeatureStatus, orders } from '../../../../control/api/index.ts';
import {
  type Command,
  type CommandName,
  commands,
  requestOf,
  shown,
  whyNot,
} from '../../../../control/dashboard/client/commands/catalog.ts';
import { type Stage, stages } from '../../../../control/feature/stages.ts';

const operator = { role: 'operate', live: true, standby: false } as const;

function feature(stage: Stage, more: Partial<FeatureStatus> = {}): FeatureStatus {
  const none = {
    failing: null,
    frozen: null,
    lost: null,
    ending: null,
    handover: null,
    running: null,
    move: null,
    verified: null,
    finding: null,
    refused: null,
  };
  return {
    ...{
      name: 'parcels',
      stage,
      owner: stages[stage].owner,
      since: '',
      paused: false,
      hold: false,
      otherSide: 'current',
      rollback: true,
    },
    ...{ canaries: [], unreachable: [], routes: [], tables: [] },
    ...none,
    ...more,
  };
}

const possible = (one: FeatureStatus, asker: Parameters<typeof whyNot>[2] = operator) =>
  (Object.keys(commands) as CommandName[]).filter((name) => whyNot(name, one, asker) === null);

describe('the commands of the page', () => {
  test('that were cut off on their way can be given again', () => {
    const ending = { command: 'finish', who: 'kim', why: 'done', since: '' } as const;
    expect(possible(feature('finished', { ending }))).toContain('finish');
    expect(possible(feature('legacy', { ending: { ...ending, command: 'abandon --clean' } }))).toEqual([
      ...['copy', 'freeze', 'abandon'],
    ]);
  });

  test('are the API’s, each shown once', () => {
    const names = Object.entries<Command>(commands);
    const ofOne = names.filter(([, { ofAll }]) => !ofAll).map(([name]) => name);
    expect(shown.flatMap((group) => group.names).sort()).toEqual(ofOne.sort());
    expect(ofOne.filter((name) => !Object.hasOwn(actions, name))).toEqual([]);
    const ofAll = names.flatMap(([name, one]) => (one.ofAll ? [name] : []));
    expect(ofAll.filter((name) => !Object.hasOwn(orders, name))).toEqual([]);
    expect(ofAll.map((name) => whyNot(name as CommandName, undefined, operator))).toEqual([null]);
  });

  test('send what the API takes, the dry run too', () => {
    const filled = {
      ...{
        afresh: true,
        sample: '5',
        table: 'parcels',
        percent: '2.5 %',
        every: '10m',
        until: '3h',
        route: 'GET /parcels',
        guard: true,
      },
      ...{
        cohorts: 'staff, press',
        repeatPercent: '10',
        workers: '2',
        share: '50',
        maxHold: '2s',
        retry: '1',
        force: 'disk',
        clean: true,
      },
    };
    for (const [name, { rehearsed }] of Object.entries<Command>(commands)) {
      for (const fields of [filled, { percent: '1' }, { together: 'letters,stamps' }]) {
        if ('together' in fields && !/^(cutover|rollback)$/.test(name)) continue;
        const { path, body } = requestOf(name as CommandName, 'parcels', fields);
        const asked = path.split('/').at(-1)!;
        const { body: schema } = { ...actions, ...orders }[asked as keyof typeof actions | 'reload'];
        for (const more of [{ why: 'x' }, ...(rehearsed ? [{ dryRun: true }] : [])]) {
          expect(
            schema.safeParse({ ...body, ...more }).error,
            `${name} ${JSON.stringify(fields)}`,
          ).toBeUndefined();
        }
      }
    }
    expect(requestOf('rollback', 'parcels', { together: 'letters', retry: '2' })).toEqual({
      path: '/v1/handover',
      body: { direction: 'rollback', features: ['parcels', 'letters'], retry: 2 },
    });
    expect((commands.canary as Command).body({ ramp: '1, 5 25', every: '1h' })).toEqual({
      ramp: [1, 5, 25],
      every: '1h',
    });
    // What is no number is control's to refuse, in its words.
    expect((commands.shadow as Command).body({ percent: 'ten' })).toEqual({ percent: 'ten' });
  });

  test.each<[Stage, CommandName[]]>([
    ['legacy', ['copy', 'freeze']],
    ['copying', ['verify', 'repair', 'throttle', 'pause', 'freeze', 'abandon']],
    [
      'syncing',
      [
        'verify',
        'repair',
        'canary',
        'cohorts',
        'shadow',
        'sign-off',
        'cutover',
        'pause',
        'freeze',
        'abandon',
      ],
    ],
    [
      'extracted',
      [
        'verify',
        'repair',
        'canary',
        'cohorts',
        'shadow',
        'sign-off',
        'rollback',
        'pause',
        'freeze',
        'finish',
      ],
    ],
    ['finished', ['freeze']],
  ])('in stage %s', (stage, names) => {
    expect(possible(feature(stage))).toEqual(names);
  });

  test('what is not possible says why', () => {
    const handover = {
      id: 'h',
      direction: 'cutover',
      phase: 'undecided',
      holdVersion: 1,
      heldAt: '',
      who: 'anna',
      why: '',
    } as const;
    expect(possible(feature('cutting_over', { handover, running: 'cutover' }))).toEqual(['abort', 'freeze']);
    expect(
      whyNot('abort', feature('cutting_over', { handover: { ...handover, phase: 'decided' } }), operator),
    ).toContain('decided');
    expect(whyNot('rollback', feature('extracted', { rollback: false }), operator)).toContain('no way back');
    expect(whyNot('cutover', feature('copying'), operator)).toBe(
      'Its stage is copying; this begins at syncing.',
    );
    expect(whyNot('cutover', feature('syncing', { paused: true }), operator)).toContain('paused');
    expect(whyNot('cutover', feature('syncing', { running: 'verify' }), operator)).toBe(
      'verify is under way.',
    );
    const frozen = { who: 'kim', why: 'the sale', since: '' };
    expect(whyNot('canary', feature('syncing', { frozen }), operator)).toBe('kim froze it: the sale');
    expect(whyNot('unfreeze', feature('syncing', { frozen }), operator)).toBeNull();
    for (const asker of [
      { ...operator, live: false },
      { ...operator, standby: true },
    ])
      expect(possible(feature('syncing'), asker)).toEqual([]);
    // Who may look may make dry runs.
    expect(possible(feature('syncing'), { ...operator, role: 'read' })).toEqual([
      'repair',
      'canary',
      'cohorts',
      'shadow',
      'cutover',
      'abandon',
    ]);
  });
});
