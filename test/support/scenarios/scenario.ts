import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableSpec } from '../../../mover/index.ts';
import type { Engine } from '../databases.ts';

/** What a scenario's `expect.ts` exports as `expectation`. */
export interface Expectation {
  readonly tables: readonly (string | TableSpec)[];
  /** Engines on which `schema.sql` runs. Default: both. */
  readonly from?: readonly Engine[];
  /** Engines of the target to which this applies. Default: both. */
  readonly to?: readonly Engine[];
  /** Foreign keys that may cross the edge of the tables, on the user's word. */
  readonly sever?: readonly string[];
  /** The application's own triggers are made on the target as well. */
  readonly triggers?: 'carry';
  /** What the engines compute differently is no difference. */
  readonly generated?: 'accept';
  /** Of system-versioned tables the current rows move. */
  readonly versioned?: 'current';
  /** Secondary indexes of the target are made after the copy. */
  readonly deferIndexes?: boolean;
  /** Codes of faults that `banyan schema`, the preflight or the look at the rows must find: then nothing moves. */
  readonly refused?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly expectation: Expectation;
  readonly schema: readonly string[];
  readonly data: readonly string[];
  /** From `writes.sql`, by the heading comments `-- before`, `-- during`, `-- after` (the copy) and `-- service`. */
  readonly writes: Readonly<Record<WritesAt, readonly string[]>>;
}

export const writesAt = ['before', 'during', 'after', 'service'] as const;
export type WritesAt = (typeof writesAt)[number];

const folder = join(import.meta.dirname, '../../scenarios');

export async function scenarioNames(): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

export async function loadScenario(name: string): Promise<Scenario> {
  const file = (part: string) => readFile(join(folder, name, part), 'utf8').catch(() => '');
  const { expectation } = (await import(join(folder, name, 'expect.ts'))) as { expectation: Expectation };
  const writes = await file('writes.sql');
  const sections = writes.split(/^-- (before|during|after|service)$/m);
  const at = (heading: WritesAt) => statements(sections[sections.indexOf(heading) + 1] ?? '');
  const found = (heading: WritesAt) => (sections.includes(heading) ? at(heading) : []);
  return {
    name,
    expectation,
    schema: statements(await file('schema.sql')),
    data: statements(await file('data.sql')),
    writes: {
      before: found('before'),
      during: found('during'),
      after: found('after'),
      service: found('service'),
    },
  };
}

/** A statement ends with a semicolon at the end of a line. */
function statements(text: string): string[] {
  return text
    .split(/;\s*$/m)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
