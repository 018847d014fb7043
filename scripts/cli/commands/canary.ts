import { Command, InvalidArgumentError } from 'commander';
import {
  type ChangeFlags,
  CommandContext,
  withCommonOptions,
  withExamples,
  withWhyOption,
} from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface Flags extends ChangeFlags {
  readonly percent: number;
  readonly route?: readonly string[];
}

function percentage(text: string): number {
  const value = Number(text.replace(/\s*%$/, ''));
  if (text.trim() === '' || !(value >= 0 && value <= 100)) {
    throw new InvalidArgumentError('Give a percentage from 0 to 100.');
  }
  return value;
}

export const canaryCommand: CommandFactory = (io) => {
  const command = new Command('canary')
    .description(
      "Sends a share of a feature's reads to its service. Sticky: who is in at 5 % stays in at 10 %. Writes stay with the owner.",
    )
    .argument('<feature>', 'as the config names it')
    .requiredOption(
      '--percent <n>',
      'share of identities whose reads go to the service, 0 to 100',
      percentage,
    )
    .option('--route <route...>', 'only these routes, as `banyan routes` prints them; default: all reads');
  withExamples(
    withWhyOption(withCommonOptions(command)),
    'banyan canary product --percent 10 --why "first readers"',
    'banyan canary product --percent 100 --route "GET /api/products/:id" --why "details are fine"',
  );
  return command.action(async (feature: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const result = await runAction<{ readonly version?: number }>(context, feature, 'canary', {
      percent: flags.percent,
      why: flags.why,
      ...(flags.route === undefined ? {} : { routes: flags.route }),
    });
    context.output.result(result, (paint) => {
      const scope = flags.route === undefined ? 'all read routes' : flags.route.join(', ');
      const version = result.version === undefined ? '' : paint.faint(` (route table ${result.version})`);
      return `${paint.good('✓')} ${flags.percent} % of ${feature}'s readers go to the service on ${scope}.${version}`;
    });
  });
};
