import type { Knex } from 'knex';
import type { TrafficCounts } from '../../router/replica/state-link.ts';
import { freshSamples, mergeTallies, type ShadowTally } from '../../router/shadow/tally/index.ts';
import type { TrafficReport } from '../traffic/traffic-watch.ts';

interface CountsRow {
  readonly replica: string;
  readonly shadow: string | null;
  readonly traffic: string | null;
}

interface StoredShadow {
  readonly run: string;
  readonly tally: ShadowTally;
}

/** What all routers counted in a run, also those that are gone. Samples older than `sampleLifeMs` are left out. */
export async function readTally(
  knex: Knex,
  feature: string,
  run: string,
  sampleLifeMs: number,
): Promise<ShadowTally> {
  const rows: CountsRow[] = await knex('state_counts')
    .where({ feature })
    .whereNotNull('shadow')
    .select('shadow');
  const tallies = rows
    .map((row) => JSON.parse(row.shadow!) as StoredShadow)
    .filter((stored) => stored.run === run)
    .map((stored) => stored.tally);
  return withFreshSamples(mergeTallies(tallies), sampleLifeMs);
}

/** What each replica counted of a feature's routes since it started, where it has reported since then. */
export async function readTraffic(
  knex: Knex,
  feature: string,
  since: Date,
): Promise<ReadonlyMap<string, TrafficCounts>> {
  const rows: CountsRow[] = await knex('state_counts')
    .where({ feature })
    .where('at', '>=', since)
    .whereNotNull('traffic')
    .select('replica', 'traffic');
  return new Map(rows.map((row) => [row.replica, JSON.parse(row.traffic!) as TrafficCounts]));
}

/** What every replica that has reported within `withinMs` counted of every feature, and the store's time. */
export async function readTrafficReports(
  knex: Knex,
  withinMs: number,
): Promise<{ readonly reports: readonly TrafficReport[]; readonly nowMs: number }> {
  const [[clock]] = await knex.raw('SELECT NOW(3) AS now');
  const now: Date = clock.now;
  const rows: (CountsRow & { readonly feature: string; readonly at: Date })[] = await knex('state_counts')
    .where('at', '>=', new Date(now.getTime() - withinMs))
    .whereNotNull('traffic')
    .select('replica', 'feature', 'traffic', 'at');
  const reports = rows.map(({ feature, replica, at, traffic }) => ({
    ...{ feature, replica, atMs: at.getTime() },
    counts: JSON.parse(traffic!) as TrafficCounts,
  }));
  return { reports, nowMs: now.getTime() };
}

/**
 * Forgets the counts of earlier runs, and the samples of replicas that no longer report: nobody else would let them
 * end. `runs`: the run of each feature.
 */
export async function forgetOldCounts(
  knex: Knex,
  runs: Readonly<Record<string, { readonly run: string; readonly sampleLifeMs: number } | null>>,
): Promise<void> {
  const stale: (CountsRow & { feature: string })[] = await knex('state_counts')
    .where('at', '<', knex.raw('NOW(3) - INTERVAL 1 MINUTE'))
    .whereNotNull('shadow')
    .select('replica', 'feature', 'shadow');
  for (const { replica, feature, shadow } of stale) {
    const { run, tally } = JSON.parse(shadow!) as StoredShadow;
    const current = runs[feature];
    const kept =
      current == null || current.run !== run
        ? null
        : JSON.stringify({ run, tally: withFreshSamples(tally, current.sampleLifeMs) });
    if (kept === shadow) continue;
    // Unless the replica reports again in this moment.
    await knex('state_counts').where({ replica, feature, shadow }).update({ shadow: kept });
  }
}

function withFreshSamples(tally: ShadowTally, sampleLifeMs: number): ShadowTally {
  return Object.fromEntries(
    Object.entries(tally).map(([route, one]) => [
      route,
      { ...one, samples: freshSamples(one.samples, Date.now(), sampleLifeMs) },
    ]),
  );
}
