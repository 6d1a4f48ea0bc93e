import { stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startPageSite } from './page-site.ts';
import { stillRunning, type RunningProcess } from './process-tree.ts';
import { RunFolder, upTo } from './run-folder.ts';
import { sluice, SluiceCommand } from './sluice-command.ts';

const lines = 100_000;
const seed = Date.now() % 1_000_000;

/** What dies together with the command. */
const killLists: ((command: SluiceCommand) => RunningProcess[])[] = [
  () => [],
  (command) => command.workers(),
  (command) => command.servers(),
];

it(
  `gives ${lines} lines one result each, though it is killed three times (seed ${seed})`,
  { timeout: 1_800_000 },
  async () => {
    const random = randomFrom(seed);
    await using site = await startPageSite();
    await using folder = await RunFolder.make(upTo(lines).map((n) => `${site.origin}/${n}`));
    const args = ['run', folder.input, '-o', folder.out, '--allow-private', '--quiet'];
    args.push('--capacity', '500', '--concurrency', '50', '--per-host', '1000');

    for (const [round, alsoKilled] of killLists.entries()) {
      const command = new SluiceCommand(args);
      const enough = Math.floor(lines * (round + random()) * 0.25);
      // A look at the size is cheap; a result of this site has about 300 bytes.
      const size = (): Promise<number> =>
        stat(folder.out).then(
          (found) => found.size,
          () => 0,
        );
      await expect.poll(size, { timeout: 600_000, interval: 10 }).toBeGreaterThan(enough * 300);
      const started = command.processes();
      for (const { pid } of alsoKilled(command)) process.kill(pid, 'SIGKILL');
      await command.kill9();
      if (round === killLists.length - 1) await expect.poll(() => stillRunning(started)).toEqual([]);
    }

    const end = await sluice(...args);
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await folder.lineNumbers()).toEqual(upTo(lines));
    expect((await folder.results()).filter(({ ok }) => !ok)).toEqual([]);
    expect(site.hits.size).toBe(lines);
    expect(await folder.names()).toEqual(['out.ndjson', 'urls.txt']);
  },
);

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(start: number): () => number {
  let state = start + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
