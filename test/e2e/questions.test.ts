import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { findChromium } from '../support/browser/find-chromium.ts';
import { openBrowser } from '../support/browser/open-browser.ts';
import { describeOnEngine } from '../support/databases.ts';
import { startQuestionStand } from '../support/questions/question-stand.ts';
import { openPages, readPages } from '../support/questions/twenty-pages.ts';
import { askAll, questions, slowQuestions, type Truth } from '../support/questions/twenty-questions.ts';

const day = '2026-12-24';
/** The look at each side every three seconds, and the three that an answer may take; with room for a busy machine. */
const secondsToNotice = 20;
const pages = join(import.meta.dirname, '../../docs/questions.md');

describeOnEngine('mysql', 'the twenty questions', (lane) => {
  it('are answered as it is while a feature is copied, follows, is half dead, in a handover, and back again', async () => {
    await using stand = await startQuestionStand(lane, 40);
    const found = await findChromium();
    if ('missing' in found)
      console.warn(`\n!!! The dashboard's answers were LEFT OUT of this run: ${found.missing}\n`);
    await using browser = 'missing' in found ? null : await openBrowser(found);
    const page = browser === null ? null : await browser.person();
    if (page !== null) await openPages(page, stand);
    const { desks, halt, folder, routers } = stand;
    await writeFile(
      join(folder, 'access.log'),
      ['/v2/bookings/1', '/v2/bookings/2', '/about']
        .map((path) => JSON.stringify({ method: 'GET', path, status: 200 }))
        .join('\n'),
    );
    const done = async (...args: string[]) => {
      const { code, text } = await stand.cli([...args, '--json']);
      expect(code, text).toBe(0);
      return JSON.parse(text);
    };
    // Its exit status says that something is wrong, where something is.
    const status = async () => JSON.parse((await stand.cli(['status', '--json'])).text);
    const rows = async () => (await desks.legacy.everything()).flat().length;
    // Traffic is what happened between two reports of a router that was asked for it.
    const reading = readOn(routers);

    // Copied: a chunk was read and has not landed; what is written in it waits in the log.
    const reached = halt.arm('copy:after-read');
    const copying = done('copy', 'bookings', '--why', 'to be asked about');
    copying.catch(() => undefined);
    await reached;
    await book(routers[0]!, 'written while a chunk is on its way');
    const asCopied: Truth = {
      ...{ stage: 'copying', owner: 'legacy', share: 0, read: { side: 'legacy' } },
      write: { outcome: 'act', side: 'legacy' },
      changed: { who: 'tester', why: 'to be asked about' },
      ...{ routers: 2, copying: true, verified: null, handovers: [] },
      ...{ cutover: 'BANYAN_STAGE_REFUSED', rollback: 'BANYAN_STAGE_REFUSED' },
      leftovers: 'banyan abandon bookings --clean',
    };
    const faults = await askAll(stand, 'copied', asCopied, page);
    halt.go();
    await copying;

    // Healthy, under traffic, half of the readers at the service and all of them compared.
    const one = 'GET /v2/bookings/:number';
    expect(await done('verify', 'bookings')).toMatchObject({ different: 0, rowsCompared: await rows() });
    const verified = await rows();
    await done('shadow', 'bookings', '--percent', '100', '--why', 'compare');
    await done('canary', 'bookings', '--percent', '100', '--route', one, '--why', 'all of them');
    await vi.waitFor(
      async () => expect((await done('diff', 'bookings')).compared).toBeGreaterThan(0),
      30_000,
    );
    const writing = new AbortController();
    const written = bookOn(routers[1]!, writing.signal);
    const healthy: Truth = {
      ...asCopied,
      ...{ stage: 'syncing', share: 100, read: { side: 'service' }, copying: false, verified },
      ...{ changed: { who: 'tester', why: 'all of them' }, cutover: true },
    };
    faults.push(...(await askAll(stand, 'under traffic', healthy, page)));
    faults.push(...(await slowQuestions(stand)));
    writing.abort();
    expect(await written).toBeGreaterThan(0);

    // Half dead: the service, and a router that took no leave.
    await stand.killService();
    const pid = await stand.killRouter(1);
    reading.without(routers[1]!);
    await vi.waitFor(
      async () => {
        const { replicas, features } = await status();
        expect(replicas.map((replica: { pid: number }) => replica.pid)).not.toContain(pid);
        expect(features[0].unreachable).not.toEqual([]);
      },
      { timeout: 60_000 },
    );
    const halfDead = { ...healthy, routers: 1, serviceDead: true, cutover: false, guard: 'listening' };
    faults.push(...(await askAll(stand, 'half dead', halfDead, page)));
    const serviceAnswers = () =>
      vi.waitFor(async () => expect((await status()).features[0].unreachable).toEqual([]), 60_000);
    await stand.startService();
    await serviceAnswers();
    // A process that stands still accepts connections: within seconds it is told all the same, by an exit status and on the page.
    const stoodStill = performance.now();
    stand.signalService('SIGSTOP');
    await vi.waitFor(
      async () => {
        const { code, text } = await stand.cli(['status']);
        expect(text).toContain('no reply within');
        expect(code).toBe(3);
      },
      { timeout: 60_000, interval: 200 },
    );
    if (page !== null) {
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.getByText('no reply within').first().waitFor();
    }
    expect(performance.now() - stoodStill).toBeLessThan(secondsToNotice * 1_000);
    stand.signalService('SIGCONT');
    await serviceAnswers();

    // In a handover that has closed legacy's tables and decided nothing, with three clients waiting.
    const stands = halt.arm('cutover:before-decision');
    const cutting = done('cutover', 'bookings', '--why', 'out');
    cutting.catch(() => undefined);
    await stands;
    const waiting = [1, 2, 3].map((n) => book(routers[0]!, `waits ${n}`));
    await vi.waitFor(async () => expect((await status()).features[0].hold).toBe(true), 30_000);
    const between: Truth = {
      ...healthy,
      ...{ stage: 'cutting_over', routers: 1, write: { outcome: 'hold', side: 'legacy' } },
      ...{ changed: { who: 'tester', why: 'out' }, handovers: [['cutover', 'under way', null]] },
      ...{ cutover: 'BANYAN_STAGE_REFUSED', leftovers: null },
    };
    faults.push(...(await askAll(stand, 'in a handover', between, page)));
    halt.go();
    await cutting;
    expect(await Promise.all(waiting)).toEqual([201, 201, 201]);
    expect(await done('rollback', 'bookings', '--dry-run')).toMatchObject({ wouldBegin: true });

    // Back again.
    await done('rollback', 'bookings', '--why', 'home');
    await vi.waitFor(async () =>
      expect((await done('holds', 'bookings')).map((past: { clients: unknown }) => past.clients)).toEqual([
        expect.objectContaining({ held: 3, reported: 1, routers: 1 }),
        expect.objectContaining({ held: 0, reported: 1, routers: 1 }),
      ]),
    );
    const back: Truth = {
      ...healthy,
      ...{ share: 0, read: { side: 'legacy' }, routers: 1, verified: null },
      changed: { who: 'tester', why: 'home' },
      handovers: [
        ['cutover', 'done', 3],
        ['rollback', 'done', 0],
      ],
    };
    // Pages are read after the commands: what is still put away would be one thing for these and another for those.
    await vi.waitFor(async () => {
      const [fences] = await desks.legacy.pool.query(
        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME LIKE 'banyan\\_fence%'",
      );
      expect(fences).toEqual([]);
      const { move } = (await status()).features[0];
      expect(move.verified).toMatchObject({ oldestMs: expect.any(Number), different: 0 });
    }, 30_000);
    faults.push(...(await askAll(stand, 'back', back, page)));

    // A service that answers something else: the same differences with what both sides said, by the command and on the page.
    await stand.killService();
    await stand.startService('nobody');
    await serviceAnswers();
    await done('shadow', 'bookings', '--percent', '100', '--why', 'once more');
    const judged = () => stand.cli(['diff', 'bookings', '--json']);
    await vi.waitFor(async () => expect((await judged()).code).toBe(1), { timeout: 60_000, interval: 200 });
    const { routes } = JSON.parse((await judged()).text);
    const [differing] = routes.filter((route: { differing: number }) => route.differing > 0);
    expect(differing.route).toBe(one);
    const [place] = differing.paths;
    expect([place.path, place.verdict]).toEqual(['body.guest', 'different']);
    const [sample] = place.samples;
    expect([sample.legacy, sample.service]).toEqual(['"guest 6"', '"nobody"']);
    if (page !== null) {
      const said = (await readPages(page)).regions.Differences!;
      for (const text of [one, place.path, 'different', sample.legacy, sample.service])
        expect(said).toContain(text);
      expect(said).toMatch(/[1-9][\d,]* differences?/);
    }
    await reading.stop();
    expect([...faults, ...(browser?.faults ?? [])]).toEqual([]);
  }, 600_000);

  it('are those of the documentation', async () => {
    const page = await readFile(pages, 'utf8');
    for (const [number, { args }] of Object.entries(questions)) {
      const row = page.split('\n').find((line) => line.startsWith(`| ${number} |`));
      expect(row, number).toContain(`banyan ${args[0]}`);
    }
    expect(Object.keys(questions)).toHaveLength(20);
  });
});

async function book(router: string, guest: string): Promise<number> {
  const response = await fetch(`${router}/v2/bookings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ guest, day, notes: [] }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Returns how many were booked until then. */
async function bookOn(router: string, signal: AbortSignal): Promise<number> {
  let turn = 0;
  for (; !signal.aborted; turn += 1) expect(await book(router, `traffic ${turn}`)).toBe(201);
  return turn;
}

/** A reader of each router, who reads the same booking over and over. */
function readOn(routers: readonly string[]) {
  const left = new Set(routers);
  const readers = routers.map(async (router) => {
    while (left.has(router)) {
      const answer = await fetch(`${router}/v2/bookings/7`, { headers: { 'x-client-id': '7' } }).catch(
        () => null,
      );
      await answer?.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  });
  return {
    without: (router: string) => left.delete(router),
    async stop() {
      left.clear();
      await Promise.all(readers);
    },
  };
}
