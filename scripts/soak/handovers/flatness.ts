import { growthPerHandover } from './growth.ts';
import type { Sample } from './take-sample.ts';

/** What a figure may have grown by over all the samples that count, for noise: in the figure's own unit. */
const noise: readonly (readonly [figure: RegExp, atMost: number])[] = [
  [/resident, MB$/, 30],
  [/descriptors$/, 8],
  [/connections$/, 8],
  // Keys that traffic has changed and that are not applied yet.
  [/banyan rows$/, 200],
];
/** Handovers over which memory must be seen: until then a heap fills that is not full. */
const memoryTells = 100;
/** Rows that one handover may leave for people to look back at: in the audit, or of what it cost. */
const historyRowsPerHandover = 8;

export interface Flatness {
  readonly facts: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

/** Pools fill and code is compiled during the first third; from then on nothing may grow with the handovers. */
export function flatness(samples: readonly Sample[]): Flatness {
  const settled = samples.slice(Math.floor(samples.length / 3));
  const span = (settled.at(-1)?.handovers ?? 0) - (settled[0]?.handovers ?? 0);
  const facts: Record<string, number> = {};
  const failures: string[] = [];
  for (const name of settled[0]?.figures.keys() ?? []) {
    const values = settled.map(({ handovers, figures }) => ({ handovers, value: figures.get(name) ?? 0 }));
    const growth = growthPerHandover(values);
    facts[`${name}, at the end`] = values.at(-1)?.value ?? 0;
    facts[`${name}, growth in 100`] = Math.round(growth * 1_000) / 10;
    if (/resident/.test(name) && span < memoryTells) continue;
    const atMost = noise.find(([figure]) => figure.test(name))?.[1] ?? historyRowsPerHandover * span;
    if (growth * span > atMost) {
      failures.push(`${name}: grew by ${Math.round(growth * span)} over the last ${span} handovers`);
    }
  }
  return { facts, failures };
}
