/** The one path that both decides and is forwarded. */
export interface RequestTarget {
  /** Canonical: absolute, no dot segments, no doubled slash, unreserved octets not percent-encoded. */
  readonly path: string;
  /** Raw, without the question mark; empty when there is none. */
  readonly query: string;
  /** What goes to the upstream: path and query. */
  readonly url: string;
}

export interface PathRules {
  /**
   * `keep`: `%2F` is an octet of a segment's data, never a separator, as Express reads it, which takes a path apart before it
   * decodes the parts. `refuse`: what stands behind the router may read it otherwise.
   */
  readonly encodedSlash: 'refuse' | 'keep';
}

export type TargetVerdict = RequestTarget | { readonly refused: string };

/** Absolute, every octet plain, no segment begins with a dot, none is empty (a last slash is fine): nearly every request. */
const plainPath = /^(?:\/[\w~!$&'()*+,;=:@-][\w.~!$&'()*+,;=:@-]*)*\/?$/;
const absoluteForm = /^https?:\/\/([^/?#]*)(.*)$/i;
const escaped = /%([0-9a-fA-F]{2})/g;
const unreserved = /[\w.~-]/;

/**
 * Reads a request target (RFC 9112 §3.2). What two programs could read in two ways is refused, because the router
 * deciding by one reading and the monolith acting on the other is how a write gets past a hold: dot segments, empty
 * segments, backslashes, encoded slashes, backslashes and NULs, stray percent signs, fragments, raw octets that no
 * target may hold, an absolute form whose authority is not the Host. Where encoded slashes are kept, they are all spelled `%2F`,
 * and a dot segment that would show if they were slashes is refused still.
 */
export function readTarget(
  rawUrl: string,
  host: string | null,
  rules: PathRules = { encodedSlash: 'refuse' },
): TargetVerdict {
  let url = rawUrl;
  if (url.charCodeAt(0) !== 47) {
    const absolute = absoluteForm.exec(url);
    if (absolute === null) return { refused: 'the request target is not a path' };
    if (host === null || absolute[1]!.toLowerCase() !== host.toLowerCase()) {
      return { refused: 'the authority of the request target is not the Host' };
    }
    const rest = absolute[2]!;
    url = rest.startsWith('/') ? rest : `/${rest}`;
  }
  if (url.includes('#')) return { refused: 'the request target holds a fragment' };
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (plainPath.test(path)) return { path, query, url };
  const refused = pathFault(path, rules);
  if (refused !== null) return { refused };
  const canonical = decodeUnreserved(path).replaceAll('%2f', '%2F');
  const hidden = pathFault(canonical, rules);
  if (hidden !== null) return { refused: hidden };
  return { path: canonical, query, url: mark < 0 ? canonical : `${canonical}?${query}` };
}

function pathFault(path: string, { encodedSlash }: PathRules): string | null {
  if (path.includes('\\')) return 'the path holds a backslash';
  if (path.includes('//')) return 'the path holds an empty segment';
  if (/\/\.{1,2}(?:\/|;|$)/.test(path)) return 'the path holds a dot segment';
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return 'the path holds a percent sign that encodes nothing';
  if (/%(?:5c|00)/i.test(path)) return 'the path holds an encoded backslash or NUL';
  if (/%2f/i.test(path)) {
    if (encodedSlash === 'refuse') return 'the path holds an encoded slash';
    if (/\/\.{1,2}(?:\/|;|$)/.test(path.replace(/%2f/gi, '/'))) {
      return 'the path holds a dot segment beside an encoded slash';
    }
  }
  if (/[^\x21-\x7e]/.test(path)) return 'the path holds an octet that must be percent-encoded';
  return isUtf8(path) ? null : 'the path is not UTF-8 once decoded';
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function decodeUnreserved(path: string): string {
  return path.replace(escaped, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return unreserved.test(character) ? character : whole;
  });
}
