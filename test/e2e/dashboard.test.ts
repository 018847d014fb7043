import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { formatMs } from '../../common/numbers.ts';
import { administer } from '../support/accounts.ts';
import { type BookingWorld, startBookings } from '../support/bookings/booking-world.ts';
import { findChromium } from '../support/browser/find-chromium.ts';
import { logIn, openBrowser } from '../support/browser/open-browser.ts';
import { describeOnEngine, type EngineLane } from '../support/databases.ts';
import { jsonOf } from '../support/stack.ts';

/** Where pictures for the documents go: `npm run docs:pictures`. */
const pictures = process.env.BANYAN_PICTURES;
const hostile = '<img src=x onerror=alert(1)>';
const waitMs = 30_000;
/** In which a page with fifty features follows what is typed; a busy machine has its share of it. */
const drawnMs = 2_000;

describeOnEngine('mariadb', 'the dashboard in a browser', (lane) => {
  // With minutes for a machine that fetches its browser first.
  const options = { timeout: 300_000 };
  test(
    'a migration is clicked through, seen by another one, over a control process that dies',
    options,
    async ({ skip }) => {
      const found = await findChromium();
      if ('missing' in found) {
        console.warn(`\n!!! The browser test was LEFT OUT of this run: ${found.missing}\n`);
        return skip(found.missing);
      }
      await using world = await startBookings(lane);
      await using traffic = await startTraffic(world);
      await using opened = await openBrowser(found);
      const { programs } = world;
      const token = await programs.token();
      const anna = await opened.person();
      const kim = await opened.person();

      // Only a token opens the door.
      await anna.goto(`${programs.control}/dashboard/#/feature/bookings`);
      await logIn(anna, 'anna', 'no such token');
      await anna.getByRole('alert').getByText('no valid token').waitFor();
      await findNoFault(anna);
      await logIn(anna, 'anna', token);
      await kim.goto(`${programs.control}/dashboard/`);
      await logIn(kim, 'kim', token);
      const row = kim.getByRole('row', { name: 'bookings' });
      await row.getByText('legacy', { exact: true }).first().waitFor();

      // She came by a link, and is where it led to.
      await anna.getByRole('heading', { name: 'bookings', level: 1 }).waitFor();
      const cutover = anna.getByRole('button', { name: 'Cut over' });
      expect(await cutover.getAttribute('aria-disabled')).toBe('true');
      await cutover.focus();
      await anna.getByRole('tooltip').getByText('Its stage is legacy; this begins at syncing.').waitFor();

      // Copy, by keyboard; another one sees it without doing anything.
      await anna.getByRole('button', { name: 'Copy' }).focus();
      await anna.keyboard.press('Enter');
      await anna.getByLabel('Why').fill(hostile);
      await anna.keyboard.press('Enter');
      await done(anna, 'Done.');
      await anna.keyboard.press('Escape');
      expect(await anna.evaluate('document.activeElement.textContent')).toBe('Copy');
      await row.getByText('syncing').waitFor();
      await kim.getByRole('link', { name: 'Audit' }).click();
      await kim.getByRole('row').filter({ hasText: hostile }).first().waitFor();
      expect(await kim.locator('main img').count()).toBe(0);

      // Who writes and reads legacy's tables is looked for as long as the page is open.
      for (const name of ['Writers', 'Readers'])
        await anna
          .getByRole('region', { name: `${name} of legacy’s tables` })
          .getByText(/Those through the router are counted too/)
          .waitFor();

      // Two statements of an account that passes the router are there as long as they run.
      {
        await using stranger = await startStranger(lane, world);
        await give(anna, 'Verify', async (dialog) => {
          await dialog.getByRole('button', { name: 'Verify' }).click();
          await dialog.getByText(/rows compared, all equal/).waitFor();
        });
        for (const [name, statement, table] of [
          ['Writers', 'UPDATE', 'bookings'],
          ['Readers', 'SELECT', 'booking_notes'],
        ] as const) {
          await anna
            .getByRole('region', { name: `${name} of legacy’s tables` })
            .getByRole('row', { name: stranger.user })
            .filter({ hasText: statement })
            .filter({ hasText: table })
            .first()
            .waitFor();
        }
      }

      // A canary: what cannot be is refused by its dry run, in control's words; a dry run changes nothing.
      await give(anna, 'Canary', async (dialog) => {
        const begin = dialog.getByRole('button', { name: 'Canary' });
        expect(await begin.getAttribute('aria-disabled')).toBe('true');
        await dialog.getByLabel('Percent').fill('101');
        await dialog.getByRole('button', { name: 'Dry run' }).click();
        await dialog.getByRole('alert').getByText('BANYAN_REQUEST_INVALID').waitFor();
        await dialog.getByLabel('Percent').fill('50');
        expect(await begin.getAttribute('aria-disabled')).toBe('true');
        await dialog.getByRole('button', { name: 'Dry run' }).click();
        await dialog.getByText('Nothing was changed.').waitFor();
        expect(await shareOf(world)).toEqual([0]);
        await begin.click();
        await dialog.getByText('Done.').waitFor();
      });
      expect(await shareOf(world)).toEqual([50]);
      await kim.getByRole('link', { name: 'Overview' }).click();
      await row.getByText('50 %').waitFor();
      // Routers count while somebody looks: both sides have traffic by now.
      await row
        .locator('tr', { hasText: 'service' })
        .filter({ hasText: /[1-9][\d.,]*\/s/ })
        .waitFor();

      // Where a request goes, and why.
      await kim.getByRole('link', { name: 'Request' }).click();
      await kim
        .getByLabel(/A request/)
        .fill(`curl '${programs.router}/v2/bookings?day=2026-12-24' -H 'x-client-id: 7'`);
      await kim.getByRole('button', { name: 'Where does it go?' }).click();
      const explained = await asked(
        world,
        'explain',
        'GET',
        `/v2/bookings?day=2026-12-24`,
        '-H',
        'x-client-id: 7',
      );
      await kim.getByText(`is in bucket ${explained.bucket}`).waitFor();
      await findNoFault(kim);
      await picture(kim, 'request', 660);

      await anna
        .getByRole('row', { name: /stranger_/ })
        .first()
        .waitFor({ state: 'detached' });

      // The handover: guards with their figures, then the feature's name, then the button.
      await give(anna, 'Cut over', async (dialog) => {
        const begin = dialog.getByRole('button', { name: 'Cut over' });
        await dialog.getByText('It would begin.').waitFor();
        await dialog.getByText('dirty key').first().waitFor();
        // The guards of the command line, and no others.
        const { gate } = await asked(world, 'cutover', 'bookings', '--dry-run');
        for (const { check } of gate) await dialog.getByText(check, { exact: true }).first().waitFor();
        expect(await dialog.locator('.gate > *').count()).toBe(gate.length);
        await dialog.getByLabel('Why').fill('all is equal');
        await dialog.getByLabel(/Type the feature/).fill('booking');
        await dialog.getByText('Type the feature’s name.', { exact: true }).waitFor();
        await begin.click({ force: true });
        expect((await statusOf(world)).stage).toBe('syncing');
        await findNoFault(anna);
        await picture(anna, 'cutover');
        await dialog.getByLabel(/Type the feature/).fill('bookings');
        await begin.click();
        await dialog.getByText(/The service owns the rows of bookings now/).waitFor({ timeout: waitMs });
      });
      expect(await statusOf(world)).toMatchObject({ stage: 'extracted', owner: 'service' });
      const [{ holdMs }] = await asked(world, 'holds', 'bookings');
      await anna.getByRole('heading', { name: `cutover done, writes held ${formatMs(holdMs)}` }).waitFor();
      const [{ why: latest }] = await asked(world, 'audit', 'bookings');
      await anna.getByRole('region', { name: 'Audit' }).getByText(latest).first().waitFor();
      expect(await anna.locator('.handover .timeline li').count()).toBeGreaterThan(6);
      await anna
        .getByText(/requests? held.*none failed; 1 of 1 router reported/)
        .first()
        .waitFor();
      await findNoFault(anna);
      await picture(anna, 'feature', 1_700);

      // Control dies, and comes back: both pages say so, and go on without a login and without a reload.
      await programs.killControl();
      for (const page of [anna, kim]) await page.locator('.connection.lost').waitFor();
      expect(await anna.getByRole('button', { name: 'Roll back' }).getAttribute('aria-disabled')).toBe(
        'true',
      );
      await programs.startControl();
      await programs.admin('/v1/features/bookings/freeze', { why: 'while they were away' });
      for (const page of [anna, kim]) await page.locator('.connection.live').waitFor();
      await anna.getByText(/frozen by .*while they were away/).waitFor();
      await programs.admin('/v1/features/bookings/unfreeze', { why: 'they are back' });

      await kim.getByRole('link', { name: 'Overview' }).click();
      await row.getByText('extracted').waitFor();
      await row
        .locator('tr', { hasText: 'service' })
        .filter({ hasText: /[1-9][\d.,]*\/s/ })
        .waitFor();
      await findNoFault(kim);
      await picture(kim, 'overview', 300);

      await give(anna, 'Roll back', async (dialog) => {
        await dialog.getByText('It would begin.').waitFor();
        await dialog.getByLabel(/Type the feature/).fill('bookings');
        await dialog.getByRole('button', { name: 'Roll back' }).click();
        await dialog.getByText(/Legacy owns the rows of bookings now/).waitFor({ timeout: waitMs });
      });
      expect(await statusOf(world)).toMatchObject({ stage: 'syncing', owner: 'legacy' });
      await row.getByText('syncing').waitFor();

      // Another config, of a large monolith: what it changes first, then it is in force, for the routers too.
      await programs.configure((content) => ({
        ...content,
        features: {
          ...content.features,
          about: {
            service: { kind: 'http', addresses: [world.monolith] },
            routes: { 'GET /about': {} },
          },
          ...manyFeatures(world.monolith),
        },
      }));
      await anna.getByRole('link', { name: 'Overview' }).click();
      await give(anna, 'Reload the config', async (dialog) => {
        const changes = dialog.getByRole('group', { name: 'Changes' });
        await changes
          .getByRole('row', { name: /features\.about/ })
          .first()
          .waitFor();
        await dialog.getByText('Nothing was changed.').waitFor();
        expect(await kim.getByRole('row', { name: 'about' }).count()).toBe(0);
        await findNoFault(anna);
        await dialog.getByLabel('Why').fill('one more');
        await dialog.getByRole('button', { name: 'Reload the config' }).click();
        await dialog.getByText('Done.').waitFor({ timeout: waitMs });
      });
      await kim.getByRole('row', { name: 'about' }).getByText('legacy', { exact: true }).first().waitFor();
      const large = ((await programs.admin('/v1/status')) as Status).features;
      expect(large).toHaveLength(50);
      expect(large.flatMap(({ routes }) => routes).length).toBeGreaterThan(2_000);
      expect(await kim.locator('.features > .row').count()).toBe(51);
      const work = await watchWork(kim);
      const before = await watchRows(kim);
      await programs.admin('/v1/features/about/copy', { why: 'it has no tables' });
      await kim.getByRole('row', { name: 'about' }).getByText('syncing').waitFor();
      // Of 50 rows what has changed is written anew: none was taken away and made again, so that nothing jumps and focus stays.
      expect(await before.rowsMade()).toBe(0);
      const typed = performance.now();
      await kim.getByLabel('Find').fill('many-17');
      await kim.getByText('1 of 50').waitFor();
      expect(performance.now() - typed).toBeLessThan(drawnMs);
      await kim.getByLabel('Find').fill('');
      // The page has time to spare, though every second brings figures of fifty features.
      await work.events(5);
      expect(await work.share()).toBeLessThan(0.25);

      // Both at one instant.
      await anna.getByRole('link', { name: 'bookings', exact: true }).click();
      await give(anna, 'Cut over', async (dialog) => {
        await dialog.getByText('It would begin.').waitFor();
        await dialog.getByText('Options').click();
        await dialog.getByLabel('about').check();
        await dialog.getByText('Make a dry run of this first.').waitFor();
        await dialog.getByRole('button', { name: 'Dry run' }).click();
        await dialog.getByText(/It would begin, for all of them at one instant/).waitFor();
        await dialog.getByLabel(/Type the feature/).fill('bookings');
        await dialog.getByRole('button', { name: 'Cut over' }).click();
        for (const name of ['bookings', 'about']) {
          await dialog
            .getByText(new RegExp(`The service owns the rows of ${name} now`))
            .waitFor({ timeout: waitMs });
        }
      });
      const { features } = (await programs.admin('/v1/status')) as Status;
      const left = features.filter(({ stage }) => stage === 'extracted').map(({ name }) => name);
      expect(left.toSorted()).toEqual(['about', 'bookings']);

      // The same, for people who were not there.
      const file = join(tmpdir(), `banyan-story-${process.pid}.html`);
      const told = await programs.banyan('report', 'bookings', '--html', file);
      expect(told.code, told.stderr).toBe(0);
      const story = await readFile(file, 'utf8');
      // One file: a browser that opens it asks for nothing else, and nothing in it runs or is as wide as to be cut off.
      const reader = await opened.person();
      const fetched: string[] = [];
      reader.on('request', (request) => fetched.push(request.url()));
      await reader.goto(pathToFileURL(file).href);
      await reader.getByRole('heading', { name: 'All that was changed' }).waitFor();
      await findNoFault(reader);
      expect(fetched).toEqual([pathToFileURL(file).href]);
      await rm(file);
      for (const text of [
        'cutover done',
        'rollback done',
        'rows compared',
        hostile.replaceAll(/[<>]/g, (one) => (one === '<' ? '&lt;' : '&gt;')),
      ]) {
        expect(story.toLowerCase()).toContain(text);
      }

      await kim.getByRole('button', { name: 'Log out' }).click();
      await kim.getByRole('heading', { name: 'banyan' }).waitFor();
      await kim.goto(`${programs.control}/dashboard/#/`);
      await kim.getByLabel('Admin token').waitFor();
      expect(traffic.failed).toEqual([]);
      expect(opened.faults).toEqual([]);
    },
  );
});

