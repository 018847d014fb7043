import { parse, stringify, type Token, TokenData } from 'path-to-regexp';
import { expressionFault, splitExpressions } from '../../common/path-expressions.ts';

/** `/orders/:id:cancel`: the second colon is text. Express has no such paths unless it is escaped. */
const customVerb = /(:[A-Za-z0-9_]+(?:\([^()]*\))?):(?=[A-Za-z])/g;
const unnamedWildcard = /\*(?![A-Za-z_$"])/g;

/** Names of a path's parameters; that of a wildcard without a name is `*`. */
export function pathParameters(path: string): string[] {
  return named(tokensOf(path)).map(({ name }) => name);
}

/** Names of a path's wildcards. */
export function wildcardNames(path: string): string[] {
  return named(tokensOf(path)).flatMap(({ type, name }) => (type === 'wildcard' ? [name] : []));
}

/** The path as routers have it, which is how Express 5 writes it. Express 4's wildcards may be empty, as only those without a name are here. */
export function routerPath(path: string, express: 4 | 5): string {
  const escaped = path.replace(customVerb, '$1\\:');
  return express === 4 ? escaped.replace(/\*[A-Za-z0-9_]*/g, '*') : escaped;
}

/** The path as OpenAPI has it, `/products/{id}`; one for each way to leave out what is optional. */
export function templatePaths(path: string): string[] {
  const texts = variants(tokensOf(path)).map((tokens) =>
    tokens
      .map((token) =>
        token.type === 'text' ? token.value : 'name' in token ? `{${templateName(token.name)}}` : '',
      )
      .join(''),
  );
  return [...new Set(texts.map((text) => text.replace(/(?<=.)\/$/, '')))];
}

export function templateName(parameter: string): string {
  return parameter === '*' ? 'rest' : parameter;
}

/** Paths with one key match the same requests. */
export function pathKey(path: string): string {
  const { expressions } = splitExpressions(path);
  const unnamed = (tokens: readonly Token[]): Token[] =>
    tokens.map((token) => {
      if (token.type === 'group') return { type: 'group', tokens: unnamed(token.tokens) };
      return token.type === 'text' ? token : { ...token, name: '_' };
    });
  const said = named(tokensOf(path)).map(({ name }) => expressions.get(name) ?? null);
  const key = stringify(new TokenData(unnamed(tokensOf(path))))
    .replace(/(?<=.)\/$/, '')
    .toLowerCase();
  return expressions.size === 0 ? key : `${key} ${JSON.stringify(said)}`;
}

/** What is wrong with an annotated path, and its fix; null where nothing is. */
export function pathFault(path: string): readonly [what: string, fix: string] | null {
  const shown = JSON.stringify(path);
  if (!/^\/[^\s?#]*$/.test(path)) return [`${shown} is no path`, 'Write it as "/api/products/:id".'];
  const { plain, expressions } = splitExpressions(path);
  for (const [name, expression] of expressions) {
    const fault = expressionFault(expression);
    if (fault === null) continue;
    const fix =
      'Write characters, classes, | and quantifiers alone, as in ":id([0-9]+)"; or leave it out, and let the field’s type judge the value.';
    return [`the expression of ${name} in ${shown} ${fault}`, fix];
  }
  if (plain.includes('(')) {
    return [
      `${shown} has brackets that are no parameter’s expression`,
      'Write them behind a parameter, as in ":id([0-9]+)".',
    ];
  }
  if (/:(?![A-Za-z0-9_])/.test(plain.replace(/\\./g, ''))) {
    return [`${shown} has a parameter without a name`, 'Write it as "/api/products/:id".'];
  }
  let tokens: Token[];
  try {
    tokens = parsed(path);
  } catch (error) {
    const why =
      error instanceof Error ? error.message.replace(/; visit .*$/s, '').replace(/: \/.*$/s, '') : '';
    return [`${shown} is no pattern: ${why}`, 'Escape what is text with a backslash: "\\\\+".'];
  }
  for (const variant of variants(tokens)) {
    if (variant.some((token, i) => i > 0 && isNamed(token) && isNamed(variant[i - 1]!))) {
      return [`${shown} has a parameter that runs into what follows`, 'Part them with "-", "." or "/".'];
    }
  }
  const names = named(tokens).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return [`${shown} has two parameters ${twice}`, 'Rename one of them.'];
  return null;
}

type Named = Extract<Token, { name: string }>;

function isNamed(token: Token): token is Named {
  return token.type === 'param' || token.type === 'wildcard';
}

/** Parameters and wildcards in their order, the optional ones too. */
function named(tokens: readonly Token[]): Named[] {
  return tokens.flatMap((token) =>
    token.type === 'group' ? named(token.tokens) : isNamed(token) ? [token] : [],
  );
}

/** Each way to take or leave the optional parts, those taken first. */
function variants(tokens: readonly Token[]): Token[][] {
  const [first, ...rest] = tokens;
  if (first === undefined) return [[]];
  const behind = variants(rest);
  if (first.type !== 'group') return behind.map((one) => [first, ...one]);
  const inside = variants(first.tokens);
  return [...inside.flatMap((one) => behind.map((other) => [...one, ...other])), ...behind];
}

function parsed(path: string): Token[] {
  const { plain } = splitExpressions(path);
  return parse(plain.replace(customVerb, '$1\\:').replaceAll(unnamedWildcard, '*"*"')).tokens;
}

/** Of a path that is none, which is told elsewhere, there are no parameters. */
function tokensOf(path: string): Token[] {
  try {
    return parsed(path);
  } catch {
    return [{ type: 'text', value: path }];
  }
}
