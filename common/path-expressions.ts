import { RE2JS } from 're2js';

/**
 * Express 4's way to say what a path parameter may be: `/orders/:pk([0-9a-f]+)`. What is said here goes for the router's patterns and for
 * those of an IDL.
 *
 * Such an expression is matched by RE2JS, an automaton: in time proportional to the path's length, whatever is written. A
 * backtracking engine may take the square of it, or worse, and a client chooses the path.
 */
export interface SplitPath {
  /** The pattern without its expressions. */
  readonly plain: string;
  /** Expressions by the name of their parameter. */
  readonly expressions: ReadonlyMap<string, string>;
}

const parameter = /\\.|:(\w+)\(([^()]*)\)/gs;

/** Takes the expressions out of a pattern. Anything else in brackets stays, and is no pattern then. */
export function splitExpressions(path: string): SplitPath {
  const expressions = new Map<string, string>();
  const plain = path.replace(parameter, (whole, name: string | undefined, expression: string) => {
    if (name === undefined) return whole;
    expressions.set(name, expression);
    return `:${name}`;
  });
  return { plain, expressions };
}

/** What RE2 and JavaScript read alike; a `*` is something else to Express 4, and groups it does not take. */
const allowed = /^(?:[^\\()*\s\p{C}]|\\[dDwWsS]|\\[^\w\s()*])+$/u;
const longest = 200;

/** Why a parameter's expression cannot be used; null: it can. */
export function expressionFault(expression: string): string | null {
  if (expression === '') return 'is empty';
  if (expression.length > longest) return `is longer than ${longest} characters`;
  if (expression.includes('*')) return 'has a *, which Express 4 takes for (.*): write {0,}';
  if (!allowed.test(expression) || /\[\^?\]|\[:|\[\[/.test(expression)) {
    return 'has more than characters, classes, | and quantifiers';
  }
  try {
    new RegExp(expression);
    RE2JS.compile(expression);
    return null;
  } catch (error) {
    return `is no expression: ${error instanceof Error ? error.message : error}`;
  }
}

/** Whether what it takes may have a slash in it, as far as it shows. */
export function mayHoldSlash(expression: string): boolean {
  const inClasses = expression.match(/\[\^[^\]]*\]/g) ?? [];
  if (inClasses.some((one) => !one.includes('/'))) return true;
  return /(?<!\\)\.|\\[DWS]|\//.test(
    expression.replace(/\[[^\]]*\]/g, (one) => (one.startsWith('[^') ? '' : one)),
  );
}
