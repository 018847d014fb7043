import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoReport } from '../../scripts/demo/report.ts';
import { describeEachEngine, type EngineLane } from '../support/databases.ts';
import { type Ended, leftovers, type StackPlace, stackPlace, start } from '../support/stack.ts';

describeEachEngine('npm run demo', (lane: EngineLane) => {
  describe('told once, small', () => {
    let place: StackPlace;
    let ended: Ended;
    let report: DemoReport;
    beforeAll(async () => {
      place = await stackPlace(`demo-${lane.engine}`);
      const flags = ['--rows', '3000', '--seconds', '12', '--engine', lane.engine, '--exit', '--json'];
      ended = await start(place, ['scripts/demo/main.ts', ...flags]).ended;
      report = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '') as DemoReport;
      if (report.findings === undefined) {
        throw new Error(`the demo ended with ${ended.code}: ${ended.stdout}\n${ended.stderr}`);
      }
    }, 120_000);
    afterAll(() => place[Symbol.asyncDispose]());

    it('ends with exit status 0 and nothing failed, lost or different', () => {
      expect(report.findings).toEqual([]);
      expect(report).toMatchObject({
        ok: true,
        engine: lane.engine,
        rows: 3000,
        requests: { failed: 0 },
        writes: { lost: 0, duplicated: 0 },
        verify: { different: 0 },
        tables: { different: 0 },
        restarts: 0,
      });
      expect(ended.code).toBe(0);
    });

    it('moves the feature there, back and there again, each with a hold', () => {
      expect(report.cutovers.map((one) => one.direction)).toEqual(['cutover', 'rollback', 'cutover']);
      for (const { holdMs } of report.cutovers) expect(holdMs).toBeGreaterThan(0);
    });

    it('counts traffic on both sides, for reads and for writes, and compares every row', () => {
      const sides = (route: string) => report.requests.byRoute.find((one) => one.route === route);
      for (const route of ['GET /api/products/:id', 'PATCH /admin/products/:id', 'POST /admin/products']) {
        expect(sides(route)?.legacy, route).toBeGreaterThan(0);
        expect(sides(route)?.service, route).toBeGreaterThan(0);
      }
      const counted = report.requests.byRoute.reduce((sum, one) => sum + one.legacy + one.service, 0);
      expect(counted).toBe(report.requests.total);
      expect(report.writes.acknowledged).toBeGreaterThan(100);
      expect(report.verify.rowsCompared).toBe(report.tables.legacy);
      expect(report.tables.legacy).toBe(report.tables.service);
      for (const period of ['before', 'during', 'after'] as const) {
        expect(report.latency[period].requests, period).toBeGreaterThan(0);
      }
    });

    it('says before the story where the dashboard shows it live', () => {
      const [before] = ended.stderr.split('The story');
      expect(before).toMatch(/watch it live: http:\/\/127\.0\.0\.1:\d+\/dashboard\/ .*token is in \//);
    });

    it('tells the story on stderr and leaves no process behind', async () => {
      for (const word of ['check', 'copy', 'verify', 'canary', 'cutover', 'rollback', 'drained', 'audit']) {
        expect(ended.stderr).toContain(`✓ ${word}`);
      }
      expect(await leftovers(place.dataDir)).toEqual([]);
    });
  });
});
