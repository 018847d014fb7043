import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { findChromium } from '../support/browser/find-chromium.ts';
import { describeOnEngine } from '../support/databases.ts';
import { createShopDatabase, startLegacy } from '../support/shop.ts';
import { ShopVisitor } from '../support/shop-visitor.ts';

const hostile = '<img src=x onerror=alert(1)>';
const image = join(import.meta.dirname, '../../docs/pictures/cutover-light.png');

describeOnEngine('mariadb', 'the shop’s pages in a browser', (lane) => {
  // With minutes for a machine that fetches its browser first.
  const options = { timeout: 300_000 };
  test('staff and owners work with them by keyboard, and on a phone', options, async ({ skip }) => {
    const found = await findChromium();
    if ('missing' in found) {
      console.warn(`\n!!! The browser test was LEFT OUT of this run: ${found.missing}\n`);
      return skip(found.missing);
    }
    await using database = await createShopDatabase(lane, 60);
    await using shop = await startLegacy(database);
    await using stack = new AsyncDisposableStack();
    const browser = await openBrowser(found);
    stack.defer(() => browser.close());
    const faults: string[] = [];

    const admin = await openPage(browser, faults);
    await admin.goto(`${shop.url}/admin/shops`);
    await findNoFault(admin, 'login');
    await logIn(admin, 'admin@example.com');
    await admin.getByRole('heading', { name: 'Shops', level: 1 }).waitFor();
    await admin.getByLabel('Name').fill(hostile);
    await admin.getByLabel('City').fill('서울');
    await admin.getByLabel('City').press('Enter');
    await admin.getByRole('status').getByText('The shop is added.').waitFor();
    await admin.getByRole('heading', { name: hostile }).waitFor();
    await admin.getByLabel('Email of a user').fill('user8@example.com');
    await admin.keyboard.press('Enter');
    await admin.getByRole('cell', { name: 'user8@example.com', exact: true }).waitFor();
    await findNoFault(admin, 'shop');
    for (const part of ['Users', 'Orders', 'Logs']) {
      await admin.getByRole('link', { name: part, exact: true }).focus();
      await admin.keyboard.press('Enter');
      await admin.getByRole('heading', { name: part, level: 1 }).waitFor();
      await findNoFault(admin, part);
    }
    await admin.goto(`${shop.url}/admin/nowhere`);
    await admin.getByRole('alert').getByText('There is no such page.').waitFor();
    await findNoFault(admin, 'error');

    const visitor = new ShopVisitor(shop.url);
    const fields = { shopId: 1, sku: 'PAGE-1', name: hostile, price: '2.00', status: 'live' };
    const product = (await visitor.call('POST', '/admin/products', fields)).json.id;
    const owner = await openPage(browser, faults);
    await owner.goto(`${shop.url}/owner/products/${product}`);
    await logIn(owner, 'owner2@example.com');
    await owner.getByRole('heading', { name: hostile }).waitFor();
    await owner.getByLabel(/Pieces/).fill('3');
    await owner.keyboard.press('Enter');
    await owner.getByRole('status').getByText('The stock is saved.').waitFor();
    await owner.getByLabel(/PNG, JPEG/).setInputFiles(image);
    await owner.getByRole('button', { name: 'Add the picture' }).click();
    await owner.getByRole('status').getByText('The picture is added.').waitFor();
    const shown = 'document.querySelector("figure img").naturalWidth';
    await expect.poll(() => owner.evaluate(shown)).toBeGreaterThan(0);
    await findNoFault(owner, 'product');

    // An order appears on the page that is open, and is text there.
    await owner.goto(`${shop.url}/owner/shops/1`);
    await owner.getByText('New orders appear by themselves.').waitFor();
    const items = [{ productId: product, quantity: 2 }];
    const order = await visitor.call('POST', '/api/orders', { shopId: 1, items, note: hostile });
    expect(order.status, order.text).toBe(201);
    const row = owner.getByRole('row').filter({ hasText: hostile });
    await row.waitFor();
    expect(await owner.locator('tbody img').count()).toBe(0);
    await findNoFault(owner, 'orders');
    await owner.reload();
    await row.getByRole('button', { name: /Ship order/ }).press('Enter');
    await owner
      .getByRole('status')
      .getByText(/is on its way/)
      .waitFor();
    await row.getByText('shipped').waitFor();
    await owner.getByRole('button', { name: 'Log out' }).press('Enter');
    await owner.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(faults).toEqual([]);
  });
});

function openBrowser({ executablePath, env }: { executablePath: string; env: NodeJS.ProcessEnv }) {
  const known = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return chromium.launch({ executablePath, env: Object.fromEntries(known), args: ['--no-sandbox'] });
}

/** At a phone's width. `faults` are told what ran that must not, and what failed. */
async function openPage(browser: Browser, faults: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.setDefaultTimeout(30_000);
  page.on('dialog', (dialog) => {
    faults.push(`a script ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => faults.push(error.message));
  return page;
}

async function logIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill('shop-demo');
  await page.keyboard.press('Enter');
}

/** Nothing that a screen reader stumbles over, and no page that must be moved sideways. */
async function findNoFault(page: Page, name: string): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(390);
  // Past the page's own policy, which lets no foreign script in.
  await page.evaluate(axe.source);
  const found = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: object[] }[] };
  expect(
    found.violations.map(({ id, nodes }) => ({ id, nodes })),
    name,
  ).toEqual([]);
  if (process.env.SHOP_PICTURES) {
    await page.screenshot({ path: join(process.env.SHOP_PICTURES, `shop-${name}.png`), fullPage: true });
  }
}
