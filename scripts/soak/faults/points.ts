/** What control is asked to do so that it comes past a point. */
export type Deed =
  | 'copy'
  | 'apply'
  | 'verify'
  | 'repair'
  | 'cutover'
  | 'rollback'
  /** A cutover, or a rollback, whose hold may last too short a time for it to be decided. */
  | 'cutover taken back'
  | 'rollback taken back'
  | 'abandon'
  | 'finish';

/**
 * How the feature is configured: `other` has its changes from the binlog, its indexes made after the copy, and no LOAD DATA; with
 * `helped` a mover in a process of its own copies in control's place.
 */
export type Variant = 'usual' | 'other' | 'helped';

export interface Point {
  readonly name: string;
  readonly deed: Deed;
  readonly variant: Variant;
}

function at(deed: Deed, names: readonly string[], variant: Variant = 'usual'): Point[] {
  return names.map((name) => ({ name, deed, variant }));
}

const steps = [
  'after-capture',
  'after-gate',
  'after-hold',
  'after-barrier',
  'after-fence',
  'after-drain',
  'after-verify',
  'after-auto-increment',
  'before-decision',
  'after-decision',
  'after-open',
  'after-release',
];
const stepsBack = ['after-give-up', 'after-reopen'];
const of = (direction: string, names: readonly string[]) => names.map((name) => `${direction}:${name}`);

/** Every point at which something is made to go wrong. */
export const points: readonly Point[] = [
  ...at('copy', [
    'copy:after-service-fence',
    'capture:log-created',
    'capture:trigger-created',
    'copy:after-capture',
    'copy:range-published',
    'copy:after-read',
    'copy:after-write',
    'copy:range-cleared',
    'copy:after-copy',
  ]),
  ...at('apply', [
    'apply:taking',
    'apply:taken',
    'apply:after-read',
    'apply:after-delete',
    'apply:before-commit',
    'apply:after-commit',
    'apply:after-forget',
  ]),
  ...at('verify', ['verify:chunk-compared']),
  ...at('repair', ['repair:marked']),
  ...at('cutover', [
    'fence:trigger-created',
    'fence:prepared',
    'fence:closing',
    'fence:closed',
    'fence:opening',
    'fence:opened',
    'fence:listed',
    'fence:trigger-dropped',
  ]),
  ...at('cutover', of('cutover', steps)),
  ...at('rollback', of('rollback', steps)),
  ...at('cutover taken back', of('cutover', stepsBack)),
  ...at('rollback taken back', of('rollback', stepsBack)),
  ...at('abandon', ['ending:rows-deleted', 'ending:step']),
  ...at('finish', ['finish:after-stage', 'ending:step']),
  ...at(
    'copy',
    [
      'binlog:position-read',
      'indexes:recorded',
      'indexes:dropped',
      'indexes:made',
      'copy:after-read',
      'copy:after-write',
    ],
    'other',
  ),
  ...at('copy', ['offer:taken', 'offer:read', 'offer:before-commit'], 'helped'),
  ...at('apply', ['binlog:saving-position', 'apply:after-commit'], 'other'),
  ...at('cutover', ['cutover:after-fence', 'cutover:after-decision'], 'other'),
  ...at('rollback', ['rollback:after-fence', 'rollback:after-decision'], 'other'),
];
