import { Option } from 'commander';
import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

const words = {
  pause: {
    description: 'Stops the work on a feature; changes gather in its log meanwhile, nothing is lost.',
    example: 'banyan pause product --why "the nightly batch needs the disk"',
    done: 'is paused; `banyan resume` goes on',
  },
  resume: {
    description:
      'Goes on with a feature after a pause, or after a failure whose cause was put right. After the state store was restored from a backup it takes what the databases say of who owns the rows.',
    example: 'banyan resume product --why "the batch is over"',
    done: 'goes on',
  },
  freeze: {
    description:
      'Allows no copy, canary, cutover, rollback or finish of a feature until it is unfrozen; reads go to the owner.',
    example: 'banyan freeze product --why "the sale ends on Monday"',
    done: 'is frozen; `banyan unfreeze` lifts it',
  },
  unfreeze: {
    description: 'Allows again what a freeze does not; canaries go on as they were.',
    example: 'banyan unfreeze product --why "the sale is over"',
    done: 'is no longer frozen',
  },
} as const;

interface SteerFlags extends ChangeFlags {
  readonly owner?: 'legacy' | 'service';
}

/** One word to control; only what `resume` goes on after may need a second. */
export function steerCommand(action: keyof typeof words): CommandFactory {
  return (io) => {
    const command = featureCommand(action, words[action].description);
    if (action === 'resume') {
      command.addOption(
        new Option(
          '--owner <side>',
          'after the state store was restored from a backup, where the tables of both sides take writes: whose rows are right',
        ).choices(['legacy', 'service']),
      );
    }
    withChangeOptions(command, words[action].example);
    return command.action(async (feature: string, flags: SteerFlags) => {
      const context = new CommandContext(io, flags);
      const owner = flags.owner === undefined ? {} : { owner: flags.owner };
      const state = await runAction(context, feature, action, { why: flags.why, ...owner });
      context.output.result(state, (paint) => `${paint.good('✓')} ${feature} ${words[action].done}.`);
    });
  };
}
