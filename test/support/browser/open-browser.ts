import { type BrowserContext, chromium, type Page } from 'playwright-core';

const waitMs = 30_000;

export interface OpenedBrowser extends AsyncDisposable {
  /** What the browser told of the pages: scripts that failed, and what their policy forbids. */
  readonly faults: string[];
  /** A page of somebody's own: with cookies that nobody else has. */
  person(): Promise<Page>;
}

/** Chromium, as it was found; without a window. */
export async function openBrowser(found: {
  readonly executablePath: string;
  readonly env: NodeJS.ProcessEnv;
}): Promise<OpenedBrowser> {
  const env = Object.fromEntries(
    Object.entries(found.env).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  const browser = await chromium.launch({
    executablePath: found.executablePath,
    env,
    args: ['--no-sandbox'],
  });
  const faults: string[] = [];
  return {
    faults,
    async person() {
      const context: BrowserContext = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      context.setDefaultTimeout(waitMs);
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        // That nobody answers while control is dead, and what a wrong token or a bad percentage is answered.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          faults.push(message.text());
      });
      page.on('dialog', (dialog) => {
        faults.push(`a script ran: ${dialog.message()}`);
        void dialog.dismiss();
      });
      return page;
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

export async function logIn(page: Page, who: string, token: string): Promise<void> {
  await page.getByLabel('Your name').fill(who);
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
}