/** Somebody past the router, who writes one of legacy's tables and reads the other until it is over. */
async function startStranger({ servers }: EngineLane, { desks }: BookingWorld) {
  const [[found]] = await desks.legacy.pool.query<RowDataPacket[]>('SELECT DATABASE() AS name');
  const database = String(found!.name);
  const user = `stranger_${randomBytes(4).toString('hex')}`;
  await administer(servers.a, [
    `CREATE USER '${user}'@'127.0.0.1' IDENTIFIED BY 'here'`,
    `GRANT SELECT, UPDATE ON \`${database}\`.* TO '${user}'@'127.0.0.1'`,
  ]);
  const { host, port } = servers.a;
  const running = await Promise.all(
    ['UPDATE bookings SET paid = SLEEP(600) WHERE number = 1', 'SELECT SLEEP(600) FROM booking_notes'].map(
      async (sql) => {
        const connection = await createConnection({ host, port, user, password: 'here', database });
        return { id: connection.threadId, ended: connection.query(sql).catch(() => connection.destroy()) };
      },
    ),
  );
  return {
    user,
    async [Symbol.asyncDispose]() {
      await administer(servers.a, [
        ...running.map(({ id }) => `KILL ${id}`),
        `DROP USER '${user}'@'127.0.0.1'`,
      ]);
      await Promise.all(running.map(({ ended }) => ended));
    },
  };
}

