import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Side } from '../../common/side.ts';

export interface RouteCount {
  /** As the route table names it, or its feature; what is not extracted is counted together. */
  readonly route: string;
  readonly legacy: number;
  readonly service: number;
}

const notExtracted = 'all other routes';

/**
 * Counts what the routers' access logs say: which side answered each route, or all routes of each feature. The logs outlive a router
 * that was killed.
 */
export async function requestsByRoute(
  logFiles: readonly string[],
  by: 'route' | 'feature' = 'route',
): Promise<RouteCount[]> {
  const counts = new Map<string, { legacy: number; service: number }>();
  for (const file of logFiles) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const entry = accessEntry(line, by);
      if (entry === null) continue;
      const count = counts.get(entry.route) ?? { legacy: 0, service: 0 };
      count[entry.side]++;
      counts.set(entry.route, count);
    }
  }
  return [...counts]
    .map(([route, count]) => ({ route, ...count }))
    .sort(
      (a, b) =>
        Number(a.route === notExtracted) - Number(b.route === notExtracted) ||
        b.legacy + b.service - a.legacy - a.service,
    );
}

function accessEntry(line: string, by: 'route' | 'feature'): { route: string; side: Side } | null {
  if (!line.startsWith('{') || !line.includes('"request"')) return null;
  try {
    const entry = JSON.parse(line) as { msg?: string; route?: string; feature?: string; side?: string };
    if (entry.msg !== 'request' || (entry.side !== 'legacy' && entry.side !== 'service')) return null;
    return { route: entry[by] ?? notExtracted, side: entry.side };
  } catch {
    // The last line of a router that was killed may be cut off.
    return null;
  }
}
