import { describe, expect } from 'vitest';
import { browserTest as test } from './kit/browser-test.ts';
import { emailQueue, send, startConsole } from './kit/console-fixture.ts';

describe('the overview', () => {
  test('shows all queues, the worst first, and follows them', async ({ redis, prefix, open }) => {
    const queues = [emailQueue('emails', prefix, 3), emailQueue('archive', prefix)];
    await using console = await startConsole(redis.url, queues);
    const [emails, archive] = console.producers;
    for (const to of ['a', 'b', 'c']) await emails?.put(send, { to });
    const stop = new AbortController();
    const waiting = emails?.put(send, { to: 'd' }, { signal: stop.signal }).catch((error: unknown) => error);
    const page = await open(console.url);
    const rows = page.locator('tbody tr');
    await expect.poll(() => rows.locator('a.name').allTextContents()).toEqual(['emails', 'archive']);
    await expect.poll(() => rows.first().textContent()).toMatch(/producers wait.*full.*3 \/ 3/);
    expect(await page.locator('.summary').textContent()).toMatch(/1 producer waits for capacity, for up to \d/);
    await expect
      .poll(() => page.locator('.fleet').textContent())
      .toMatch(/(Redis|Valkey)\d+\..*Memory.* [KM]iB.*Latency\d+\.\d ms.*0 pools/);
    expect(await page.locator('.gauge').first().getAttribute('aria-label')).toBe('3 of 3: 3 waiting');

    await archive?.put(send, { to: 'x' });
    await expect.poll(() => rows.nth(1).textContent()).toContain('1 / 10');
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => page.locator('.live-state').textContent()).toMatch(/^Paused/);
    await archive?.put(send, { to: 'y' });
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(() => rows.nth(1).textContent()).toContain('2 / 10');
    stop.abort();
    await waiting;
  });

  test('is driven by the keyboard', async ({ redis, prefix, open }) => {
    await using console = await startConsole(redis.url, [emailQueue('emails', prefix), emailQueue('faxes', prefix)]);
    const page = await open(console.url);
    await page.locator('a.name').first().waitFor();
    const focused = (): Promise<unknown> => page.evaluate('document.activeElement.textContent');
    await page.keyboard.press('j');
    expect(await focused()).toBe('emails');
    await page.keyboard.press('j');
    expect(await focused()).toBe('faxes');
    await page.keyboard.press('k');
    expect(await focused()).toBe('emails');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
    await page.keyboard.press('p');
    await expect.poll(() => page.locator('.live-state').textContent()).toMatch(/^Paused/);
  });
});
