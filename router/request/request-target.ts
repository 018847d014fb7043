import { z } from 'zod';

/** A request's target: what decides, and what is sent on. */
export interface RequestTarget {
  /** What decides: unreserved octets are not percent-encoded, `%2F` is in one spelling. */
  readonly path: string;
  /** Raw, without the question mark; empty when there is none. */
  readonly query: string;
  /** What goes to an HTTP side: path and query as they came, since signatures and caches count octets. */
  readonly url: string;
  /** False: nobody can tell what the path means, so it matches no route. */
  readonly decides: boolean;
  /** Why it would be refused, were refusals more than reported; null: it would not. */
  readonly wouldRefuse: string | null;
}

const refuseOrKeep = z.enum(['refuse', 'keep']);

/** What becomes of paths that two programs may read in two ways; left out, they are refused. */
export const pathRulesSchema = z.strictObject({
  /** `report`: nothing is refused, the access log and the metrics say what would be. */
  mode: z.enum(['enforce', 'report']).default('enforce'),
  /**
   * `keep`: `%2F` is an octet of a segment's data, never a separator, as Express reads it, which takes a path apart before it
   * decodes the parts. `refuse`: what stands behind the router may read it otherwise.
   */
  encodedSlash: refuseOrKeep.default('refuse'),
  /** `//`, which some programs take for one slash. */
  emptySegment: refuseOrKeep.default('refuse'),
  /** `%5C` and a plain backslash, which some programs take for a slash. */
  encodedBackslash: refuseOrKeep.default('refuse'),
  /** Octets that are not UTF-8 once decoded. Kept, such a path matches no route. */
  notUtf8: refuseOrKeep.default('refuse'),
});

export type PathRules = z.output<typeof pathRulesSchema>;
const strict = pathRulesSchema.parse({});

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
 * target may hold, an absolute form whose authority is not the Host. Where encoded slashes are kept, they decide in the one spelling
 * `%2F`, and a dot segment that would show if they were slashes is refused still.
 */
export function readTarget(rawUrl: string, host: string | null, rules: PathRules = strict): TargetVerdict {
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
  const fragment = url.includes('#');
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (!fragment && plainPath.test(path)) return { path, query, url, decides: true, wouldRefuse: null };
  const canonical = decodeUnreserved(path).replaceAll('%2f', '%2F');
  const refused = fragment
    ? 'the request target holds a fragment'
    : (pathFault(path, rules) ?? pathFault(canonical, rules));
  if (refused === null) return { path: canonical, query, url, decides: isUtf8(canonical), wouldRefuse: null };
  if (rules.mode === 'enforce') return { refused };
  return { path, query, url, decides: false, wouldRefuse: refused };
}

function pathFault(path: string, rules: PathRules): string | null {
  if (rules.encodedBackslash === 'refuse' && path.includes('\\')) return 'the path holds a backslash';
  if (rules.emptySegment === 'refuse' && path.includes('//')) return 'the path holds an empty segment';
  if (/[/\\]\.{1,2}(?:[/\\;]|$)/.test(path)) return 'the path holds a dot segment';
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return 'the path holds a percent sign that encodes nothing';
  if (path.includes('%00')) return 'the path holds an encoded NUL';
  const backslash = /%5c/i.test(path);
  if (backslash && rules.encodedBackslash === 'refuse') return 'the path holds an encoded backslash';
  const slash = /%2f/i.test(path);
  if (slash && rules.encodedSlash === 'refuse') return 'the path holds an encoded slash';
  if ((slash || backslash) && /\/\.{1,2}(?:\/|;|$)/.test(path.replace(/%(?:2f|5c)/gi, '/'))) {
    return 'the path holds a dot segment beside an encoded slash';
  }
  if (/[^\x21-\x7e]/.test(path)) return 'the path holds an octet that must be percent-encoded';
  return rules.notUtf8 === 'keep' || isUtf8(path) ? null : 'the path is not UTF-8 once decoded';
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
