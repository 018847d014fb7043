import { splitExpressions } from '../../common/path-expressions.ts';
import type { Legacy, LegacyKey, LegacyTable } from './read-legacy.ts';
import type { FoundRoute } from './route.ts';
import { camelCase, nameKey, singular, wordsOf } from './words.ts';

export interface ProposedFeature {
  readonly name: string;
  readonly tables: readonly LegacyTable[];
  readonly routes: readonly FoundRoute[];
  /** Foreign keys that cross its edge. */
  readonly crossing: readonly LegacyKey[];
  /** Tables of other features that statements name beside its own, the most often used first. */
  readonly besides: readonly { readonly table: string; readonly executions: number }[];
}

export interface Proposal {
  /** In the order in which they had best be extracted. */
  readonly features: readonly ProposedFeature[];
  /** Routes that belong to no table. */
  readonly rest: readonly FoundRoute[];
  /** Tables that are no feature's: records of migrations, sessions. */
  readonly left: readonly string[];
}

const housekeeping =
  /^(knex_migrations(_lock)?|migrations?|schema_migrations|SequelizeMeta|_prisma_migrations|typeorm_metadata|flyway_schema_history|sessions?|jobs|failed_jobs)$/i;

/**
 * Features from tables and routes: each table that a route is named after begins one, every other table goes with the one that it is
 * tied to most: by a foreign key to it, by the same first words, by statements that name both. What a cascading key ties stays together.
 */
export function propose(
  { tables, keys, coUses }: Omit<Legacy, 'server' | 'unseen' | 'engine'>,
  routes: readonly FoundRoute[],
): Proposal {
  const prefix = commonPrefix(tables);
  const own = tables.filter(({ name }) => !housekeeping.test(withoutPrefix(name, prefix)));
  const heads = new Map<string, { readonly tables: LegacyTable[]; readonly routes: FoundRoute[] }>();
  const rest: FoundRoute[] = [];
  for (const route of routes) {
    const table = tableOf(route, own, prefix);
    if (table === null) {
      rest.push(route);
      continue;
    }
    const head = heads.get(table.name) ?? { tables: [table], routes: [] };
    head.routes.push(route);
    heads.set(table.name, head);
  }
  const ties = new Ties(keys, coUses, prefix);
  const loose = own.filter(({ name }) => !heads.has(name));
  // The closest first, so that a table that is tied to a loose one finds it placed.
  for (let left = loose; left.length > 0; ) {
    const placed = left.map((table) => ({ table, ...closest(table, heads, ties) }));
    placed.sort((a, b) => b.weight - a.weight);
    const [next] = placed as [(typeof placed)[number], ...typeof placed];
    if (next.weight > 0 && next.head !== null) heads.get(next.head)?.tables.push(next.table);
    else heads.set(next.table.name, { tables: [next.table], routes: [] });
    left = left.filter((table) => table !== next.table);
  }
  // The server changes a child with its parent: a move takes both or neither.
  for (const { child, parent } of keys.filter(({ cascades }) => cascades)) {
    const [of, into] = [headOf(heads, child), headOf(heads, parent)];
    if (of === null || into === null || of === into) continue;
    heads.get(into)?.tables.push(...(heads.get(of)?.tables ?? []));
    heads.get(into)?.routes.push(...(heads.get(of)?.routes ?? []));
    heads.delete(of);
  }
  const features = [...heads].map(([head, part]): ProposedFeature => {
    const names = new Set(part.tables.map(({ name }) => name));
    const crossing = keys.filter(({ child, parent }) => names.has(child) !== names.has(parent));
    return { name: featureName(head, prefix), ...part, crossing, besides: ties.besides(names) };
  });
  return {
    features: features.sort(easierFirst),
    rest,
    left: tables.filter((table) => !own.includes(table)).map(({ name }) => name),
  };
}

function headOf(
  heads: ReadonlyMap<string, { readonly tables: readonly LegacyTable[] }>,
  table: string,
): string | null {
  for (const [head, { tables }] of heads) if (tables.some(({ name }) => name === table)) return head;
  return null;
}

