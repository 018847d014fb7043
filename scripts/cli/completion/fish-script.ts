import type { Completed, CompletedCommand } from './completed.ts';

/** Completions for fish, with what each word is for. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => {
    const { path, words, options, arguments: places } = command;
    const here = `-n ${quoted(condition(command))}`;
    const below = words.map((word) => {
      const about = commands.find((one) => one.path.join(' ') === [...path, word].join(' '))?.about ?? '';
      return `complete -c banyan ${here} -a ${quoted(word)} -d ${quoted(about)}`;
    });
    const flags = options.map(({ names, about, value }) => {
      const spelt = names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      return [`complete -c banyan ${here}`, ...spelt, ...valueFlags(value), `-d ${quoted(about)}`].join(' ');
    });
    const kinds = new Set(places.flatMap((place) => (place === 'anything' ? [] : argumentFlags(place))));
    return [...below, ...flags, ...[...kinds].map((kind) => `complete -c banyan ${here} ${kind}`)];
  });
  return `# fish completion of banyan: banyan completion fish | source
complete -c banyan -f
${lines.join('\n')}
`;
}

/** Whether the words so far lead to this command and to none below it. */
function condition({ path, words }: CompletedCommand): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const none = words.length === 0 ? [] : [`not __fish_seen_subcommand_from ${words.join(' ')}`];
  return [...seen, ...none].join('; and ');
}

const features = '(banyan completion features 2>/dev/null)';

function valueFlags(value: Completed | null): string[] {
  if (value === null) return [];
  if (value === 'files') return ['-r -F'];
  if (value === 'anything') return ['-x'];
  return ['-x', `-a ${quoted(value === 'features' ? features : value.join(' '))}`];
}

function argumentFlags(place: Exclude<Completed, 'anything'>): string[] {
  if (place === 'files') return ['-F'];
  return [`-a ${quoted(place === 'features' ? features : place.join(' '))}`];
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
