import { Command } from 'commander';
import {
  type ChangeFlags,
  CommandContext,
  withCommonOptions,
  withExamples,
  withWhyOption,
} from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

const words = {
  pause: {
    description: 'Stops the work on a feature; changes gather in its log meanwhile, nothing is lost.',
    example: 'banyan pause product --why "the nightly batch needs the disk"',
    done: 'is paused; `banyan resume` goes on',
  },
  resume: {
    description: 'Goes on with a feature after a pause, or after a failure whose cause was put right.',
    example: 'banyan resume product --why "the batch is over"',
    done: 'goes on',
  },
  abandon: {
    description:
      "Gives a copy up: reads go back to legacy, capture is dropped, the service's tables are opened. Before a cutover only.",
    example: 'banyan abandon product --why "wrong schema, we start again next week"',
    done: 'is with legacy, as before the copy',
  },
} as const;

/** `pause`, `resume` and `abandon`: one word to control, no parameters. */
export function steerCommand(action: 'pause' | 'resume' | 'abandon'): CommandFactory {
  return (io) => {
    const command = new Command(action)
      .description(words[action].description)
      .argument('<feature>', 'as the config names it');
    withExamples(withWhyOption(withCommonOptions(command)), words[action].example);
    return command.action(async (feature: string, flags: ChangeFlags) => {
      const context = new CommandContext(io, flags);
      const state = await runAction<object>(context, feature, action, { why: flags.why });
      context.output.result(state, (paint) => `${paint.good('✓')} ${feature} ${words[action].done}.`);
    });
  };
}
