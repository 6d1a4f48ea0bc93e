import { appendFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startPageSite } from './page-site.ts';
import { stillRunning } from './process-tree.ts';
import { RunFolder, upTo } from './run-folder.ts';
import { countResults, sluice, SluiceCommand } from './sluice-command.ts';

const timeout = 90_000;
const soon = { interval: 20 };

describe('sluice run', { timeout }, () => {
  it('resumes after kill -9, whenever it comes, and gives every line one result', async () => {
    await using site = await startPageSite();
    const lines = upTo(300).map((n) => (n % 50 === 0 ? 'no url' : `${site.origin}/slow/${n}`));
    await using folder = await RunFolder.make(lines);
    const args = ['run', folder.input, '-o', folder.out, '--allow-private', '--per-host', '16', '--capacity', '12'];

    let pages = 0;
    for (const enough of [1, 80, 160]) {
      const command = new SluiceCommand(args);
      await expect.poll(() => countResults(folder.out), soon).toBeGreaterThanOrEqual(enough);
      const started = command.processes();
      expect(command.workers()).toHaveLength(2);
      expect(command.servers()).toHaveLength(1);
      expect(await command.kill9()).toMatchObject({ signal: 'SIGKILL' });
      expect(await folder.names()).toContain('out.ndjson.sluice');
      // Nothing of a killed run is alive ten seconds later. The next one does not wait for that, but after the last.
      if (enough === 160) await expect.poll(() => stillRunning(started)).toEqual([]);
      pages = site.hits.size;
    }
    await appendFile(folder.out, '{"line":299,"url":"http://torn');

    const last = await sluice(...args);
    expect(last).toMatchObject({ exitCode: 1, signal: null });
    expect(last.stderr).toMatch(/results +300, \d+ of them from before/);
    expect(await folder.lineNumbers()).toEqual(upTo(300));
    expect((await folder.results()).filter(({ ok }) => !ok).map(({ line }) => line)).toEqual([
      50, 100, 150, 200, 250, 300,
    ]);
    expect(await folder.names()).toEqual(['out.ndjson', 'urls.txt']);
    // It was killed on its way, and at most what ran at the three deaths was fetched twice.
    expect(pages).toBeLessThan(294);
    const hits = [...site.hits.values()].reduce((sum, count) => sum + count, 0);
    expect(hits).toBeLessThanOrEqual(294 + 3 * 12);
    expect(site.mostAtOnce).toBeLessThanOrEqual(16);
  });

  it('finishes though a worker and the private Redis are killed', async () => {
    await using site = await startPageSite();
    await using folder = await RunFolder.make(upTo(200).map((n) => `${site.origin}/slow/${n}`));
    const command = new SluiceCommand(['run', folder.input, '-o', folder.out, '--allow-private', '--concurrency', '4']);
    await expect.poll(() => countResults(folder.out), soon).toBeGreaterThanOrEqual(10);
    const [worker] = command.workers();
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    await expect.poll(() => command.stderr, soon).toMatch(/worker \d died \(SIGKILL\); starting another/);
    const done = await countResults(folder.out);
    await expect.poll(() => countResults(folder.out), soon).toBeGreaterThanOrEqual(done + 20);
    const [server] = command.servers();
    process.kill(server?.pid ?? 0, 'SIGKILL');
    const end = await command.ended;
    expect(end.stderr).toContain('the private Redis died; starting it again');
    expect(end).toMatchObject({ exitCode: 0 });
    expect(await folder.lineNumbers()).toEqual(upTo(200));
    expect(await folder.names()).toEqual(['out.ndjson', 'urls.txt']);
  });

  it('has nothing to do when it is run once more, and fetches all again with --restart', async () => {
    await using site = await startPageSite();
    await using folder = await RunFolder.make([`${site.origin}/a`, `${site.origin}/missing`]);
    const args = ['run', folder.input, '-o', folder.out, '--allow-private'];
    expect(await sluice(...args)).toMatchObject({ exitCode: 1 });
    const again = await sluice(...args);
    expect(again).toMatchObject({ exitCode: 1 });
    expect(again.stderr).toContain('there is nothing to do');
    expect(site.hits.get('/a')).toBe(1);
    expect(await sluice(...args, '--restart')).toMatchObject({ exitCode: 1 });
    expect(site.hits.get('/a')).toBe(2);
    expect(await folder.lineNumbers()).toEqual([1, 2]);
  });
});
