const token = /\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|"[^"]*"|'[^']*'|[A-Za-z_][\w.]*|[+-]?[0-9][\w.]*|./g;

/** What a token may become: words of the language, types, numbers at the edges, and marks. */
const others = [
  ...[
    'struct',
    'union',
    'exception',
    'enum',
    'service',
    'const',
    'typedef',
    'namespace',
    'include',
    'extends',
  ],
  ...[
    'required',
    'optional',
    'oneway',
    'throws',
    'void',
    'bool',
    'i8',
    'i16',
    'i32',
    'i64',
    'double',
    'string',
  ],
  ...[
    'binary',
    'list',
    'set',
    'map',
    '{',
    '}',
    '(',
    ')',
    '<',
    '>',
    '[',
    ']',
    ',',
    ';',
    ':',
    '=',
    '&',
    '.',
    '*',
  ],
  ...[
    '0',
    '1',
    '-1',
    '2147483647',
    '2147483648',
    '0x7f',
    '1.5',
    '1e3',
    'true',
    'false',
    '"x"',
    "'y'",
    'x',
    'A.b',
    '@',
    'é',
  ],
];

/** The IDL with a few tokens left out, given twice, swapped or made into others. */
export function mutateIdl(text: string, random: () => number): string {
  const tokens = text.match(token) ?? [];
  const below = (bound: number) => Math.floor(random() * bound);
  const places = tokens.flatMap((one, i) => (/^(?:\s|\/\/|#|\/\*)/.test(one) ? [] : [i]));
  for (let left = 1 + below(2); left > 0 && places.length > 1; left--) {
    const at = places[below(places.length)]!;
    const other = places[below(places.length)]!;
    switch (below(7)) {
      case 0:
        tokens[at] = '';
        break;
      case 1:
        tokens[at] = `${tokens[at]} ${tokens[at]}`;
        break;
      case 2:
        [tokens[at], tokens[other]] = [tokens[other]!, tokens[at]!];
        break;
      // The like of it from elsewhere: most such IDLs still parse, and mean something else.
      case 3:
      case 4:
      case 5:
        tokens[at] = likeOf(
          tokens[at]!,
          places.map((place) => tokens[place]!),
          below,
        );
        break;
      default:
        tokens[at] = others[below(others.length)]!;
    }
  }
  return tokens.join('');
}

const kinds = [/^["']/, /^[+-]?[0-9]/, /^[A-Za-z_]/];

function likeOf(one: string, all: readonly string[], below: (bound: number) => number): string {
  const kind = kinds.find((pattern) => pattern.test(one));
  const alike = all.filter((other) =>
    kind === undefined ? !kinds.some((some) => some.test(other)) : kind.test(other),
  );
  return alike.length === 0 ? one : alike[below(alike.length)]!;
}
