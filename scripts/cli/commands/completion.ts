import { Argument, Command } from 'commander';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import { bashScript, zshScript } from '../completion/bash-script.ts';
import { completedCommands } from '../completion/completed.ts';
import { fishScript } from '../completion/fish-script.ts';
import type { CommandFactory } from '../program.ts';

const shells = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

type Asked = keyof typeof shells | 'features';

/** The script is made of the declarations of the very program that prints it. */
export const completionCommand: CommandFactory = (io) => {
  const command = new Command('completion')
    .description(
      'Prints a script that has a shell complete commands, options, guards and the names of features. Asks nobody; only the names are read from the config, by `features`, on TAB.',
    )
    .addArgument(new Argument('<shell>').choices([...Object.keys(shells), 'features']));
  withLookOptions(
    command,
    'banyan completion fish > ~/.config/fish/completions/banyan.fish',
    'source <(banyan completion bash)   # in ~/.bashrc',
    'source <(banyan completion zsh)    # in ~/.zshrc',
  );
  return command.action(async (asked: Asked, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    if (asked === 'features') {
      const features = Object.keys((await context.config()).features);
      context.output.verbatim({ features }, () => features.join('\n'));
      return;
    }
    const script = shells[asked](completedCommands(command.parent!));
    context.output.verbatim({ script }, () => script.trimEnd());
  });
};
