import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import type { VerifyResult } from '../../control/api/index.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import { checkAll } from '../check/check-all.ts';
import { isClean } from '../cli/commands/verify.ts';
import { formatCount, formatMs, formatSeconds } from '../terminal/numbers.ts';
import { type DriveOptions, driveFeature, driveHandover, untilDrained } from './drive-feature.ts';
import type { Narrator } from './narrator.ts';
import type { Handover } from './report.ts';
import type { Traffic } from './traffic.ts';

export interface StoryOptions {
  readonly config: BanyanConfig;
  readonly traffic: Traffic;
  /** Products that stood in the table before traffic began. */
  readonly rows: number;
  /** How long traffic should run in all. The moves take what they take; the pauses between them share the rest. */
  readonly seconds: number;
  readonly drive: DriveOptions;
  readonly narrator: Narrator;
}

export interface Told {
  readonly cutovers: readonly Handover[];
  /** banyan's own comparison once traffic had stopped. */
  readonly verify: VerifyResult;
  /** How long traffic ran. */
  readonly seconds: number;
}

/** Shares of the whole time at which the next thing is done, if the things before it are done by then. */
const marks = {
  warm: 0.05,
  copy: 0.15,
  canary100: 0.4,
  cutover: 0.52,
  rollback: 0.68,
  again: 0.82,
  end: 1,
} as const;

/** The story: the feature leaves, comes back and leaves again, and traffic never stops. */
export async function tellStory(options: StoryOptions): Promise<Told> {
  const { traffic, narrator, drive } = options;
  const beganAt = performance.now();
  const elapsed = () => (performance.now() - beganAt) / 1000;
  const until = async (mark: keyof typeof marks, leastSeconds: number) => {
    narrator.begin('traffic');
    const left = Math.max(leastSeconds, marks[mark] * options.seconds - elapsed());
    await wait(left * 1000, undefined, { signal: drive.signal });
  };
  // Whatever the time given, each state is lived in for long enough to be seen in the numbers.
  const least = Math.min(3, options.seconds * 0.05);
  const cutovers: Handover[] = [];

  traffic.start();
  narrator.begin('traffic');
  await until('warm', 0);
  traffic.period = 'before';
  await until('copy', least);
  await check(options);
  traffic.period = 'during';
  await copy(options);
  await verify(options);
  await canary(options, 10);
  await until('canary100', least);
  await canary(options, 100);
  await until('cutover', least);
  cutovers.push(await flip(options, 'cutover', 'the service owns the rows'));
  await until('rollback', least);
  cutovers.push(await flip(options, 'rollback', 'legacy owns the rows again'));
  await until('again', least);
  cutovers.push(await flip(options, 'cutover', 'the service owns the rows again'));
  traffic.period = 'after';
  await until('end', least);

  narrator.begin('drain');
  await traffic.stop();
  const seconds = elapsed();
  await untilDrained(drive);
  narrator.done('drained', `${formatSeconds(seconds)} of traffic; every change is on both sides`);
  return { cutovers, verify: await verify(options), seconds };
}

async function check({ config, drive, narrator }: StoryOptions): Promise<void> {
  narrator.begin('check');
  const report = await checkAll({ config, control: drive.connect, signal: drive.signal });
  if (!report.ok) {
    const faults = report.checks.filter((one) => !one.ok);
    throw new BanyanError('BANYAN_DEMO_FAILED', `check found ${faults.length} faults.`, {
      fix: 'Put them right; this is the demo’s own stack, so the machine is the likely cause.',
      faults: faults.map((one) => ({ code: one.code ?? '', what: one.detail, fix: one.fix ?? '' })),
    });
  }
  narrator.done('check', `${report.checks.length} checks passed, nothing stands in the way`);
}

async function copy({ drive, narrator, traffic, rows }: StoryOptions): Promise<void> {
  narrator.begin('copy');
  const [beganAt, before] = [performance.now(), traffic.ledger.acknowledged];
  await driveFeature(drive, 'copy');
  const seconds = (performance.now() - beganAt) / 1000;
  const written = traffic.ledger.acknowledged - before;
  narrator.done(
    'copy',
    `${formatCount(rows)} rows in ${seconds.toFixed(1)} s, ${formatCount(written)} writes meanwhile; kept current`,
  );
}

async function verify({ drive, narrator }: StoryOptions): Promise<VerifyResult> {
  narrator.begin('verify');
  const report = await driveFeature(drive, 'verify');
  if (report === null) throw new Error('a verify has a result or fails');
  const text = `${formatCount(report.rowsCompared)} rows compared on both servers, ${formatCount(report.different)} different`;
  if (isClean(report)) narrator.done('verify', text);
  else narrator.failed('verify', text);
  return report;
}

async function canary({ drive, narrator }: StoryOptions, percent: number): Promise<void> {
  narrator.begin('canary');
  await driveFeature(drive, 'canary', { percent });
  narrator.done('canary', `${percent} % of readers go to the service, writes to legacy`);
}

async function flip(
  { drive, narrator }: StoryOptions,
  direction: 'cutover' | 'rollback',
  text: string,
): Promise<Handover> {
  narrator.begin(direction);
  const handover = await driveHandover(drive, direction);
  narrator.done(direction, `writes held ${formatMs(handover.holdMs)}; ${text}`);
  return handover;
}
