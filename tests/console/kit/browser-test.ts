import { redisTest } from '@sluice/testing/vitest';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';

export interface OpenPageOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
}

export interface BrowserFixtures {
  readonly browser: Browser;
  /** Opens a page in a tab with a session of its own. The test fails when it loads anything from elsewhere, or reports an error. */
  readonly open: (url: string, options?: OpenPageOptions) => Promise<Page>;
}

/** `redisTest`, with a browser. */
export const browserTest = redisTest.extend<BrowserFixtures>({
  browser: [
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the parameter's pattern
    async ({}, use) => {
      const executablePath = inject('chromium') ?? '';
      // Its sandbox refuses root, as which CI runs.
      const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  open: async ({ browser }, use) => {
    const faults: string[] = [];
    const pages: Page[] = [];
    await use(async (url, { theme = 'light', width = 1280 } = {}) => {
      const context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 900 } });
      context.setDefaultTimeout(30_000);
      const page = await context.newPage();
      pages.push(page);
      page.on('pageerror', (error) => faults.push(String(error.stack)));
      // A refused request is the page's to show; what the policy forbids is a fault of the page.
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          faults.push(message.text());
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(new URL(url).origin)) faults.push(`asked for ${request.url()}`);
      });
      await page.goto(url);
      return page;
    });
    await Promise.all(pages.map((page) => page.context().close()));
    expect(faults).toEqual([]);
  },
});
