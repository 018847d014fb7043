import { join } from 'node:path';
import type { AllReport } from '../demo/all/all-report.ts';
import type { Engine } from '../servers/index.ts';
import { stackPlace } from '../stack/stack-place.ts';
import type { Soak } from './soak.ts';

const engines: readonly Engine[] = ['mariadb', 'mysql'];

export const soak: Soak = {
  name: 'story',
  summary:
    'the whole shop leaves the monolith, service after service, while processes are killed: `demo --all` on each engine (some 15 minutes)',
  async run(context) {
    const { tellStoryApart } = await import('./story/tell-story-apart.ts');
    const facts: Record<string, number | string> = {};
    const failures: string[] = [];
    for (const engine of context.quick ? engines.slice(0, 1) : engines) {
      const flags = context.quick ? ['--rows', '3000', '--seconds', '30'] : [];
      const place = await stackPlace(join(context.folder, engine));
      const report: AllReport = await tellStoryApart(context, place, ['--engine', engine, ...flags]);
      facts[`${engine}: requests`] = report.requests.total;
      facts[`${engine}: failed by kills`] = report.requests.failedByKills;
      facts[`${engine}: writes acknowledged`] = report.writes.acknowledged;
      facts[`${engine}: events`] = report.events.promised;
      facts[`${engine}: peak memory bytes`] = report.peakMemory?.bytes ?? 'not known';
      facts[`${engine}: seconds`] = report.secondsInAll;
      failures.push(...report.findings.map((finding) => `${engine}: ${finding}`));
    }
    return { facts, failures };
  },
};
