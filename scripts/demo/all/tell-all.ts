import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../../common/errors.ts';
import type { VerifyResult } from '../../../control/api/index.ts';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { checkAll } from '../../check/check-all.ts';
import type { Stack } from '../../stack/start-stack.ts';
import { formatCount, formatSeconds } from '../../terminal/numbers.ts';
import { untilDrained } from '../drive-feature.ts';
import type { Narrator } from '../narrator.ts';
import type { EventAudience } from './event-audience.ts';
import { type FeatureHandover, FeatureSteps } from './feature-steps.ts';
import { answers, killJob, killProcess } from './kill-process.ts';
import { type KilledProcess, type Killing, killings } from './killings.ts';
import type { Kill } from './kills.ts';
import type { NightlyJobs } from './nightly-jobs.ts';
import { runJob } from './run-job.ts';
import { untilSearchIsFresh } from './search-status.ts';
import type { ShopTraffic } from './shop-traffic.ts';

export interface TellAllOptions {
  readonly config: BanyanConfig;
  readonly stack: Stack;
  readonly traffic: ShopTraffic;
  readonly audience: EventAudience;
  readonly jobs: NightlyJobs;
  /** How long traffic should run in all. The moves take what they take; the pauses between them share the rest. */
  readonly seconds: number;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
}

export interface ToldAll {
  readonly handovers: readonly FeatureHandover[];
  readonly kills: readonly Kill[];
  /** banyan's own comparison once traffic had stopped, by feature. */
  readonly verifies: Readonly<Record<string, VerifyResult>>;
  /** Since when the monolith has appended to the log service, milliseconds since 1970. */
  readonly logsSince: number;
  /** How long traffic ran. */
  readonly seconds: number;
}

/** Features with tables, in the order in which they leave. */
const moved = ['product', 'shops', 'user'] as const;
/** Pauses of the story, each as long as the others. */
const pauses = 23;

/** The story of the whole shop: one service after the other leaves, two come back and leave again, processes die, and traffic never stops. */
export async function tellAll(options: TellAllOptions): Promise<ToldAll> {
  const { traffic, narrator, stack, signal, audience, jobs } = options;
  const { router: routers } = stack.info();
  const beganAt = performance.now();
  const kills: Kill[] = [];
  let whenPhase: { readonly phase: string; readonly run: () => void } | undefined;
  const steps = new FeatureSteps({
    ...{ stack, narrator, signal },
    onProgress: ({ phase }) => {
      if (whenPhase?.phase !== phase) return;
      const { run } = whenPhase;
      whenPhase = undefined;
      run();
    },
  });
  const live = async () => {
    narrator.begin('traffic');
    await wait((options.seconds / pauses) * 1000, undefined, { signal });
  };
  const killed = (kill: Kill) => {
    kills.push(kill);
    const after = formatSeconds((kill.to - kill.from) / 1000);
    narrator.done('killed', `${kill.kind} (${kill.process}): all is as before after ${after}`);
  };
  const kill = async (process: KilledProcess, alsoBack = async () => true) => {
    const { kind, reach, answers: path }: Killing = killings[process];
    const isBack = async () => (path === undefined || (await answers(routers, path))) && (await alsoBack());
    killed(await killProcess({ stack, kind, process, reach, isBack, signal }));
  };
  /** Kills in the midst of what is done: at the first line of progress of this phase. */
  const during = async (phase: string, killing: () => Promise<void>, work: () => Promise<void>) => {
    let killedIt: Promise<void> | undefined;
    whenPhase = {
      phase,
      run: () => {
        killedIt = killing();
        killedIt.catch(() => undefined);
      },
    };
    await work();
    if (killedIt === undefined) throw new Error(`no progress told of the phase ${phase}`);
    await killedIt;
  };
  const heardAfter = async () => {
    const heard = await audience.taken();
    return async () => (await audience.taken()) > heard + 20;
  };

  traffic.start();
  await live();
  await check(options, steps);

  await steps.launch('benefits', 'routes without tables; the monolith never had them');
  traffic.admitMembers();
  await live();

  await during(
    'copy',
    () => kill('admin'),
    () => steps.copy('product'),
  );
  await steps.verify('product');
  await steps.canary('product', 10);
  const last = routers.length - 1;
  killed(
    await killProcess({
      ...{ stack, kind: 'a router', process: `router${last}`, reach: { router: last }, signal },
      isBack: () => answers(routers, '/api/products/1'),
    }),
  );
  await live();
  await steps.canary('product', 100);
  await live();
  await during(
    'fence',
    () => kill('control'),
    () => steps.handOver('product', 'cutover'),
  );
  await live();
  await kill('product');
  await live();
  await kill('shopOwner');
  await kill('userApi');
  await kill('legacy');
  await live();

  await steps.copy('shops');
  await steps.verify('shops');
  await steps.canary('shops', 50);
  await live();
  await steps.handOver('shops', 'cutover');
  await live();
  await kill('shops');
  await kill('benefits');
  await kill('dynamodb');
  await live();

  await steps.copy('user');
  await steps.verify('user');
  await steps.canary('user', 50);
  await live();
  await steps.handOver('user', 'cutover');
  await live();
  await kill('user');
  // Its next night comes while the story goes on.
  const killedJob = killJob(jobs, signal);
  killedJob.catch(() => undefined);
  await searchLeaves(options, steps, live);
  killed(await killedJob);
  await live();
  await kill('search');
  await kill('productFeed');

  await steps.launch('log', 'the monolith appends to the service; its table has what was before');
  // A batch that was under way then has gone to the table.
  const logsSince = Date.now() + 1_000;
  await live();
  await moveLogs(options);
  await live();
  await kill('log');
  await kill('logDb');

  await kill('nats', await heardAfter());
  await kill('relay', await heardAfter());

  await steps.handOver('product', 'rollback');
  await live();
  await steps.handOver('shops', 'rollback');
  await live();
  await steps.handOver('shops', 'cutover');
  await steps.handOver('product', 'cutover');
  await live();
  await kill('productDb');
  await kill('shopsDb');
  await kill('userDb');
  await live();
  // Routers, seams and control decide by what it says: the state store is on it, too.
  await kill('legacyDb', async () => (await steps.stageOf('user')) === 'extracted');
  await live();

  narrator.begin('drain');
  await traffic.stop();
  const seconds = (performance.now() - beganAt) / 1000;
  for (const feature of moved) await untilDrained(steps.drive(feature));
  narrator.done('drained', `${formatSeconds(seconds)} of traffic; every change is on both sides`);
  const verifies: Record<string, VerifyResult> = {};
  for (const feature of moved) verifies[feature] = await steps.verify(feature);
  return {
    handovers: steps.handovers,
    kills,
    verifies,
    logsSince,
    seconds,
  };
}

