import { BadValue } from '../codec/bad-value.ts';

const surrogate = /\\u[dD][89a-fA-F]/;

interface Node {
  readonly value: unknown;
  /** Its name or index in what is around it. */
  readonly name: string | number;
  readonly around: Node | null;
}

/**
 * UTF-8 cannot say half a surrogate pair: it would silently become another character. Only an escape in the JSON text can
 * make one, because the text around it came as UTF-8.
 *
 * @throws BadValue with the path inside `root`
 */
export function refuseLoneSurrogates(text: string, root: unknown): void {
  if (!saysHalfAPair(text)) return;
  // The text says one; a member that is given again may have taken its place.
  // No recursion: JSON may be deep.
  const left: Node[] = [{ value: root, name: '', around: null }];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    const { value } = node;
    if (typeof value === 'string') {
      if (!value.isWellFormed()) throw halfPair(node);
    } else if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i--) left.push({ value: value[i], name: i, around: node });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value).reverse()) {
        const inside = { value: member, name, around: node };
        if (!name.isWellFormed()) throw halfPair(inside);
        left.push(inside);
      }
    }
  }
}

function halfPair(node: Node): BadValue {
  const error = new BadValue('has half a surrogate pair');
  for (let at = node; at.around !== null; at = at.around) {
    if (typeof at.name === 'string' && /^[\w$-]+$/.test(at.name)) error.inMember(at.name);
    else error.inElement(JSON.stringify(at.name));
  }
  return error;
}

/** Whether some escape in the text is half a pair. */
function saysHalfAPair(text: string): boolean {
  if (!surrogate.test(text)) return false;
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    const high = surrogateAt(text, at);
    if (high === null) at += 2;
    else if (high < 0xdc00 && isLow(surrogateAt(text, at + 6))) at += 12;
    else return true;
  }
  return false;
}

/** The surrogate that an escape at that offset says; null where there is none. */
function surrogateAt(text: string, at: number): number | null {
  if (text.charCodeAt(at) !== 92 || text.charCodeAt(at + 1) !== 117) return null;
  if ((text.charCodeAt(at + 2) | 32) !== 100) return null;
  const code = Number.parseInt(text.slice(at + 2, at + 6), 16);
  return code >= 0xd800 && code <= 0xdfff ? code : null;
}

function isLow(code: number | null): boolean {
  return code !== null && code >= 0xdc00;
}