/** The first word of most tables, which says whose they are and not what is in them: `wp` of `wp_posts`; null: there is none. */
function commonPrefix(tables: readonly LegacyTable[]): string | null {
  const byWord = Map.groupBy(tables, ({ name }) => wordsOf(name)[0] ?? '');
  const [word, named] = [...byWord].sort(([, a], [, b]) => b.length - a.length)[0] ?? ['', []];
  const says = named.filter(({ name }) => wordsOf(name).length > 1).length;
  return says >= fewestPrefixed && says > tables.length / 2 ? word : null;
}

const fewestPrefixed = 4;

function withoutPrefix(name: string, prefix: string | null): string {
  const words = wordsOf(name);
  return prefix !== null && words.length > 1 && words[0] === prefix ? words.slice(1).join('_') : name;
}

/** By the last part of the path that a table is called like. */
function tableOf(
  { path }: FoundRoute,
  tables: readonly LegacyTable[],
  prefix: string | null,
): LegacyTable | null {
  const byKey = new Map(
    [withoutPrefix, (name: string) => name].flatMap((named) =>
      tables.map((table) => [nameKey(named(table.name, prefix)), table]),
    ),
  );
  const segments = splitExpressions(path)
    .plain.split('/')
    .filter((part) => /^[^:{*]/.test(part));
  for (const [at, segment] of [...segments.entries()].reverse()) {
    const before = segments[at - 1];
    const nested = before === undefined ? undefined : byKey.get(nameKey(`${singular(before)}_${segment}`));
    const found = nested ?? byKey.get(nameKey(segment));
    if (found !== undefined) return found;
  }
  return null;
}

function featureName(table: string, prefix: string | null): string {
  return camelCase(nameKey(withoutPrefix(table, prefix)));
}

/** How strongly tables belong together. */
class Ties {
  readonly #keys: readonly LegacyKey[];
  readonly #coUses: Legacy['coUses'];
  readonly #prefix: string | null;

  constructor(keys: readonly LegacyKey[], coUses: Legacy['coUses'], prefix: string | null) {
    this.#keys = keys;
    this.#coUses = coUses;
    this.#prefix = prefix;
  }

  between(one: string, other: string): number {
    const keys = this.#keys.filter(
      ({ child, parent }) => (child === one && parent === other) || (child === other && parent === one),
    );
    const joins = this.#coUses.filter(({ tables }) => tables.includes(one) && tables.includes(other));
    const executions = joins.reduce((sum, join) => sum + join.executions, 0);
    const [a, b] = [one, other].map((name) => singular(wordsOf(withoutPrefix(name, this.#prefix))[0] ?? ''));
    return (
      keys.reduce((sum, { cascades }) => sum + (cascades ? 8 : 4), 0) +
      (a === b ? 3 : 0) +
      Math.log2(1 + executions) / 2
    );
  }

  besides(names: ReadonlySet<string>): ProposedFeature['besides'] {
    const found = new Map<string, number>();
    for (const { tables, executions } of this.#coUses) {
      if (!tables.some((table) => names.has(table))) continue;
      for (const table of tables) {
        if (!names.has(table)) found.set(table, (found.get(table) ?? 0) + executions);
      }
    }
    return [...found]
      .map(([table, executions]) => ({ table, executions }))
      .sort((a, b) => b.executions - a.executions);
  }
}

function closest(
  { name }: LegacyTable,
  heads: ReadonlyMap<string, { readonly tables: readonly LegacyTable[] }>,
  ties: Ties,
): { readonly head: string | null; readonly weight: number } {
  let best: { readonly head: string | null; readonly weight: number } = { head: null, weight: 0 };
  for (const [head, { tables }] of heads) {
    const weight = Math.max(...tables.map((table) => ties.between(name, table.name)));
    if (weight > best.weight) best = { head, weight };
  }
  return best;
}

/** What has routes, crosses fewest keys, shares fewest statements and is smallest. */
function easierFirst(a: ProposedFeature, b: ProposedFeature): number {
  const hard = ({ routes, crossing, besides, tables }: ProposedFeature) => [
    routes.length === 0 ? 1 : 0,
    crossing.length,
    besides.reduce((sum, { executions }) => sum + executions, 0),
    tables.reduce((sum, { rows }) => sum + rows, 0),
  ];
  const [left, right] = [hard(a), hard(b)];
  const at = left.findIndex((value, index) => value !== right[index]);
  return at === -1 ? (a.name < b.name ? -1 : 1) : (left[at] ?? 0) - (right[at] ?? 0);
}
