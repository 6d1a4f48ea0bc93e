import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPageSite } from './page-site.ts';
import { stillRunning } from './process-tree.ts';
import { RunFolder, upTo } from './run-folder.ts';
import { countResults, sluice, SluiceCommand } from './sluice-command.ts';

const soon = { interval: 20 };

describe('a run that two want', () => {
  it('is refused to the second one, in words', async () => {
    await using site = await startPageSite();
    await using folder = await RunFolder.make(upTo(20).map((n) => `${site.origin}/hang/${n}`));
    const args = ['run', folder.input, '-o', folder.out, '--allow-private'];
    const command = new SluiceCommand(args);
    await expect.poll(() => site.hits.size, soon).toBeGreaterThanOrEqual(1);
    const second = await sluice(...args);
    expect(second).toMatchObject({ exitCode: 2 });
    expect(second.stderr).toMatch(/^sluice: another run \(process \d+\) is at work on it\. /);
    await command.kill9();
  });

  it('is left alone by the one that stood still, once another host has taken it over', async () => {
    await using site = await startPageSite();
    await using folder = await RunFolder.make(upTo(500).map((n) => `${site.origin}/slow/${n}`));
    const command = new SluiceCommand(['run', folder.input, '-o', folder.out, '--allow-private', '--per-host', '2']);
    await expect.poll(() => countResults(folder.out), soon).toBeGreaterThanOrEqual(5);
    const started = command.processes();
    // What another host does that has seen no sign of life for long enough.
    await writeFile(join(`${folder.out}.sluice`, 'lease.2'), '');
    const end = await command.ended;
    expect(end).toMatchObject({ exitCode: 3 });
    expect(end.stderr).toContain('another process has taken over');
    await expect.poll(() => stillRunning(started)).toEqual([]);
  });
});
