/** Where in an answer something stands; built while walking, written out only where a difference is found. */
export interface FieldPath {
  readonly parent: FieldPath | null;
  readonly segment: string;
}

/** Any element of an array: its index says nothing that holds for the next answer. */
export const anyElement = '[]';
/** Any entry of an object that is used as a map. */
export const anyEntry = '{}';

/** Longer keys are cut: a path is a name for people, and part of a counter's key. */
const longestKey = 64;
const longestPath = 240;
/** An object with more keys than this is a map. */
const mostFields = 64;

const idLike =
  /^(?:-?\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,}|\d{4}-\d\d-\d\d.*|[^@\s]+@[^@\s]+\.[^@\s]+|(?=.*\d)[\w-]{20,})$/i;

/** The segment of a key, in an object with so many keys. What looks like an id is an entry of a map. */
export function keySegment(key: string, keys: number): string {
  if (keys > mostFields || idLike.test(key)) return anyEntry;
  return key.length <= longestKey ? key : `${key.slice(0, longestKey)}…`;
}

/** `items[].price`, `prices.{}.net`, `["a.b"].c`. */
export function renderPath(path: FieldPath): string {
  const segments: string[] = [];
  for (let at: FieldPath | null = path; at !== null; at = at.parent) segments.push(at.segment);
  let text = '';
  for (let i = segments.length - 1; i >= 0; i--) {
    const segment = segments[i]!;
    if (segment === anyElement) text += anyElement;
    else if (segment === anyEntry || /^[\w-]+$/.test(segment)) text += text === '' ? segment : `.${segment}`;
    else text += `[${JSON.stringify(segment)}]`;
    if (text.length > longestPath) return `${text.slice(0, longestPath)}…`;
  }
  return text;
}