/** Features without tables, so that there are fifty, with two thousand routes. */
function manyFeatures(address: string) {
  const features = Array.from({ length: 48 }, (_, at) => {
    const paths = Array.from({ length: 42 }, (_, route) => [`GET /many/${at}/${route}/:id`, {}]);
    return [
      `many-${at}`,
      { service: { kind: 'http' as const, addresses: [address] }, routes: Object.fromEntries(paths) },
    ];
  });
  return Object.fromEntries(features);
}

/** Counts rows that are made from now on. */
async function watchRows(page: Page) {
  await page.evaluate(`
    window.rowsMade = 0;
    new MutationObserver((all) => {
      for (const { addedNodes } of all)
        for (const node of addedNodes) if (node.nodeType === 1 && node.matches('.row')) window.rowsMade += 1;
    }).observe(document.querySelector('.features'), { childList: true, subtree: true });
  `);
  return { rowsMade: () => page.evaluate<number>('window.rowsMade') };
}

/**
 * How much of a processor the page's thread needs from now on, for scripts, layout and painting. Its CPU time: how long a task lasts says
 * how busy the machine is. What the browser does for the test itself (three quarters of all) is not the page's.
 */
async function watchWork(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await session.send('Network.enable');
  let events = 0;
  session.on('Network.eventSourceMessageReceived', () => {
    events += 1;
  });
  const spent = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const seconds = (wanted: string) => metrics.find(({ name }) => name === wanted)!.value;
    return seconds('TaskDuration') - seconds('DevToolsCommandDuration');
  };
  const [from, before] = [performance.now(), await spent()];
  return {
    /** So many messages of the server have come. */
    events: (least: number) =>
      vi.waitFor(() => expect(events).toBeGreaterThanOrEqual(least), { timeout: waitMs }),
    share: async () => ((await spent()) - before) / ((performance.now() - from) / 1000),
  };
}

