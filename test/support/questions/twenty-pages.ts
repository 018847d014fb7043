import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { formatCount, formatMs } from '../../../common/numbers.ts';
import { verifiedWords } from '../../../control/api/words/feature-words.ts';
import { clientCostWords } from '../../../control/api/words/hold-cost-words.ts';
import { hasLeft, seamsWords, tallyWords } from '../../../control/api/words/monolith-words.ts';
import { rowWords } from '../../../control/api/words/row-words.ts';
import { logIn } from '../browser/open-browser.ts';
import type { QuestionStand } from './question-stand.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Json = any;

const feature = 'bookings';

/** What the pages say, as a person who asks the twenty questions there reads it. */
export interface Pages {
  /** The overview's line of routers and the feature's row; what each region of the feature's page says, by its heading. */
  readonly overview: string;
  readonly regions: Readonly<Record<string, string>>;
  /** By command: why it is not possible now; null: it is. */
  readonly greyed: Readonly<Record<string, string | null>>;
  /** The dry run of what takes away what banyan has in the databases; null: there is none now. */
  readonly leftovers: string | null;
  readonly request: string;
  readonly monolith: string;
}

/** One line each, spaces as one: what is compared is what is said, not how it is laid out. */
const lines = (text: string) => text.replace(/[^\S\n]+/g, ' ');

export async function openPages(page: Page, { url, tokenFile }: QuestionStand): Promise<void> {
  await page.goto(`${url}/dashboard/`);
  await logIn(page, 'anna', (await readFile(tokenFile, 'utf8')).trim());
  await page.getByRole('row', { name: feature }).waitFor();
}

/** Goes through the dashboard once, by its links. */
export async function readPages(page: Page): Promise<Pages> {
  await page.getByRole('link', { name: 'Request' }).click();
  await page.getByLabel(/A request/).fill(`GET /v2/bookings/7\nx-client-id: 7`);
  await answered(page, '/v1/explain', () => page.getByRole('button', { name: 'Where does it go?' }).click());
  await page.getByText('Route table').waitFor();
  const request = lines(await page.locator('main').innerText());

  await answered(page, '/v1/monolith', () => page.getByRole('link', { name: 'Monolith' }).click());
  await page.getByRole('heading', { name: 'Seams' }).waitFor();
  const monolith = lines(await page.locator('main').innerText());

  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('details.routers > summary').click();
  const overview = lines(await page.locator('main').innerText());

  await page.getByRole('link', { name: feature, exact: true }).first().click();
  await page.getByRole('button', { name: 'Compare' }).waitFor();
  await page.getByLabel('Table', { exact: true }).selectOption('bookings');
  await page.getByLabel('Key', { exact: true }).fill('7');
  await answered(page, '/v1/row', () => page.getByRole('button', { name: 'Compare' }).click());
  await page.locator('.row-columns, section[aria-labelledby=row] .problem').first().waitFor();
  // What was asked for has come: nothing says that it is waited for.
  const waits = /Loading …|Looking …|Looking at every guard …/;
  // Not by `waitForFunction`, which evaluates text in the page: its content security policy forbids that.
  await expect.poll(() => page.locator('main').innerText()).not.toMatch(waits);
  const regions = await page.evaluate<Record<string, string>>(
    `Object.fromEntries([...document.querySelectorAll('main section')].map((one) =>
      [one.querySelector('h2')?.innerText.split('\\n')[0].trim() ?? one.getAttribute('aria-label') ?? 'Facts', one.innerText]))`,
  );
  const greyed = await page.evaluate<Record<string, string | null>>(
    `Object.fromEntries([...document.querySelectorAll('main .command')].map((one) =>
      [one.querySelector('button').textContent, one.querySelector('.reason')?.textContent ?? null]))`,
  );
  return {
    ...{ overview, request, monolith, greyed },
    regions: Object.fromEntries(Object.entries(regions).map(([name, text]) => [name, lines(text)])),
    leftovers: await readLeftovers(page, greyed),
  };
}

/** What was answered before stays on the page until the new answer has come and is drawn. */
async function answered(page: Page, path: string, ask: () => Promise<void>): Promise<void> {
  const answer = page.waitForResponse((response) => new URL(response.url()).pathname.endsWith(path));
  await ask();
  await (await answer).finished();
  await page.waitForTimeout(100);
}

