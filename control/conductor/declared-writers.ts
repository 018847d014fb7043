import type { FeatureConfig } from '../config/index.ts';

/** A route that, so the config says, writes to a feature's tables and does not move with it. */
export interface DeclaredWriter {
  /** `POST /orders/:id`, as the config has it. */
  readonly route: string;
  /** Null: the route stays with legacy. */
  readonly feature: string | null;
  readonly tables: readonly string[];
}

/**
 * Routes of `alsoWrites` that the monolith answers and that write to one of `tables`. `atService`: the features that have moved: what their routes
 * write is the service's matter. Pure.
 */
export function declaredWriters(
  features: readonly FeatureConfig[],
  feature: string,
  tables: readonly string[],
  atService: ReadonlySet<string>,
): DeclaredWriter[] {
  const moved = new Set(tables.map((table) => table.toLowerCase()));
  return features.flatMap(({ name, alsoWrites = [] }) =>
    alsoWrites.flatMap(({ route, moves, tables: written }): DeclaredWriter[] => {
      if (moves && (name === feature || atService.has(name))) return [];
      const here = written.filter((table) => moved.has(table.toLowerCase()));
      return here.length === 0 ? [] : [{ route, feature: moves ? name : null, tables: here }];
    }),
  );
}

export function describeDeclaredWriters(writers: readonly DeclaredWriter[]): string {
  const named = writers.map(
    ({ route, feature, tables }) =>
      `${route} (${feature === null ? 'stays with legacy' : `of ${feature}`}) writes to ${tables.join(', ')}`,
  );
  return `by the config, ${named.join('; ')}`;
}
