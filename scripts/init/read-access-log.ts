import type { FoundRoute, FoundRoutes } from './route.ts';
import { camelCase, singular } from './words.ts';

/** More different texts than this at one place of a path, and it is a parameter. */
const mostNames = 20;
const looksLikeId =
  /^(\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{12,}|(?=.*\d)[\w-]{20,})$/i;
const request = /"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ([^" ]+) HTTP\/[\d.]+" (\d{3})/;

/**
 * Routes of an access log in the common or combined format, or as JSON lines with `method`, `path` (or `url`) and `status`: whatever
 * looks like an id, or has more than twenty values in its place, is a parameter. What was answered with 404 or 405 is no route.
 */
export function readAccessLog(text: string): FoundRoutes {
  const requests = text.split('\n').flatMap((line) => {
    const one = requestOf(line);
    if (one === null || one.status === 404 || one.status === 405) return [];
    return [{ method: one.method, segments: segmentsOf(one.target) }];
  });
  const root = new Map<string, Set<string>>();
  for (const { segments } of requests) {
    for (const [at, segment] of segments.entries()) {
      const key = placeOf(segments, at);
      const names = root.get(key) ?? new Set();
      if (!looksLikeId.test(segment)) names.add(segment);
      root.set(key, names);
    }
  }
  const routes = new Map<string, FoundRoute>();
  for (const { method, segments } of requests) {
    const parts: string[] = [];
    for (const [at, segment] of segments.entries()) {
      const many = (root.get(placeOf(segments, at))?.size ?? 0) > mostNames;
      const parameter = looksLikeId.test(segment) || many;
      parts.push(parameter ? `:${parameterName(parts, at)}` : segment);
    }
    const path = `/${parts.join('/')}`;
    const known = routes.get(`${method} ${path}`);
    routes.set(`${method} ${path}`, { method, path, requests: (known?.requests ?? 0) + 1, through: [] });
  }
  const found = [...routes.values()].filter(({ method }) => method !== 'OPTIONS' && method !== 'HEAD');
  return {
    routes: found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.method < b.method ? -1 : 1)),
    unsaid: ['routes that nobody asked for while the log was written'],
  };
}

/** The same place of paths that are alike up to it. */
function placeOf(segments: readonly string[], at: number): string {
  return segments
    .slice(0, at)
    .map((segment) => (looksLikeId.test(segment) ? ':' : segment))
    .join('/');
}

function parameterName(before: readonly string[], at: number): string {
  const of = before[at - 1];
  return of === undefined || of.startsWith(':') ? `part${at + 1}` : `${camelCase(singular(of))}Id`;
}

function segmentsOf(target: string): string[] {
  const [path = ''] = target.split(/[?#]/);
  return path.split('/').filter((segment) => segment !== '');
}

function requestOf(
  line: string,
): { readonly method: string; readonly target: string; readonly status: number } | null {
  const [, method, target, status] = request.exec(line) ?? [];
  if (method !== undefined) return { method, target: target ?? '', status: Number(status) };
  if (!line.startsWith('{')) return null;
  try {
    const { method, path, url, status } = JSON.parse(line);
    const asked = path ?? url;
    if (typeof method !== 'string' || typeof asked !== 'string') return null;
    return { method: method.toUpperCase(), target: asked, status: Number(status ?? 200) };
  } catch {
    // A line that was cut off.
    return null;
  }
}