/** What the command line answers, to compare the page with. */
async function asked({ programs }: BookingWorld, ...args: string[]) {
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  return jsonOf(await programs.banyan(...args, '--json')) as any;
}

/** Clients that go on all the while; what they were answered badly. */
async function startTraffic({ desks, programs }: BookingWorld) {
  const day = '2026-12-24';
  for (let guest = 0; guest < 40; guest++)
    await desks.legacy.book({ guest: `guest ${guest}`, day, notes: ['window'] });
  const failed: string[] = [];
  const end = new AbortController();
  const going = (async () => {
    for (let client = 0; !end.signal.aborted; client++) {
      const headers = { 'x-client-id': `${client % 200}`, 'content-type': 'application/json' };
      const asked =
        client % 3 === 0
          ? // Of another day: the list that is read stays as long as it is.
            {
              method: 'POST',
              body: JSON.stringify({ guest: `client ${client}`, day: '2026-12-25', notes: [] }),
            }
          : { method: 'GET' };
      const path = asked.method === 'GET' ? `/v2/bookings?day=${day}` : '/v2/bookings';
      const answer = await fetch(`${programs.router}${path}`, { ...asked, headers });
      await answer.arrayBuffer();
      if (answer.status >= 400) failed.push(`${asked.method} ${answer.status}`);
      // A pace at which a write comes in every handover, and the pages have the machine.
      await wait(10);
    }
  })();
  return {
    failed,
    async [Symbol.asyncDispose]() {
      end.abort();
      await going;
    },
  };
}

