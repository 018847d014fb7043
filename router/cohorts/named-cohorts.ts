import { z } from 'zod';
import { type IdentityFacts, type IdentitySource, parseIdentitySource, readSource } from './identity.ts';

export const cohortDefinitionSchema = z.object({
  name: z.string(),
  /** Where to look: `header:NAME`, `cookie:NAME`, `param:NAME` or `address`. */
  by: z.string(),
  /** Whoever has one of these there belongs to it; compared as they are written. */
  values: z.array(z.string()).readonly(),
});

/** Clients known by something that they say or are: staff, pilot shops, an office. Travels in the route table. */
export type CohortDefinition = Readonly<z.output<typeof cohortDefinitionSchema>>;

/** A definition made ready to ask. */
export interface NamedCohort {
  readonly name: string;
  readonly source: IdentitySource;
  readonly values: ReadonlySet<string>;
}

export function compileCohort({ name, by, values }: CohortDefinition): NamedCohort {
  return { name, source: parseIdentitySource(by), values: new Set(values) };
}

/** The first of these cohorts that the client belongs to; null: none. */
export function cohortOf(cohorts: readonly NamedCohort[], facts: IdentityFacts): string | null {
  for (const { name, source, values } of cohorts) {
    const value = readSource(source, facts);
    if (value !== null && values.has(value)) return name;
  }
  return null;
}
