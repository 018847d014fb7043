import { BadValue } from '../codec/bad-value.ts';

const surrogate = /\\u[dD][89a-fA-F]/;

/**
 * UTF-8 cannot say half a surrogate pair: it would silently become another character. Only an escape can make one, because the
 * text around it came as UTF-8.
 *
 * @param text JSON
 * @throws BadValue with the path of the string, or of the member that it names
 */
export function refuseLoneSurrogates(text: string): void {
  if (!surrogate.test(text)) return;
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    const high = surrogateAt(text, at);
    if (high === null) {
      at += 2;
    } else if (high < 0xdc00 && isLow(surrogateAt(text, at + 6))) {
      at += 12;
    } else {
      throw halfPair(text, at);
    }
  }
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

function halfPair(text: string, at: number): BadValue {
  const error = new BadValue('has half a surrogate pair');
  for (const step of wayTo(text, at).reverse()) {
    if (typeof step === 'string' && /^[\w$-]+$/.test(step)) error.inMember(step);
    else error.inElement(JSON.stringify(step));
  }
  return error;
}

/** Names and indices that lead to the string around an offset: to the member, where the string is its name. */
function wayTo(text: string, offset: number): (string | number)[] {
  // Of an array its index; of an object where the name begins, below zero.
  const way: number[] = [];
  for (let at = 0, end = 0; end <= offset; at++) {
    switch (text.charCodeAt(at)) {
      case 123:
        way.push(-1);
        break;
      case 91:
        way.push(0);
        break;
      case 125:
      case 93:
        way.pop();
        break;
      case 44:
        if (way.at(-1)! >= 0) way[way.length - 1]!++;
        break;
      case 34: {
        end = endOfString(text, at);
        let next = end;
        while (text.charCodeAt(next) <= 32) next++;
        if (text.charCodeAt(next) === 58) way[way.length - 1] = -1 - at;
        at = end - 1;
        break;
      }
      default:
        break;
    }
  }
  return way.map((step) => {
    if (step >= 0) return step;
    return JSON.parse(text.slice(-1 - step, endOfString(text, -1 - step))) as string;
  });
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== 34; code = text.charCodeAt(++at)) if (code === 92) at++;
  return at + 1;
}
