/** A request as somebody types or pastes it. */
export interface TypedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** curl's options that take a value and say nothing of where a request goes. */
const valued = new Set([
  ...[
    '-o',
    '--output',
    '-m',
    '--max-time',
    '--connect-timeout',
    '--cacert',
    '-E',
    '--cert',
    '--key',
    '--resolve',
  ],
  ...[
    '-x',
    '--proxy',
    '-w',
    '--write-out',
    '-c',
    '--cookie-jar',
    '--retry',
    '-T',
    '--upload-file',
    '--limit-rate',
  ],
]);
const bodies = new Set([
  '-d',
  '--data',
  '--data-raw',
  '--data-binary',
  '--data-ascii',
  '--data-urlencode',
  '--json',
  '-F',
  '--form',
]);

/**
 * Reads `curl …` as browsers and people write it, or `GET /path`, with header fields on the lines below. Null: it is neither. Bodies are
 * left out, since nothing is decided by them.
 */
export function readTyped(text: string): TypedRequest | null {
  const trimmed = text.trim();
  if (/^curl(\.exe)?\s/.test(trimmed)) return readCurl(wordsOf(trimmed).slice(1));
  const [first = '', ...rest] = trimmed.split(/\r?\n/);
  const [, method, target] =
    /^(?:([A-Za-z]+)\s+)?((?:https?:\/\/|\/)\S*)(?:\s+HTTP\/[\d.]+)?$/.exec(first.trim()) ?? [];
  if (target === undefined) return null;
  const headers = rest.filter((line) => line.trim() !== '').map(fieldOf);
  return headers.includes(null)
    ? null
    : { method: (method ?? 'GET').toUpperCase(), target, headers: headers.filter((one) => one !== null) };
}

function readCurl(words: readonly string[]): TypedRequest | null {
  let method: string | null = null;
  let target: string | null = null;
  let hasBody = false;
  let asQuery = false;
  const headers: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at++) {
    const [option, given] = split(words[at]!);
    const value = () => given ?? words[++at] ?? '';
    if (option === '-X' || option === '--request') method = value();
    else if (option === '-H' || option === '--header') {
      const field = fieldOf(value());
      if (field !== null) headers.push(field);
    } else if (option === '-b' || option === '--cookie') headers.push(['cookie', value()]);
    else if (option === '-A' || option === '--user-agent') headers.push(['user-agent', value()]);
    else if (option === '-e' || option === '--referer') headers.push(['referer', value()]);
    else if (option === '-u' || option === '--user')
      headers.push(['authorization', `Basic ${btoa(value())}`]);
    else if (option === '--url') target = value();
    else if (option === '-I' || option === '--head') method ??= 'HEAD';
    else if (option === '-G' || option === '--get') asQuery = true;
    else if (bodies.has(option)) {
      hasBody = true;
      value();
    } else if (valued.has(option)) value();
    else if (!option.startsWith('-')) target ??= option;
  }
  if (target === null) return null;
  const url = /^[a-z]+:\/\//i.test(target) || target.startsWith('/') ? target : `http://${target}`;
  return {
    method: (method ?? (hasBody && !asQuery ? 'POST' : 'GET')).toUpperCase(),
    target: url.split('#')[0]!,
    headers,
  };
}

/** `--header=a`, `-XPOST` and `-HA: b` carry their value with them. */
function split(word: string): readonly [string, string | undefined] {
  const long = /^(--[\w-]+)=([\s\S]*)$/.exec(word);
  if (long !== null) return [long[1]!, long[2]!];
  const short = /^(-[XHbAeudFomExwcT])([\s\S]+)$/.exec(word);
  return short === null ? [word, undefined] : [short[1]!, short[2]!];
}

function fieldOf(text: string): readonly [string, string] | null {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*([\s\S]*?)\s*$/.exec(text.trim()) ?? [];
  return name === undefined ? null : [name, value ?? ''];
}

/** As a shell splits a line: quotes of both kinds, `$'…'`, backslashes, and lines that go on below. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === '\\' && /\r?\n/.test(line.slice(at + 1, at + 3))) at += line[at + 1] === '\r' ? 2 : 1;
    else if (char === '\\') word = (word ?? '') + (line[++at] ?? '');
    else if (char === "'" || (char === '$' && line[at + 1] === "'")) {
      const ansi = char === '$';
      if (ansi) at++;
      let end = at + 1;
      let inside = '';
      for (; end < line.length && line[end] !== "'"; end++) {
        if (ansi && line[end] === '\\') inside += unescaped(line[++end] ?? '');
        else inside += line[end];
      }
      word = (word ?? '') + inside;
      at = end;
    } else if (char === '"') {
      let end = at + 1;
      let inside = '';
      for (; end < line.length && line[end] !== '"'; end++) {
        if (line[end] === '\\' && /["\\$`]/.test(line[end + 1] ?? '')) end++;
        inside += line[end];
      }
      word = (word ?? '') + inside;
      at = end;
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (word !== null) words.push(word);
  return words;
}

function unescaped(char: string): string {
  const known: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return known[char] ?? char;
}
