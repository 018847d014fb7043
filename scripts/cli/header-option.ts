import { type Command, InvalidArgumentError } from 'commander';

/** `-H 'Name: value'`, as often as there are fields; the option's value has names and values in turn. */
export function withHeaders(command: Command): Command {
  return command.option('-H, --header <name: value>', 'a header field; may be repeated', collectHeader, []);
}

function collectHeader(text: string, earlier: readonly string[]): readonly string[] {
  const match = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*?)\s*$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Write it as "Name: value".');
  return [...earlier, match[1] ?? '', match[2] ?? ''];
}
