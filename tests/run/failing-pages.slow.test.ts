import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RunFolder, upTo } from './run-folder.ts';
import { sluice, SluiceCommand } from './sluice-command.ts';

const PER_HOST = 4;
const ATTEMPTS = 4;
/** Twice as many as may be out at a time. */
const BAD = 2 * PER_HOST;
const GOOD = 60;

interface FailingSite extends AsyncDisposable {
  origin: string;
  /** The paths that were asked for, in that order. */
  asked: string[];
  readonly mostAtOnce: number;
}

/** `/bad/…` answers 503 and does not say for how long, all else is a page. */
async function startFailingSite(): Promise<FailingSite> {
  const asked: string[] = [];
  let [open, mostAtOnce] = [0, 0];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    open += 1;
    mostAtOnce = Math.max(mostAtOnce, open);
    response.once('close', () => (open -= 1));
    response.writeHead(url.startsWith('/bad') ? 503 : 200).end('page');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get mostAtOnce() {
      return mostAtOnce;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The bad pages come first in the list. */
function listOf({ origin }: FailingSite): string[] {
  return [...upTo(BAD).map((n) => `${origin}/bad/${n}`), ...upTo(GOOD).map((n) => `${origin}/good/${n}`)];
}

/** Where in the requests a path that starts so is asked for the nth time. */
function indexOfTime(asked: readonly string[], start: string, time: number): number {
  const counts = new Map<string, number>();
  return asked.findIndex((path) => {
    counts.set(path, (counts.get(path) ?? 0) + 1);
    return path.startsWith(start) && counts.get(path) === time;
  });
}

describe('sluice run of a host with pages that always fail', { timeout: 90_000 }, () => {
  const options = ['--allow-private', '--per-host', `${PER_HOST}`, '--attempts', `${ATTEMPTS}`];
  const expected = [...upTo(BAD).map(() => [false, ATTEMPTS]), ...upTo(GOOD).map(() => [true, 1])];

  it('fetches the other pages while those wait for their next attempts', async () => {
    await using site = await startFailingSite();
    await using folder = await RunFolder.make(listOf(site));
    const end = await sluice('run', folder.input, '-o', folder.out, ...options);
    expect(end, end.stderr).toMatchObject({ exitCode: 1 });
    expect((await folder.results()).map(({ ok, attempts }) => [ok, attempts])).toEqual(expected);
    expect(site.asked).toHaveLength(BAD * ATTEMPTS + GOOD);
    expect(site.mostAtOnce).toBeLessThanOrEqual(PER_HOST);
    const firstLastAttempt = indexOfTime(site.asked, '/bad', ATTEMPTS);
    const goodBefore = site.asked.slice(0, firstLastAttempt).filter((path) => path.startsWith('/good'));
    expect(goodBefore).toHaveLength(GOOD);
  });

  it('spends no attempt twice on them when it is killed meanwhile and resumed', async () => {
    await using site = await startFailingSite();
    await using folder = await RunFolder.make(listOf(site));
    const args = ['run', folder.input, '-o', folder.out, ...options];
    const first = new SluiceCommand(args);
    await expect.poll(() => indexOfTime(site.asked, '/bad', 2), { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
    await first.kill9();
    const end = await sluice(...args);
    expect(end, end.stderr).toMatchObject({ exitCode: 1 });
    expect((await folder.results()).map(({ line, ok, attempts }) => [line, ok, attempts])).toEqual(
      expected.map((result, index) => [index + 1, ...result]),
    );
    // What was being fetched at the kill may be fetched once more.
    const bad = site.asked.filter((path) => path.startsWith('/bad')).length;
    expect(bad).toBeLessThanOrEqual(BAD * ATTEMPTS + PER_HOST);
    expect(await folder.names()).toEqual(['out.ndjson', 'urls.txt']);
  });
});