async function readLeftovers(page: Page, greyed: Pages['greyed']): Promise<string | null> {
  const name = ['Abandon', 'Finish'].find((one) => greyed[one] === null);
  if (name === undefined) return null;
  await page.getByRole('button', { name, exact: true }).click();
  const dialog = page.getByRole('dialog');
  const clean = dialog.getByLabel('Delete the copied rows, too');
  // The window's first dry run is of what it opens with.
  await dialog.getByText('Nothing was changed.').waitFor();
  if ((await clean.count()) > 0) {
    await dialog.getByText('Options').click();
    await clean.check();
    // What the first one said stays beside this until the next is asked for, and has been answered.
    const stale = dialog.getByText('Make a dry run of this first.');
    await stale.waitFor();
    await dialog.getByRole('button', { name: 'Dry run' }).click();
    await stale.waitFor({ state: 'detached' });
    await dialog.getByText('The dry run is under way.').waitFor({ state: 'detached' });
    await dialog.getByText('Nothing was changed.').waitFor();
  }
  const said = lines(await dialog.innerText());
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'hidden' });
  return said;
}

const region = ({ regions }: Pages, name: string): string =>
  Object.entries(regions).find(([heading]) => heading.startsWith(name))?.[1] ??
  `(no region ${name} among ${Object.keys(regions).join(', ')})`;

