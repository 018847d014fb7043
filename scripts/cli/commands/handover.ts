import { Command } from 'commander';
import { formatMs } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import type { HandoverRehearsal, HandoverResult } from '../admin-types.ts';
import {
  type ChangeFlags,
  CommandContext,
  withCommonOptions,
  withExamples,
  withWhyOption,
} from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface Flags extends ChangeFlags {
  readonly dryRun?: boolean;
  readonly force: readonly string[];
}

const words = {
  cutover: {
    description:
      "Makes the service the owner of a feature's rows: writes are held for a moment, not failed. Legacy's tables are kept current.",
    example: 'banyan cutover product --why "verified, canary at 100 % since Monday"',
    done: 'the service owns its rows now; legacy is kept current',
  },
  rollback: {
    description:
      "Makes legacy the owner of a feature's rows again. The same as a cutover, mirrored; nothing is lost.",
    example: 'banyan rollback product --why "orders page is slow"',
    done: 'legacy owns its rows again; the service is kept current',
  },
} as const;

/** `cutover` and `rollback`: one command, two directions. */
export function handoverCommand(direction: 'cutover' | 'rollback'): CommandFactory {
  return (io, outcome) => {
    const command = new Command(direction)
      .description(words[direction].description)
      .argument('<feature>', 'as the config names it')
      .option('--dry-run', 'check every guard and change nothing')
      .option(
        '--force <guard>',
        'begin though this guard says no (routers, transactions, listening; may be repeated): kept in the audit log',
        (guard: string, before: readonly string[]) => [...before, guard],
        [],
      );
    withExamples(
      withWhyOption(withCommonOptions(command)),
      words[direction].example,
      `banyan ${direction} product --dry-run --why "are the gates open?"`,
    );
    return command.action(async (feature: string, flags: Flags) => {
      const context = new CommandContext(io, flags);
      const result = await runAction<HandoverResult | HandoverRehearsal>(context, feature, direction, {
        why: flags.why,
        ...(flags.dryRun ? { dryRun: true } : {}),
        ...(flags.force.length === 0 ? {} : { force: flags.force }),
      });
      context.output.result(result, (paint) =>
        'dryRun' in result
          ? renderRehearsal(result, paint)
          : renderHandover(feature, direction, result, paint),
      );
      if ('dryRun' in result && !result.wouldBegin) outcome.exitCode = exitCodes.failed;
    });
  };
}

function renderHandover(
  feature: string,
  direction: 'cutover' | 'rollback',
  result: HandoverResult,
  paint: Paint,
): string {
  const times = `writes held ${formatMs(result.holdMs)}, fence to drained ${formatMs(result.fenceToDrainedMs)}`;
  return `${paint.good('✓')} ${feature}: ${words[direction].done}.\n  ${times} ${paint.faint(`(route table ${result.version})`)}`;
}

function renderRehearsal(rehearsal: HandoverRehearsal, paint: Paint): string {
  const gate = rehearsal.gate.map((one) => {
    const mark = one.forced ? paint.warn('!') : one.ok ? paint.good('✓') : paint.bad('✗');
    const line = `${mark} ${one.check.padEnd(13)} ${one.detail}`;
    return one.ok ? line : `${line}\n  ${paint.strong('fix:')} ${one.fix ?? ''}`;
  });
  const verdict = rehearsal.wouldBegin
    ? 'It would begin. Nothing was changed. The steps would be:'
    : 'It would not begin. Nothing was changed. Once the gate is open, the steps are:';
  const steps = rehearsal.steps.map((step, index) => `  ${index + 1}. ${step}`);
  return [...gate, verdict, ...steps].join('\n');
}
