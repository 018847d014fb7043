import type { Argument, Command, Option } from 'commander';

/** What may stand in one place of a command line: some words, names of features, files, or anything. */
export type Completed = readonly string[] | 'features' | 'files' | 'anything';

export interface CompletedOption {
  /** `-c`, `--config`. */
  readonly names: readonly string[];
  readonly about: string;
  /** null: it takes no value. */
  readonly value: Completed | null;
}

export interface CompletedCommand {
  /** `[]` of the program itself, `['idl', 'routes']` of a command of a command. */
  readonly path: readonly string[];
  readonly about: string;
  readonly words: readonly string[];
  readonly options: readonly CompletedOption[];
  readonly arguments: readonly Completed[];
  /** The last argument may come again. */
  readonly variadic: boolean;
}

/** The program and all commands below it, as they are declared: what `--help` shows is what is completed. */
export function completedCommands(command: Command, path: readonly string[] = []): CompletedCommand[] {
  const help = command.createHelp();
  const here: CompletedCommand = {
    path,
    about: command.description(),
    words: command.commands.map((sub) => sub.name()),
    options: help.visibleOptions(command).map(completedOption),
    arguments: command.registeredArguments.map(completedArgument),
    variadic: command.registeredArguments.at(-1)?.variadic ?? false,
  };
  return [here, ...command.commands.flatMap((sub) => completedCommands(sub, [...path, sub.name()]))];
}

function completedOption(option: Option): CompletedOption {
  const { short, long, flags, description, argChoices } = option;
  const takes = option.required || option.optional;
  return {
    names: [short, long].filter((name) => name !== undefined),
    about: description,
    value: takes ? (argChoices ?? kindOf(flags)) : null,
  };
}

function completedArgument(argument: Argument): Completed {
  return argument.argChoices ?? kindOf(argument.name());
}

/** By what its place is called: `<file>`, `<folder>`, `<feature>`. */
function kindOf(name: string): Completed {
  if (/\b(file|folder)/.test(name.replace(/^.*?[<[]/, ''))) return 'files';
  return /\bfeatures?\b/.test(name) ? 'features' : 'anything';
}
