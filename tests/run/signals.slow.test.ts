import { describe, expect, it } from 'vitest';
import { startPageSite } from './page-site.ts';
import { stillRunning } from './process-tree.ts';
import { RunFolder, upTo } from './run-folder.ts';
import { countResults, sluice, SluiceCommand } from './sluice-command.ts';

const soon = { interval: 20, timeout: 30_000 };

describe('Ctrl-C', { timeout: 90_000 }, () => {
  it('lets running fetches end, says how to go on, and leaves no process', async () => {
    await using site = await startPageSite();
    await using folder = await RunFolder.make(upTo(300).map((n) => `${site.origin}/slow/${n}`));
    const args = ['run', folder.input, '-o', folder.out, '--allow-private', '--timeout', '5s'];
    const command = new SluiceCommand(args);
    await expect.poll(() => countResults(folder.out), soon).toBeGreaterThanOrEqual(20);
    const started = command.processes();
    command.pressCtrlC();
    const end = await command.ended;
    expect(end).toMatchObject({ exitCode: 130, signal: null });
    expect(end.stderr).toContain('stopping: running fetches may end');
    expect(end.stderr).toContain(`To go on:\n  npm run -s sluice -- ${args.join(' ')}\n`);
    // Fetches that ran had their end and their result: no page was asked for in vain.
    expect(await folder.lineNumbers()).toHaveLength(site.hits.size);
    await expect.poll(() => stillRunning(started)).toEqual([]);

    expect(await sluice(...args)).toMatchObject({ exitCode: 0 });
    expect(await folder.lineNumbers()).toEqual(upTo(300));
    expect([...site.hits.values()].every((hits) => hits === 1)).toBe(true);
  });

  it('stops at once when it comes a second time', async () => {
    await using site = await startPageSite();
    await using folder = await RunFolder.make(upTo(20).map((n) => `${site.origin}/hang/${n}`));
    const command = new SluiceCommand(['run', folder.input, '-o', folder.out, '--allow-private']);
    await expect.poll(() => site.hits.size, soon).toBeGreaterThanOrEqual(8);
    const started = command.processes();
    command.pressCtrlC();
    await expect.poll(() => command.stderr, soon).toContain('stopping');
    const pressedAt = performance.now();
    command.pressCtrlC();
    const end = await command.ended;
    expect(performance.now() - pressedAt).toBeLessThan(3_000);
    expect(end).toMatchObject({ exitCode: 130 });
    expect(end.stderr).toContain('stopped. To go on:');
    await expect.poll(() => stillRunning(started)).toEqual([]);
  });
});
