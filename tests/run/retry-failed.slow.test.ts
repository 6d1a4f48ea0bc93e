import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startPageSite } from './page-site.ts';
import { RunFolder, upTo } from './run-folder.ts';
import { sluice, SluiceCommand } from './sluice-command.ts';

const soon = { interval: 20 };

/** A site whose pages are broken until they are repaired. */
async function startBrokenSite(): Promise<{ origin: string; repair: () => void; asked: string[] } & AsyncDisposable> {
  const asked: string[] = [];
  let status = 404;
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.statusCode = status;
    setTimeout(() => response.end('page'), 50);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    repair: () => (status = 200),
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('lines that failed', () => {
  it('are fetched again with --retry-failed, after a kill too, and each line has one result', async () => {
    await using good = await startPageSite();
    await using broken = await startBrokenSite();
    const lines = upTo(30).map((n) => (n % 2 === 0 ? `${broken.origin}/${n}` : `${good.origin}/${n}`));
    await using folder = await RunFolder.make([...lines, 'no url']);
    const args = ['run', folder.input, '-o', folder.out, '--allow-private'];
    const first = await sluice(...args);
    expect(first).toMatchObject({ exitCode: 1 });
    expect(first.stderr).toContain(
      `To fetch what failed again:\n  npm run -s sluice -- ${args.join(' ')} --retry-failed\n`,
    );
    const list = await sluice(...args, '--only-errors');
    expect(list).toMatchObject({ exitCode: 0, stderr: '' });
    expect(list.stdout.trimEnd().split('\n')).toEqual([
      ...lines.filter((line) => line.startsWith(broken.origin)),
      'no url',
    ]);

    broken.repair();
    const again = new SluiceCommand([...args, '--retry-failed', '--per-host', '1']);
    await expect.poll(() => broken.asked.length, soon).toBeGreaterThanOrEqual(18);
    await again.kill9();
    const last = await sluice(...args, '--retry-failed');
    expect(last, last.stderr).toMatchObject({ exitCode: 1 });
    expect(last.stderr).not.toContain('To fetch what failed again');
    expect(await folder.lineNumbers()).toEqual(upTo(31));
    expect((await folder.results()).filter(({ ok }) => !ok).map(({ line }) => line)).toEqual([31]);
    expect([...good.hits.values()].every((hits) => hits === 1)).toBe(true);
    expect(await folder.names()).toEqual(['out.ndjson', 'urls.txt']);
  });
});