/** By their numbers: that the page says what the command's JSON does. `still`: nothing is carried over at that time. */
export const pageChecks: Readonly<Record<number, (pages: Pages, answer: Json, still: boolean) => void>> = {
  1: ({ request }, { side, route, bucket, why }) => {
    expect(request).toMatch(new RegExp(`Goes to\\n(?:held, then )?${side}`));
    expect(request).toContain(route);
    expect(request).toContain(why);
    if (bucket !== null) expect(request).toContain(`is in bucket ${bucket}`);
  },
  2: (pages, { routes }) => {
    for (const { id, access, readPercent } of routes) {
      const share = access === 'write' ? 'with the rows' : `${readPercent} %`;
      expect(region(pages, 'Traffic and routes')).toMatch(
        new RegExp(`${escaped(id)}\\s(?:read|write)\\s${escaped(share)}`),
      );
    }
  },
  3: (pages, entries) => {
    const { who, why, action } = entries.find(({ from, to }: Json) => from !== null || to !== null);
    const audit = region(pages, 'Audit');
    for (const text of [who, why, action]) expect(audit).toContain(text);
  },
  4: ({ overview }, { replicas, version }) => {
    const alone = replicas.length;
    expect(overview).toContain(
      `${alone} ${alone === 1 ? 'router' : 'routers'}, all by route table ${version}`,
    );
    for (const { host, pid } of replicas) expect(overview).toContain(`${host} (${pid})`);
  },
  5: (pages, { features: [{ owner, move }] }) => {
    expect(region(pages, 'Facts')).toMatch(new RegExp(`Rows owned by\\n${owner}`));
    for (const { table, complete, rows } of move?.copied ?? []) {
      const standing = complete ? 'complete' : rows === 0 ? 'not begun' : 'under way';
      expect(region(pages, 'Tables')).toMatch(
        new RegExp(`${escaped(table)}\\s${escaped(formatCount(rows))}\\s.*\\s${standing}`),
      );
    }
  },
  6: (pages, { features: [{ move }] }) => {
    for (const because of move?.pace?.because ?? []) expect(region(pages, 'Facts')).toContain(because);
  },
  7: (pages, { features: [{ move }] }, still) => {
    const entries = move?.backlog?.entries ?? null;
    const said = region(pages, 'Facts').match(/Other side\n(.*)/)?.[1];
    // Where it goes on it is another number by now; or could not be read at one of the two moments.
    if (!still || entries === null)
      expect(said).toMatch(/^(?:behind: [\d,]+ keys?\b|nothing behind|current|empty)/);
    else expect(said).toContain(entries === 0 ? 'nothing behind' : `behind: ${formatCount(entries)} key`);
  },
  8: (pages, { features: [one] }) => {
    // Rows that are compared all the while are more by now, and their age is another.
    const [verdict] = verifiedWords(one).split(',');
    expect(region(pages, 'Facts')).toContain(`Verified\n${verdict}`);
  },
  9: (pages, { rows: [row] }) => {
    const said = region(pages, 'One row on both sides');
    expect(said).toContain(`bookings 7: ${rowWords(row)}`);
    for (const { name, legacy, service, equal } of row.columns) {
      const values = [row.on.legacy ? (legacy ?? 'NULL') : '', row.on.service ? (service ?? 'NULL') : ''];
      expect(said).toContain(lines(`${name}\t${values.join('\t')}\t${equal ? 'yes' : 'no'}`));
    }
  },
  10: usageIs('Writers of legacy’s tables', 'wrote'),
  11: usageIs('Readers of legacy’s tables', 'read'),
  12: (pages, answer) => {
    if (answer.error !== undefined) return refusedAs(pages, 'Cut over');
    const guards = region(pages, 'Guards of a cutover');
    for (const { check, ok, fix } of answer.gate) {
      expect(guards).toContain(`${ok ? '✓' : '✗'}`);
      expect(guards).toContain(check);
      if (!ok) expect(guards).toContain(fix.replaceAll('`', ''));
    }
    expect(guards).toContain(answer.wouldBegin ? 'It would begin.' : 'It would not begin.');
  },
  13: (pages, { heldBefore }) => {
    for (const ms of heldBefore ?? [])
      expect(region(pages, 'Handovers')).toContain(`writes held ${formatMs(ms)}`);
  },
  14: (pages, handovers) => {
    const said = region(pages, 'Handovers');
    if (handovers.length === 0) expect(said).toContain('None yet.');
    for (const { direction, outcome, clients } of handovers) {
      expect(said).toContain(`${direction} ${outcome}`);
      if (clients !== null) expect(said).toContain(clientCostWords(clients));
    }
  },
  15: (pages, answer) => {
    if (answer.error !== undefined) return refusedAs(pages, 'Roll back');
    expect(region(pages, 'Guards of a rollback')).toContain('It would');
  },
  16: (pages, { shadow, different }) => {
    const said = region(pages, 'Differences');
    if (shadow === null) expect(said).toContain('No answers were compared yet');
    // The traffic goes on: how many were compared by now is another number.
    else expect(said).toMatch(new RegExp(`[1-9][\\d,]* answers? compared, ${different} differences`));
  },
  17: (pages, { traffic }) => {
    const said = region(pages, 'Traffic and routes');
    for (const side of ['legacy', 'service'] as const) {
      expect(said).toMatch(new RegExp(`${side}\\s[\\d,.]+/s\\s[\\d,.]+ err`));
      if (traffic[side].errorsPerSecond === 0)
        expect(said).toMatch(new RegExp(`${side}\\s[\\d,.]+/s\\s0 err`));
    }
  },
  18: (pages, { steps }) => {
    const said = region(pages, 'What comes next');
    const signs: Json = { done: '✓', now: '→', later: '·' };
    for (const { command, standing } of steps)
      expect(said).toMatch(new RegExp(`${signs[standing]}\\s*(?:\\w+:\\s*)?${escaped(command ?? 'wait')}`));
  },
  19: ({ leftovers, greyed }, { features: [{ command, statements }] }) => {
    if (command === null) return void expect([greyed.Abandon, greyed.Finish]).not.toContain(null);
    for (const { sql } of statements) expect(leftovers).toContain(lines(sql));
  },
  20: ({ monolith }, { database, tables, routes, seams }) => {
    expect(monolith).toContain(`Tables of ${database}`);
    expect(monolith).toContain(tallyWords(tables));
    for (const { table, feature: of, stage } of tables)
      expect(monolith).toMatch(new RegExp(`${table} .* ${of} ${stage.replace('_', '.')}`));
    expect(monolith).toContain(seamsWords(seams));
    // An access log is on the command line alone.
    for (const one of routes.filter(({ requests, feature: of }: Json) => requests === null && of !== null))
      if (!hasLeft(one)) expect(monolith).toContain(`${one.method} ${one.path}`);
  },
};

function usageIs(name: string, did: string): (pages: Pages, answer: Json) => void {
  return (pages) =>
    expect(region(pages, name)).toMatch(
      new RegExp(`(?:No statement|[\\d,]+ statements?) ${did} them on |BANYAN_USAGE`),
    );
}

/** What the command line refuses, the page does not offer, and says why. */
function refusedAs({ greyed }: Pages, button: string): void {
  expect(greyed[button]).toMatch(/stage is|under way/);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