async function check({ config, signal, narrator }: TellAllOptions, steps: FeatureSteps): Promise<void> {
  narrator.begin('check');
  const report = await checkAll({ config, control: steps.drive('product').connect, signal });
  if (!report.ok) {
    const faults = report.checks.filter((one) => !one.ok);
    throw new BanyanError('BANYAN_DEMO_FAILED', `check found ${faults.length} faults.`, {
      fix: 'Put them right; this is the demo’s own stack, so the machine is the likely cause.',
      faults: faults.map((one) => ({ code: one.code ?? '', what: one.detail, fix: one.fix ?? '' })),
    });
  }
  narrator.done('check', `${formatCount(report.checks.length)} checks passed, nothing stands in the way`);
}

/** What is added and never changed needs no capture: what stands in the table is appended over there while new entries go there already. */
async function moveLogs({ stack, narrator }: TellAllOptions): Promise<void> {
  narrator.begin('logs');
  const { said, fault } = await runJob(stack.settings, 'move-logs');
  if (fault !== null) {
    throw new BanyanError('BANYAN_DEMO_FAILED', `The job move-logs failed: ${fault}`, {
      fix: 'Look at logs/log.log in the data folder; the job can be run again.',
    });
  }
  const { moved } = JSON.parse(said) as { readonly moved: { readonly rows: number } };
  narrator.done('logs', `log: ${formatCount(moved.rows)} rows of the table are in the service, each once`);
}

/** A feature without tables: both searches are asked for a while, and compared, before the service answers clients. */
async function searchLeaves(
  { stack, narrator, signal }: TellAllOptions,
  steps: FeatureSteps,
  live: () => Promise<void>,
): Promise<void> {
  narrator.begin('search');
  const { products } = await untilSearchIsFresh(stack.settings, signal);
  narrator.done(
    'search',
    `search: an index of ${formatCount(Number(products))} products follows every change`,
  );
  await steps.shadow('search', 100);
  await live();
  await steps.tellDifferences('search');
  await steps.shadow('search', 0);
  await steps.canary('search', 50);
  await live();
  await steps.handOver('search', 'cutover');
}