/** Opens a command's window, and closes it when what was to be done there is done. */
async function give(
  page: Page,
  name: string,
  work: (dialog: ReturnType<Page['getByRole']>) => Promise<void>,
): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await work(dialog).catch(async (error: unknown) => {
    const says = await dialog.innerText({ timeout: 1_000 }).catch(() => 'nothing: it is not there');
    throw new Error(`the window of ${name} says ${says}`, { cause: error });
  });
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

async function done(page: Page, text: string): Promise<void> {
  await page.getByRole('dialog').getByText(text).waitFor({ timeout: waitMs });
}

/** Nothing serious for people who see, hear or read otherwise: light, dark, and on a phone. */
async function findNoFault(page: Page): Promise<void> {
  const size = page.viewportSize()!;
  // The dark page has other colours and nothing else, the narrow one another layout and the same colours.
  const contrast = { 'color-contrast': { enabled: false } };
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe.source);
  for (const [colorScheme, width, options] of [
    ['light', size.width, {}],
    ['dark', size.width, { runOnly: { type: 'rule', values: Object.keys(contrast) } }],
    ['light', 390, { rules: contrast }],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ ...size, width });
    const { violations } = await page.evaluate<axe.AxeResults>(
      `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], ...options })})`,
    );
    const serious = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    expect(serious, `${page.url()} ${colorScheme} ${width}`).toEqual([]);
    const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(wider, `${page.url()} is wider than ${width} px`).toBeLessThanOrEqual(0);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(size);
}

async function picture(page: Page, name: string, height = 800): Promise<void> {
  if (pictures === undefined) return;
  await mkdir(pictures, { recursive: true });
  const size = page.viewportSize()!;
  await page.setViewportSize({ ...size, height });
  await page.evaluate("document.querySelector('dialog[open]') ?? document.activeElement.blur()");
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(size);
}

interface Status {
  readonly features: readonly {
    readonly name: string;
    readonly stage: string;
    readonly owner: string;
    readonly routes: readonly { readonly readPercent: number | null }[];
  }[];
}

async function statusOf({ programs }: BookingWorld) {
  return ((await programs.admin('/v1/status')) as Status).features[0]!;
}

async function shareOf(world: BookingWorld): Promise<number[]> {
  const { routes } = await statusOf(world);
  return [...new Set(routes.flatMap(({ readPercent }) => readPercent ?? []))];
}
