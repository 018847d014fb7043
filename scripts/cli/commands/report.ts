import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BanyanError } from '../../../common/errors.ts';
import { pause } from '../../../common/pause.ts';
import { renderStory, type Story } from '../../report/render-story.ts';
import { CommandContext, type CommonFlags, featureCommand, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly html: string;
}

const mostEntries = 1_000;
/** Routers report twice within so long, once somebody asks. */
const trafficWithinMs = 3_000;
const betweenMs = 500;

export const reportCommand: CommandFactory = (io) => {
  const command = featureCommand(
    'report',
    "Writes a migration's story for people who were not there: stages, traffic, verifies, handovers with every step, differences found and settled, the audit log. One file that needs nothing else.",
  ).requiredOption('--html <file>', 'where to write the page');
  withLookOptions(command, 'banyan report product --html product.html');
  return command.action(async (feature: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const story = await context.withAdmin(feature, async (admin): Promise<Story> => {
      const { signal } = io;
      const [status, audit, diff, holdCosts] = await Promise.all([
        admin.status(signal),
        admin.audit({ feature, limit: mostEntries }, signal),
        admin.diff(feature, undefined, signal),
        admin.ask('hold-costs', { query: { feature, limit: mostEntries }, signal }),
      ]);
      const ask = async () => (await admin.ask('traffic', { feature, signal })).traffic;
      let traffic = await ask();
      const until = performance.now() + (status.replicas.length === 0 ? 0 : trafficWithinMs);
      while (traffic === null && performance.now() < until && !signal.aborted) {
        await pause(betweenMs, signal);
        traffic = await ask();
      }
      const one = status.features.find(({ name }) => name === feature)!;
      return { status, feature: one, audit, diff, holdCosts, traffic };
    });
    const file = resolve(io.directory, flags.html);
    await writeFile(file, renderStory(story)).catch((cause: Error) => {
      throw new BanyanError('BANYAN_REPORT_UNWRITABLE', `${file} cannot be written: ${cause.message}`, {
        fix: 'Name a file in a folder that is there and that you may write to.',
        cause,
      });
    });
    const { audit } = story;
    context.output.result(
      { feature, file, entries: audit.length },
      (paint) => `${paint.good('✓')} ${file} tells the story of ${feature}.`,
    );
  });
};
