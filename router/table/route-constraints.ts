import type { RouteConstraints } from './route-table.ts';

/** What constraints look at. */
export interface ConstraintFacts {
  /** As the client sent it, port included; null when it sent none. */
  readonly host: string | null;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Raw, without the question mark. */
  readonly query: string;
}

/**
 * Whether all constraints hold. A host is compared without regard to case, and to the port only when the constraint
 * names one; `*.example.com` takes any one or more labels in front. A header or a query parameter must have the value
 * given; `*` takes any value, also an empty one.
 */
export function constraintsHold(constraints: RouteConstraints, facts: ConstraintFacts): boolean {
  if (constraints.host !== undefined && !hostHolds(constraints.host, facts.host)) return false;
  for (const [name, wanted] of Object.entries(constraints.headers ?? {})) {
    if (!headerHolds(name.toLowerCase(), wanted, facts.rawHeaders)) return false;
  }
  const wantedQuery = Object.entries(constraints.query ?? {});
  if (wantedQuery.length === 0) return true;
  const query = new URLSearchParams(facts.query);
  return wantedQuery.every(([name, wanted]) => {
    const values = query.getAll(name);
    return wanted === '*' ? values.length > 0 : values.includes(wanted);
  });
}

/**
 * How specific constraints are; the higher wins. A host outweighs any number of headers, a header any number of query
 * parameters, an exact value a `*`.
 */
export function specificity(constraints: RouteConstraints | undefined): number {
  if (constraints === undefined) return 0;
  const weigh = (values: Readonly<Record<string, string>> | undefined) =>
    Object.values(values ?? {}).reduce((sum, value) => sum + (value === '*' ? 1 : 2), 0);
  const host = constraints.host === undefined ? 0 : constraints.host.startsWith('*.') ? 1 : 2;
  return host * 1_000_000 + weigh(constraints.headers) * 1_000 + weigh(constraints.query) + 1;
}

function hostHolds(wanted: string, host: string | null): boolean {
  if (host === null) return false;
  const expected = wanted.toLowerCase();
  const given = host.toLowerCase();
  const name = /:\d+$/.test(expected) ? given : given.replace(/:\d*$/, '');
  return expected.startsWith('*.')
    ? name.endsWith(expected.slice(1)) && name.length >= expected.length
    : name === expected;
}

function headerHolds(name: string, wanted: string, rawHeaders: readonly string[]): boolean {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() !== name) continue;
    if (wanted === '*' || rawHeaders[i + 1] === wanted) return true;
  }
  return false;
}
