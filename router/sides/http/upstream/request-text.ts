import { longestNameKept } from '../../../request/header-kinds.ts';

const token = /^[!#$%&'*+\-.^_`|~\w]+$/;
const badValue = /[^\t\x20-\x7e\x80-\xff]/;
const badPath = /[^\x21-\xff]/;
const knownNames = new Set<string>();
const namesKept = 2_000;

/** A request's line and fields as one string, without the empty line; and how long its body is said to be. */
export interface RequestText {
  readonly text: string;
  /** null when the fields name no length. */
  readonly contentLength: number | null;
}

/** What an ordinary request says of its own hop. */
export const plainHop = 'Connection: keep-alive\r\n';

/**
 * Writes a head in Latin-1, in which the fields were read. The server's parser has checked what clients sent; the check here is
 * for whatever else may once be put into a field, because an octet too much in a head is a request of its own. Throws on it.
 * `hop`: the lines about this hop, whole.
 */
export function requestText(
  method: string,
  path: string,
  headers: readonly string[],
  hop: string = plainHop,
): RequestText {
  if (badPath.test(path)) throw new Error('the request target holds an octet that it may not');
  let text = `${method} ${path} HTTP/1.1\r\n`;
  let contentLength: number | null = null;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    checkField(name, value);
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (contentLength !== null) throw new Error('the request has two Content-Length fields');
      contentLength = Number(value);
    } else text += `${name}: ${value}\r\n`;
  }
  return { text: text + hop, contentLength };
}

/** Field lines, each with its end; throws on an octet that none may hold. */
export function fieldLines(fields: readonly string[]): string {
  let text = '';
  for (let i = 0; i + 1 < fields.length; i += 2) {
    checkField(fields[i]!, fields[i + 1]!);
    text += `${fields[i]}: ${fields[i + 1]}\r\n`;
  }
  return text;
}

function checkField(name: string, value: string): void {
  if (badValue.test(value) || !isToken(name))
    throw new Error('a request field holds an octet that it may not');
}

function isToken(name: string): boolean {
  if (knownNames.has(name)) return true;
  if (!token.test(name)) return false;
  if (knownNames.size < namesKept && name.length <= longestNameKept) knownNames.add(name);
  return true;
}
