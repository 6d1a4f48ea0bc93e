import { mkdir } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { BrowserFixtures } from './browser-test.ts';

/** The looks that each page is tried in. */
const looks = [
  { name: 'light', theme: 'light', width: 1280 },
  { name: 'dark', theme: 'dark', width: 1280 },
  { name: 'light-phone', theme: 'light', width: 390 },
  { name: 'dark-phone', theme: 'dark', width: 390 },
] as const;

/**
 * Opens a page in both themes and two widths. axe finds nothing in any, and nothing has to be scrolled sideways. With
 * `SLUICE_PICTURES`, a folder, it leaves a picture of each there.
 *
 * @param isThere waits until the page shows what it is about
 */
export async function lookAt(
  open: BrowserFixtures['open'],
  { url, name, isThere }: { url: string; name: string; isThere: (page: Page) => Promise<unknown> },
): Promise<void> {
  for (const look of looks) {
    const page = await open(url, look);
    await isThere(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    expect.soft(found, `${name} ${look.name}`).toEqual([]);
    const [inner, whole] = await page.evaluate<number[]>('[innerWidth, document.documentElement.scrollWidth]');
    expect.soft(whole, `width of ${name} ${look.name}`).toBeLessThanOrEqual(inner ?? 0);
    const folder = process.env['SLUICE_PICTURES'];
    if (folder) {
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: `${folder}/${name}-${look.name}.png`, fullPage: look.width < 600 });
    }
    await page.context().close();
  }
}
