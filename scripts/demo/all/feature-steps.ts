import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../../common/errors.ts';
import { AdminClient, type ProgressLine, type VerifyResult } from '../../../control/api/index.ts';
import { progressStep } from '../../cli/commands/run-action.ts';
import { isClean } from '../../cli/commands/verify.ts';
import { whoAmI } from '../../cli/who.ts';
import type { Stack } from '../../stack/start-stack.ts';
import { formatCount, formatMs } from '../../terminal/numbers.ts';
import { type DriveOptions, driveFeature, driveHandover } from '../drive-feature.ts';
import type { Narrator } from '../narrator.ts';
import type { Handover } from '../report.ts';

export interface FeatureHandover extends Handover {
  readonly feature: string;
}

export interface FeatureStepsOptions {
  readonly stack: Stack;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
  /** Told each time rows of a feature may change hands, so that a process can be killed in the midst of it. */
  readonly onProgress: (line: ProgressLine) => void;
}

/** What is done to one feature, told as it is done. */
export class FeatureSteps {
  readonly handovers: FeatureHandover[] = [];
  readonly #options: FeatureStepsOptions;

  constructor(options: FeatureStepsOptions) {
    this.#options = options;
  }

  drive(feature: string): DriveOptions {
    const { stack, narrator, signal, onProgress } = this.#options;
    return {
      connect: () => AdminClient.open({ ...stack.info().admin, who: whoAmI() }),
      ...{ feature, signal, why: 'the demo’s story' },
      onProgress: (line) => {
        narrator.progress(progressStep(line));
        onProgress(line);
      },
      note: (text) => narrator.note(text),
    };
  }

  /** null while control cannot say. */
  async stageOf(feature: string): Promise<string | null> {
    try {
      const admin = await this.drive(feature).connect();
      try {
        const { features } = await admin.status(this.#options.signal);
        return features.find(({ name }) => name === feature)?.stage ?? null;
      } finally {
        await admin.close();
      }
    } catch (error) {
      if (error instanceof BanyanError) return null;
      throw error;
    }
  }

  async copy(feature: string): Promise<void> {
    const { narrator } = this.#options;
    narrator.begin('copy');
    const beganAt = performance.now();
    await driveFeature(this.drive(feature), 'copy');
    const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
    narrator.done('copy', `${feature}: in ${seconds} s, kept current from now on`);
  }

  async verify(feature: string): Promise<VerifyResult> {
    const { narrator } = this.#options;
    narrator.begin('verify');
    const report = await driveFeature(this.drive(feature), 'verify');
    if (report === null) throw new Error('a verify has a result or fails');
    const { rowsCompared, different } = report;
    const text = `${feature}: ${formatCount(rowsCompared)} rows compared, ${formatCount(different)} different`;
    if (isClean(report)) narrator.done('verify', text);
    else narrator.failed('verify', text);
    return report;
  }

  /** Nothing is copied for a feature without tables; its stage moves on. */
  async shadow(feature: string, percent: number): Promise<void> {
    const { narrator } = this.#options;
    narrator.begin('shadow');
    if (percent === 0) {
      await driveFeature(this.drive(feature), 'shadow', { percent });
      return;
    }
    await driveFeature(this.drive(feature), 'copy');
    await driveFeature(this.drive(feature), 'shadow', { percent });
    narrator.done('shadow', `${feature}: the service is asked, too, and legacy answers`);
  }

  async tellDifferences(feature: string): Promise<void> {
    const { narrator, signal } = this.#options;
    const admin = await this.drive(feature).connect();
    try {
      const { compared, different } = await admin.diff(feature, undefined, signal);
      const text = `${formatCount(compared)} answers of both sides compared, ${formatCount(different)} places different`;
      narrator.done('diff', `${feature}: ${text}`);
    } finally {
      await admin.close();
    }
  }

  async canary(feature: string, percent: number): Promise<void> {
    const { narrator } = this.#options;
    narrator.begin('canary');
    await driveFeature(this.drive(feature), 'canary', { percent });
    narrator.done('canary', `${feature}: ${percent} % of readers go to the service`);
  }

  /** A feature without tables: there is nothing to copy. */
  async launch(feature: string, text: string): Promise<void> {
    const { narrator } = this.#options;
    narrator.begin('launch');
    await driveFeature(this.drive(feature), 'copy');
    this.handovers.push({ feature, ...(await driveHandover(this.drive(feature), 'cutover')) });
    narrator.done('launch', `${feature}: ${text}`);
  }

  async handOver(feature: string, direction: 'cutover' | 'rollback'): Promise<void> {
    const { narrator } = this.#options;
    narrator.begin(direction);
    const handover = await this.#throughTheGate(feature, direction);
    this.handovers.push({ feature, ...handover });
    const owner = direction === 'cutover' ? 'the service' : 'legacy';
    narrator.done(direction, `${feature}: writes held ${formatMs(handover.holdMs)}; ${owner} owns the rows`);
  }

  /** A nightly job's long statement is in the way: then this waits and tries again, as the message says. */
  async #throughTheGate(feature: string, direction: 'cutover' | 'rollback'): Promise<Handover> {
    const { narrator, signal } = this.#options;
    const deadline = performance.now() + gatePatienceMs;
    for (;;) {
      try {
        return await driveHandover(this.drive(feature), direction);
      } catch (error) {
        if (!(error instanceof BanyanError && notBegun.has(error.code)) || performance.now() > deadline)
          throw error;
        narrator.note(`${feature}: ${error.message}`);
        await wait(2_000, undefined, { signal });
      }
    }
  }
}

/** Nothing has changed, and nobody was held. */
const notBegun: ReadonlySet<string> = new Set(['BANYAN_GATE_CLOSED', 'BANYAN_FENCE_TIMEOUT']);
const gatePatienceMs = 60_000;
