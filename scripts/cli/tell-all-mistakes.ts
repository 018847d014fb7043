import { type Command, InvalidArgumentError } from 'commander';

/** Has every wrong value on a command line told at once, with whatever else is wrong: by itself commander ends at the first. */
export function tellAllMistakes(command: Command): void {
  const mistakes: string[] = [];
  for (const option of command.options) {
    const { parseArg } = option;
    if (parseArg === undefined) continue;
    option.argParser((text: string, earlier: unknown) => {
      try {
        return parseArg.call(option, text, earlier);
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        mistakes.push(`error: option '${option.flags}' argument '${text}' is invalid. ${error.message}`);
        return earlier;
      }
    });
  }
  const error = command.error.bind(command);
  command.error = (message, options) => error([...mistakes.splice(0), message].join('\n'), options);
  command.hook('preAction', () => {
    const all = mistakes.splice(0);
    if (all.length > 0) error(all.join('\n'), { code: 'commander.invalidArgument' });
  });
}
