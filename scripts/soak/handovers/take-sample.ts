import type { Stack } from '../../stack/start-stack.ts';
import { databaseUse } from './database-use.ts';
import { processUse } from './process-use.ts';

/** What everything holds after so many handovers: each figure by a name that says its unit. */
export interface Sample {
  readonly handovers: number;
  readonly figures: ReadonlyMap<string, number>;
}

const banyanSchema = 'banyan';

export async function takeSample(stack: Stack, handovers: number): Promise<Sample> {
  const { processes, databases } = stack.info();
  const figures = new Map<string, number>();
  const watched = { control: processes.control, router: processes.router[0]! };
  for (const [name, pid] of Object.entries(watched)) {
    const { residentBytes, descriptors } = processUse(pid);
    figures.set(`${name} resident, MB`, Math.round(residentBytes / 1024 ** 2));
    figures.set(`${name} descriptors`, descriptors);
  }
  for (const [name, endpoint] of Object.entries(databases)) {
    const { connections, rows } = await databaseUse(endpoint, banyanSchema);
    figures.set(`${name} connections`, connections);
    // The audit is append-only, on purpose: a few lines for each handover.
    const ofAudit = rows.get('state_audit') ?? 0;
    if (ofAudit > 0) figures.set(`${name} audit rows`, ofAudit);
    // What a handover cost each router's clients is kept for thirty days.
    const ofHistory = rows.get('state_hold_costs') ?? 0;
    figures.set(`${name} history rows`, ofHistory);
    figures.set(`${name} banyan rows`, sum([...rows]) - ofAudit - ofHistory);
  }
  return { handovers, figures };
}

function sum(rows: readonly (readonly [table: string, rows: number])[]): number {
  return rows.reduce((all, [, one]) => all + one, 0);
}
