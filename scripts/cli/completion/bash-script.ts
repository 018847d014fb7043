import type { Completed, CompletedCommand } from './completed.ts';

/**
 * A completion function for bash (3.2 and later). All that is declared stands in it, so nothing is started on TAB but where the name
 * of a feature is asked for: `banyan completion features` reads it from the config.
 */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const declared = commands.map(({ path, words, options, arguments: args, variadic }) => {
    const names = options.flatMap((option) => option.names);
    const places = args.map(spelt).join(' ');
    return `    ${quoted(path.join(' '))}) _banyan_words=${quoted(words.join(' '))} _banyan_options=${quoted(names.join(' '))} _banyan_places=(${places}) _banyan_again=${variadic ? 1 : 0} ;;`;
  });
  const values = commands.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) =>
      value === null
        ? []
        : [
            `    ${names.map((name) => quoted([...path, name].join(' '))).join(' | ')}) _banyan_value=${spelt(value)} ;;`,
          ],
    ),
  );
  return `# bash completion of banyan: source <(banyan completion bash)
_banyan_declared() {
  _banyan_words='' _banyan_options='' _banyan_places=() _banyan_again=0
  case $1 in
${declared.join('\n')}
  esac
}

# What the option $2 of the command $1 takes; empty: nothing.
_banyan_takes() {
  _banyan_value=''
  case "\${1:+$1 }$2" in
${values.join('\n')}
  esac
}

_banyan() {
  local current=\${COMP_WORDS[COMP_CWORD]} command='' option='' value='' place=0 word i
  local _banyan_words _banyan_options _banyan_places _banyan_again _banyan_value
  local config=()
  _banyan_declared ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $value ]]; then
      [[ $word == '=' ]] && continue
      [[ $option == -c || $option == --config ]] && config=(--config "$word")
      value=''
    elif [[ $word == -* ]]; then
      option=$word
      _banyan_takes "$command" "$word"
      value=$_banyan_value
    elif [[ $place == 0 && " $_banyan_words " == *" $word "* ]]; then
      command=\${command:+$command }$word
      _banyan_declared "$command"
    else
      place=$((place + 1))
    fi
  done
  [[ $current == '=' ]] && current=''
  if [[ -z $value ]]; then
    if [[ $current == -* ]]; then
      value=$_banyan_options
    elif [[ $place == 0 && -n $_banyan_words ]]; then
      value=$_banyan_words
    else
      word=\${#_banyan_places[@]}
      [[ $_banyan_again == 1 && $place -ge $word ]] && place=$((word - 1))
      [[ $place -lt $word ]] && value=\${_banyan_places[place]}
    fi
  fi
  COMPREPLY=()
  case $value in
    '' | :anything) ;;
    :files) compopt -o default 2> /dev/null || COMPREPLY=($(compgen -f -- "$current")) ;;
    :features)
      COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" completion features "\${config[@]}" 2> /dev/null)" -- "$current"))
      ;;
    *) COMPREPLY=($(compgen -W "$value" -- "$current")) ;;
  esac
}
complete -F _banyan banyan
`;
}

/** The same for zsh, which runs completions that were written for bash. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const [, ...script] = bashScript(commands).split('\n');
  return `# zsh completion of banyan: source <(banyan completion zsh)
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${script.join('\n')}`;
}

function spelt(value: Completed): string {
  return quoted(typeof value === 'string' ? `:${value}` : value.join(' '));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
