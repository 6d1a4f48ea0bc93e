import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RunFolder, upTo } from './run-folder.ts';
import { sluice, SluiceCommand } from './sluice-command.ts';

interface Site extends AsyncDisposable {
  origin: string;
  requests(): number;
}

async function startSite(answer: RequestListener): Promise<Site> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('sluice run of a host with a quota', { timeout: 90_000 }, () => {
  it('leaves its lines to the same command when it asks for too long, and waits else', async () => {
    const quota = { left: 5, opensAtMs: Infinity };
    await using busy = await startSite((_request, response) => {
      quota.left -= 1;
      if (quota.left >= 0 || Date.now() >= quota.opensAtMs) response.end('page');
      else response.writeHead(429, { 'retry-after': '2' }).end();
    });
    await using idle = await startSite((_request, response) => response.end('page'));
    await using folder = await RunFolder.make([
      ...upTo(12).map((n) => `${busy.origin}/${n}`),
      ...upTo(5).map((n) => `${idle.origin}/${n}`),
    ]);
    const args = ['run', folder.input, '-o', folder.out, '--allow-private', '--attempts', '1', '--workers', '1'];

    const first = await sluice(...args, '--retry-after-max', '1s');
    expect(first).toMatchObject({ exitCode: 4 });
    expect(first.stderr).toContain('asks to be left alone for 2 s more, in all longer than --retry-after-max');
    expect(first.stderr).toContain('not finished. To go on later:');
    const results = await folder.results();
    expect(results).toHaveLength(10);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);

    const second = new SluiceCommand(args);
    const asked = busy.requests();
    await expect.poll(() => busy.requests(), { interval: 20 }).toBeGreaterThan(asked);
    quota.opensAtMs = Date.now() + 1_000;
    expect(await second.ended).toMatchObject({ exitCode: 0 });
    expect((await folder.results()).map(({ line, ok, attempts }) => [line, ok, attempts])).toEqual(
      upTo(17).map((line) => [line, true, 1]),
    );
    expect(await folder.names()).toEqual(['out.ndjson', 'urls.txt']);
  });

  it('gives those lines a result when no later run can go on with them', async () => {
    await using busy = await startSite((_request, response) => {
      response.writeHead(503, { 'retry-after': '3600' }).end();
    });
    await using folder = await RunFolder.make(upTo(12).map((n) => `${busy.origin}/${n}`));
    const end = await sluice('run', folder.input, '--allow-private', '--quiet');
    expect(end).toMatchObject({ exitCode: 1 });
    const results = end.stdout.trim().split('\n');
    expect(results).toHaveLength(12);
    for (const line of results) {
      expect(JSON.parse(line)).toMatchObject({
        ok: false,
        error: { code: 'HTTP', message: expect.stringContaining('asks to be left alone for 60 min more') },
      });
    }
  });
});
